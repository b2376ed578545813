"""Turns a snapshot into claims: which customer belongs where, by which evidence.

SQL joins what bulk lists can tell; memberships, which have no bulk list, are read
one user at a time and only where stronger evidence is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, assert_never

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.evidence import (
    STRENGTH,
    OrganizationPolicy,
    Source,
    home_of,
    person_of,
)
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.observe import joins
from eleva_cli.ports import Clock, Membership, Ports
from eleva_cli.progress import Progress

Asked = Literal["mapping", "customer-names-user", "email", "person", "neighbour"]
USER = re.compile(r"user_[A-Za-z0-9]+")
READ_AT_ONCE = 5_000
WRITTEN_AT_ONCE = 500
WIDTHS = {"claims": 6, "problems": 6, "people": 3}
MOST_RIVALS = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One question about memberships: of a user, or who an organization is."""

    customer: str
    subject: str
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was read; `problem` says why there is nothing."""

    memberships: tuple[Membership, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    Which customers a migration looks at, and how far evidence goes.

    With `customers` only these are decided; of the others as much is read as it
    takes to know who else claims the same organizations.
    """

    everyone: bool = False
    customers: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    match_email: bool = False
    organization_policy: OrganizationPolicy = "sole"


@dataclass(slots=True, kw_only=True)
class Claims:
    """Fills the claims, problems and people of one snapshot."""

    snapshot: Snapshot
    ports: Ports
    clock: Clock
    progress: Progress
    scope: Scope
    threads: int = 32
    _members: list[Membership] = field(default_factory=list)
    _joined: list[str] = field(default_factory=list)
    _rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def gather(self) -> None:
        """Join the lists, then read the memberships that are still needed."""
        self._set_scope()
        for source, query in joins.CLAIMS.items():
            sql = joins.CLAIM.format(query=query)
            self._write(sql, source=source, strength=STRENGTH[source])
        self._read_homes()
        if self.scope.customers:
            self._read_neighbours()
        self._read(joins.NAMELESS.format(among=self._among()))
        self._write(joins.RIVALS, most=MOST_RIVALS)

    def _set_scope(self) -> None:
        self._write(joins.SCOPE, excluded=json.dumps(self.scope.excluded_products))
        if self.scope.everyone:
            self._write(joins.EVERYONE)
        self._write(joins.WANTED)
        self._write(joins.STANDING)
        self._write(joins.MAPPED_BY_EMAIL)
        self._write(joins.MAPPED_USER_BY_EMAIL)
        self._write(joins.MAPPED)
        self._write(joins.UNRESOLVED)

    def _among(self) -> str:
        return joins.THE_ONLY if self.scope.customers else joins.EVERYBODY

    def _read_homes(self) -> None:
        among = self._among()
        self._read(joins.MAPPED_USERS.format(among=among))
        self._read(joins.HOMELESS.format(among=among))
        if self.scope.match_email:
            self._write(joins.SHARED_EMAIL)
            self._read(joins.BY_EMAIL.format(among=among))

    def _read_neighbours(self) -> None:
        self._read(joins.NEIGHBOURS)
        self._read(joins.MAPPED_USERS.format(among=joins.NEIGHBOURS_BY_MAPPING))
        self._read(joins.HOMELESS.format(among=joins.NEIGHBOURS_BY_NAME))
        if self.scope.match_email:
            self._read(joins.BY_EMAIL.format(among=joins.NEIGHBOURS_BY_EMAIL))

    def _values(self, **values: object) -> dict[str, object]:
        only = json.dumps(self.scope.customers) if self.scope.customers else None
        strength = STRENGTH["customer-names-user"]
        return {"s": self.snapshot.id, "only": only, "strength": strength} | values

    def _read(self, query: str) -> None:
        """Read what a query names, some thousands at a time."""
        conn = self.snapshot.store.conn
        with self.snapshot.store.write():
            conn.execute("drop table if exists temp.readings")
            conn.execute(
                "create temp table readings (number integer primary key, "
                "customer text, subject text, asked text)"
            )
            values = self._values()
            total = conn.execute(
                "insert into temp.readings (customer, subject, asked) " + query, values
            ).rowcount
        if not total:
            return
        self.progress.phase("reading memberships", total)
        pool: Pool[Reading, Found] = Pool(
            read=self._memberships,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        )
        for readings in self._batches():
            pool.drain(readings)
            self._flush()

    def _batches(self) -> Iterator[list[Reading]]:
        sql = "select * from temp.readings where number > ? order by number limit ?"
        after = 0
        while True:
            rows = self.snapshot.store.conn.execute(sql, (after, READ_AT_ONCE))
            found = rows.fetchall()
            if not found:
                return
            after = found[-1][0]
            yield [Reading(customer=r[1], subject=r[2], asked=r[3]) for r in found]

    def _memberships(self, reading: Reading) -> Found:
        workos = self.ports.workos
        match reading.asked:
            case "person" | "neighbour":
                return Found(
                    memberships=workos.memberships_of_organization(reading.subject)
                )
            case "mapping" | "customer-names-user" | "email":
                return self._of_user(reading.subject)
            case _:
                assert_never(reading.asked)

    def _of_user(self, user: str) -> Found:
        """One bad name must not keep a hundred thousand others from being planned."""
        if not USER.fullmatch(user):
            return Found(problem="user-missing")
        try:
            found = self.ports.workos.memberships_of_user(user)
            if not found:
                self.ports.workos.user(user)
        except MissingError:
            return Found(problem="user-missing")
        except RejectedError:
            return Found(problem="user-unreadable")
        return Found(memberships=found)

    def _take(self, reading: Reading, found: Found) -> list[Reading]:
        self.progress.advance()
        self._members += found.memberships
        match reading.asked:
            case "neighbour":
                self._joined.append(reading.subject)
            case "person":
                self._joined.append(reading.subject)
                self._name_person(reading, found)
            case "mapping" | "customer-names-user" | "email":
                self._name_home(reading, reading.asked, found)
            case _:
                assert_never(reading.asked)
        if len(self._members) >= WRITTEN_AT_ONCE:
            self._flush()
        return []

    def _flush(self) -> None:
        """Write what was read, many answers in one transaction."""
        self.snapshot.add_memberships(self._members)
        self.snapshot.mark_joined(self._joined)
        with self.snapshot.store.write():
            for table, rows in self._rows.items():
                self.snapshot.store.insert(table, rows, WIDTHS[table])
        self._members.clear()
        self._joined.clear()
        self._rows.clear()

    def _name_person(self, reading: Reading, found: Found) -> None:
        user = person_of(found.memberships)
        if user is not None:
            row = (self.snapshot.id, reading.customer, user)
            self._add("people", row)

    def _name_home(self, reading: Reading, source: Source, found: Found) -> None:
        head = (self.snapshot.id, reading.customer, source)
        home = home_of(found.memberships, self.scope.organization_policy)
        if home.organization:
            claim = (*head, STRENGTH[source], home.organization, reading.subject)
            self._add("claims", claim)
        else:
            problem = found.problem or home.problem
            stuck = (*head, problem, json.dumps(home.options), "")
            self._add("problems", stuck)

    def _add(self, table: str, row: tuple[object, ...]) -> None:
        self._rows.setdefault(table, []).append(row)

    def _write(self, sql: str, **values: object) -> None:
        with self.snapshot.store.write() as conn:
            conn.execute(sql, self._values(**values))
