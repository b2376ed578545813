"""Looks at both services for `eleva verify`, and hands out what it saw as cases.

Lists are paged side by side; what no list gives is read while they are paged (the
memberships of each organization) or after (customers that only a link names).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from zlib import crc32

from eleva_cli.chain import Case
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.audits import Look
from eleva_cli.observe.afresh import CUSTOMER, Afresh, Bought, Take, read_bought
from eleva_cli.observe.chains import STRAYS, Cases, rows_of
from eleva_cli.observe.sweep import Kind, Row, Sweep
from eleva_cli.ports import (
    Clock,
    Customer,
    Membership,
    Organization,
    Ports,
    Subscription,
)
from eleva_cli.progress import Progress

R = TypeVar("R")
LISTS: tuple[Kind, ...] = ("customers", "subscriptions", "organizations")
WRITTEN_AT_ONCE = 1_000
CHUNK = 5_000

ABSENT = """
  select distinct o.customer as id from audit_organizations o
  where o.audit = :a and o.customer is not null and not exists (
    select 1 from audit_customers c where c.audit = :a and c.id = o.customer)
  order by o.customer
"""
LINKED = """
  select distinct o.customer as id from audit_organizations o
  where o.audit = :a and o.customer > :after order by o.customer limit :chunk
"""


@dataclass(slots=True, kw_only=True)
class Auditing:
    """
    One look being filled.

    `whole` names the lists that were read to their end: of what is not whole nothing
    can be said that would have to be taken back.
    """

    look: Look
    ports: Ports
    clock: Clock
    progress: Progress
    threads: int = 32
    whole: frozenset[Kind] = frozenset(LISTS)
    absent: int = 0
    _rows: list[Row] = field(default_factory=list)
    _members: dict[str, Sequence[Membership]] = field(default_factory=dict)
    _waiting: int = 0
    _made_before: int = 0

    def __post_init__(self) -> None:
        self._made_before = sum(self.ports.made().values())

    @property
    def calls(self) -> int:
        """Count the requests that were made, repeated ones included."""
        return sum(self.ports.made().values()) - self._made_before

    def counts(self) -> Mapping[str, int]:
        """Count what was seen; `estimate` works from it."""
        return {**self.look.count(), "absent": self.absent}

    def read(self) -> None:
        """Fill the look; what was read before an error stays in it."""
        self.progress.phase("reading both services", None)
        self.whole = frozenset()
        sweep = Sweep(
            ports=self.ports,
            clock=self.clock,
            tick=self.progress.tick,
            take=self._take,
            threads=self.threads,
            joined=self._joined,
        )
        try:
            sweep.run(LISTS, bound=int(self.clock.now()))
        finally:
            self._flush()
            self.whole = frozenset(kind for kind in LISTS if not sweep.left[kind])
        self._read_absent()

    def cases(self, only: Sequence[str] | None = None) -> Iterator[Case]:
        """
        Yield the cases that were seen; with `only`, those of these names.

        Names are those of organizations, customers and users. Without all customers
        and subscriptions there is no case: who pays would seem not to.
        """
        if not {"customers", "subscriptions"} <= self.whole:
            return
        strays = "organizations" in self.whole
        kept = None if only is None else tuple(only)
        yield from Cases(look=self.look, only=kept, strays=strays)

    def entitle(self, customers: Sequence[str]) -> None:
        """Ask Stripe what these customers are entitled to, and keep the answers."""
        self.progress.phase("reading entitlements", len(customers))
        found: dict[str, Sequence[str]] = {}

        def take(name: str, keys: tuple[str, ...] | None) -> list[str]:
            self.progress.advance()
            if keys is not None:
                found[name] = keys
            if len(found) >= WRITTEN_AT_ONCE:
                write()
            return []

        def write() -> None:
            self.look.add_entitled(found, now=self.clock.now())
            found.clear()

        try:
            self._pool(self._entitlements, take).drain(sorted(set(customers)))
        finally:
            write()

    def sample(self, number: int, *, seed: int) -> tuple[str, ...]:
        """Choose so many paying customers, the same ones for the same seed."""
        chosen = heapq.nsmallest(number, self._paying(), key=lambda n: _lot(n, seed))
        return tuple(sorted(chosen))

    def read_case(self, name: str) -> Case | None:
        """Read one case afresh, `None` where there is no such organization."""
        found: list[Case | None] = []
        self.read_cases([name], lambda _name, case: found.append(case))
        return found[0]

    def read_cases(self, names: Sequence[str], take: Take) -> None:
        """
        Read cases afresh, side by side; each is kept, and handed on as it comes.

        Nobody can be asked who is linked to a customer: where customers are named, and
        the look has no organizations yet, those are listed first.
        """
        if any(CUSTOMER.fullmatch(name) for name in names) and not self._has_links():
            self._read_links()
        self.progress.phase("looking again", len(names))
        Afresh(
            ports=self.ports,
            clock=self.clock,
            progress=self.progress,
            taken=self.look.taken,
            look=self.look,
            threads=self.threads,
        ).read(names, take)

    def _has_links(self) -> bool:
        sql = "select 1 from audit_organizations where audit = ? limit 1"
        return self.look.store.one(sql, self.look.id) is not None

    def _read_links(self) -> None:
        """List the organizations, without their members."""
        self.progress.phase("reading links", None)
        try:
            Sweep(
                ports=self.ports,
                clock=self.clock,
                tick=self.progress.tick,
                take=self._take,
                threads=self.threads,
            ).run(("organizations",), bound=int(self.clock.now()))
        finally:
            self._flush()

    def _take(self, _kind: Kind, rows: Sequence[Row]) -> None:
        self._rows += rows
        self._note(len(rows))

    def _joined(self, organization: str, members: Sequence[Membership]) -> None:
        self._members[organization] = members
        self._note(1 + len(members))

    def _note(self, rows: int) -> None:
        """Write many answers in one transaction: each waits for the disk."""
        self.progress.advance(rows)
        self._waiting += rows
        if self._waiting >= WRITTEN_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        rows, members = self._rows, self._members
        self._rows, self._members, self._waiting = [], {}, 0
        look = self.look
        if found := [row for row in rows if isinstance(row, Customer)]:
            look.add_customers(found)
        if subscribed := [row for row in rows if isinstance(row, Subscription)]:
            look.add_subscriptions(subscribed)
        if listed := [row for row in rows if isinstance(row, Organization)]:
            look.add_organizations(listed)
        if members:
            look.add_members(members)

    def _read_absent(self) -> None:
        """Ask for the customers that links name and no list has, one by one."""
        names = [row["id"] for row in rows_of(self.look, ABSENT)]
        self.absent = len(names)
        if not names:
            return
        self.progress.phase("reading missing customers", len(names))
        found: list[Bought] = []

        def take(_name: str, bought: Bought) -> list[str]:
            self.progress.advance()
            found.append(bought)
            if len(found) >= WRITTEN_AT_ONCE:
                write()
            return []

        def write() -> None:
            self._keep(found)
            found.clear()

        try:
            self._pool(self._bought, take).drain(names)
        finally:
            write()

    def _keep(self, found: Sequence[Bought]) -> None:
        self.look.add_customers(b.customer for b in found if b.customer is not None)
        self.look.add_missing(b.id for b in found if b.customer is None)
        self.look.add_subscriptions(s for b in found for s in b.subscriptions)

    def _bought(self, name: str) -> Bought:
        return read_bought(self.ports.stripe, name, exact=False)

    def _entitlements(self, name: str) -> tuple[str, ...] | None:
        try:
            return self.ports.stripe.entitlements_of(name)
        except MissingError:
            return None  # deleted since it was listed

    def _pool(
        self, read: Callable[[str], R], take: Callable[[str, R], list[str]]
    ) -> Pool[str, R]:
        return Pool(
            read=read,
            take=take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        )

    def _paying(self) -> Iterator[str]:
        for sql in (LINKED, STRAYS):
            after = ""
            while rows := rows_of(self.look, sql, after=after, chunk=CHUNK):
                yield from (row["id"] for row in rows)
                after = rows[-1]["id"]


def _lot(name: str, seed: int) -> int:
    return crc32(f"{seed} {name}".encode())
