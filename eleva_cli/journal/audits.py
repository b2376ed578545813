"""Audit tables: what `verify` saw of both services, and what it found wrong.

The newest whole look at an account keeps its tables, as the next one may look only at
what changed since; of older ones the heads and the flaws stay for a while.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eleva_cli.audit import Flaw
from eleva_cli.chain import Sub
from eleva_cli.journal.audit_rows import (
    Taken,
    dump_flaw,
    dump_promises,
    dump_sub,
    is_living,
    load_flaw,
)
from eleva_cli.journal.store import Row, Store
from eleva_cli.ports import Customer, Membership, Mode, Organization, Subscription

WORK = (
    "audit_customers",
    "audit_subscriptions",
    "audit_organizations",
    "audit_members",
    "audit_entitled",
)
KEPT_DAYS = 90
DAY_S = 86_400
FILLING_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What is kept of a look; times in Unix seconds.

    `partial` says why it is not whole, "" where it is. `shop` is what was sold, as
    `observe/changes.py` writes it; `catalogue` names the catalogue's content.
    """

    id: int
    account: str
    mode: Mode
    began_at: float
    ended_at: float | None
    partial: str = ""
    depth: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    shop: str = ""
    catalogue: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it ended, and saw everything."""
        return self.ended_at is not None and not self.partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Whose business is looked at, under which catalogue, since when."""

    account: str
    mode: Mode
    at: float
    catalogue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a look ended: what the head says of it."""

    partial: str = ""
    depth: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0


class Look:
    """One look at both services, being filled or read; `id` is its number."""

    def __init__(self, store: Store, number: int, taken: Taken) -> None:
        self.store = store
        self.id = number
        self.taken = taken

    @classmethod
    def begin(
        cls,
        store: Store,
        taken: Taken,
        beginning: Beginning,
        *,
        of: Head | None = None,
    ) -> Look:
        """
        Open a new look, with nothing in it, or with all that another one saw.

        Tables that nothing needs any more are dropped.
        """
        with store.write() as conn:
            _drop_old(store, beginning.at)
            number = conn.execute(
                "insert into audits (account, mode, began_at, catalogue) "
                "values (?, ?, ?, ?) returning id",
                (
                    beginning.account,
                    beginning.mode,
                    beginning.at,
                    beginning.catalogue,
                ),
            ).fetchone()[0]
            if of is not None:
                _copy(store, of.id, number)
        return cls(store, number, taken)

    def end(self, ending: Ending, *, now: float) -> None:
        """Write down how it ended; a whole one takes the place of the one before."""
        with self.store.write() as conn:
            conn.execute(
                "update audits set ended_at = ?, partial = ?, depth = ?, counts = ?, "
                "calls = ? where id = ?",
                (
                    now,
                    ending.partial,
                    json.dumps(dict(ending.depth)),
                    json.dumps(dict(ending.counts)),
                    ending.calls,
                    self.id,
                ),
            )
            _drop_old(self.store, now)

    def note_shop(self, shop: str) -> None:
        """Keep what is sold, as it was found."""
        with self.store.write() as conn:
            sql = "update audits set shop = ? where id = ?"
            conn.execute(sql, (shop, self.id))

    def head(self) -> Head:
        """Return what is kept of it."""
        row = self.store.one("select * from audits where id = ?", self.id)
        assert row is not None
        return _head(row)

    def add_customers(self, rows: Iterable[Customer]) -> None:
        """Add customers as lists or single reads show them."""
        buyers = map(self.taken.buyer, rows)
        values = (
            (
                self.id,
                b.id,
                b.state,
                json.dumps(b.organizations),
                json.dumps(b.users),
                dump_promises(b.promises),
            )
            for b in buyers
        )
        self._add("audit_customers", 6, values)

    def add_missing(self, customers: Iterable[str]) -> None:
        """Add customers that something names and Stripe does not know."""
        values = ((self.id, name, "missing", "[]", "[]", "[]") for name in customers)
        self._add("audit_customers", 6, values)

    def add_subscriptions(self, rows: Iterable[Subscription]) -> None:
        """Add subscriptions with what they hold."""
        pairs = ((row.customer, self.taken.sub(row)) for row in rows)
        self._add(
            "audit_subscriptions", 5, (self._subscription(*pair) for pair in pairs)
        )

    def _subscription(self, customer: str, sub: Sub) -> tuple[object, ...]:
        living = int(is_living(sub.status))
        return self.id, sub.id, customer, living, dump_sub(sub)

    def add_organizations(self, rows: Iterable[Organization]) -> None:
        """Add organizations whose members are yet to be read."""
        values = (
            (self.id, row.id, row.stripe_customer_id or None, row.changed_at, 0)
            for row in rows
        )
        self._add("audit_organizations", 5, values)

    def add_members(self, read: Mapping[str, Sequence[Membership]]) -> None:
        """Add the memberships of organizations, all that each has."""
        members = (each for rows in read.values() for each in rows)
        with self.store.write() as conn:
            conn.executemany(
                "update audit_organizations set is_read = 1 where audit = ? and id = ?",
                [(self.id, name) for name in read],
            )
            rows = [self._member(each) for each in members]
            self.store.insert("audit_members", rows, 10)

    def _member(self, row: Membership) -> tuple[object, ...]:
        member = self.taken.member(row)
        return (
            self.id,
            row.organization,
            member.membership,
            member.user,
            member.status,
            member.role,
            int(member.directory_managed),
            member.email,
            int(member.email_verified),
            member.changed_at,
        )

    def add_entitled(self, keys: Mapping[str, Sequence[str]], *, now: float) -> None:
        """Add the active entitlements of customers."""
        values = (
            (self.id, customer, json.dumps(sorted(found)), now)
            for customer, found in keys.items()
        )
        self._add("audit_entitled", 4, values)

    def forget_organizations(self, names: Sequence[str]) -> None:
        """Take organizations out, with their members, to be added afresh or not."""
        with self.store.write() as conn:
            rows = [(self.id, name) for name in names]
            for table, column in (
                ("audit_organizations", "id"),
                ("audit_members", "organization"),
            ):
                sql = f"delete from {table} where audit = ? and {column} = ?"
                conn.executemany(sql, rows)

    def relink(self, rows: Sequence[Organization]) -> None:
        """Keep the links of organizations whose members were not read again."""
        values = [(row.stripe_customer_id or None, self.id, row.id) for row in rows]
        sql = "update audit_organizations set customer = ? where audit = ? and id = ?"
        with self.store.write() as conn:
            conn.executemany(sql, values)

    def forget_customers(self, names: Sequence[str]) -> None:
        """Take customers out, with what they hold and may use."""
        with self.store.write() as conn:
            rows = [(self.id, name) for name in names]
            for table, column in (
                ("audit_customers", "id"),
                ("audit_subscriptions", "customer"),
                ("audit_entitled", "customer"),
            ):
                sql = f"delete from {table} where audit = ? and {column} = ?"
                conn.executemany(sql, rows)

    def add_flaws(self, found: Iterable[tuple[str, Flaw]]) -> None:
        """Add flaws, each with the name of its case."""
        values = (
            (self.id, flaw.fingerprint, flaw.code, name, dump_flaw(flaw))
            for name, flaw in found
        )
        self._add("audit_flaws", 5, values)

    def flaws(self) -> Iterator[tuple[str, Flaw]]:
        """Yield the flaws with the names of their cases, by code."""
        yield from flaws_of(self.store, self.id)

    def count(self) -> dict[str, int]:
        """Count what is in its tables."""
        return counts_of(self.store, self.id)

    def _add(self, table: str, width: int, rows: Iterable[Sequence[object]]) -> None:
        with self.store.write():
            self.store.insert(table, rows, width)


def last_whole(store: Store, account: str, mode: Mode) -> Head | None:
    """Return the newest whole look at an account; its tables are there."""
    sql = """
      select * from audits where account = ? and mode = ?
      and ended_at is not null and partial = '' order by id desc limit 1
    """
    row = store.one(sql, account, mode)
    return None if row is None else _head(row)


def heads(store: Store, account: str, mode: Mode) -> Iterator[Head]:
    """Yield all looks at an account that are still known, the newest first."""
    sql = "select * from audits where account = ? and mode = ? order by id desc"
    yield from map(_head, store.rows(sql, account, mode))


def flaws_of(store: Store, number: int) -> Iterator[tuple[str, Flaw]]:
    """Yield what a look found wrong, with the names of the cases, by code."""
    sql = """
      select name, body from audit_flaws where audit = ?
      order by code, name, fingerprint
    """
    for row in store.rows(sql, number):
        yield row["name"], load_flaw(row["body"])


def flawed(store: Store, number: int) -> int:
    """Count the cases in which a look found something wrong."""
    sql = "select count(distinct name) from audit_flaws where audit = ?"
    return int(store.value(sql, number))


def counts_of(store: Store, number: int) -> dict[str, int]:
    """Count the rows of a look's tables: customers, subscriptions and so on."""
    return {
        table.removeprefix("audit_"): int(
            store.value(f"select count(*) from {table} where audit = ?", number)
        )
        for table in WORK
    }


def drop(store: Store, number: int) -> None:
    """Remove a look whole; the caller holds the transaction."""
    _drop_work(store, number)
    store.conn.execute("delete from audit_flaws where audit = ?", (number,))
    store.conn.execute("delete from audits where id = ?", (number,))


def _drop_old(store: Store, now: float) -> None:
    """Empty the tables of all looks but the newest whole and those being filled."""
    sql = """
      select id from audits where id not in (
        select max(id) from audits where ended_at is not null and partial = ''
        group by account, mode
      ) and (ended_at is not null or began_at < ?)
    """
    for row in store.conn.execute(sql, (now - FILLING_S,)).fetchall():
        _drop_work(store, row[0])
    old = "select id from audits where began_at < ?"
    for row in store.conn.execute(old, (now - KEPT_DAYS * DAY_S,)).fetchall():
        drop(store, row[0])


def _drop_work(store: Store, number: int) -> None:
    for table in WORK:
        store.conn.execute(f"delete from {table} where audit = ?", (number,))


def _copy(store: Store, source: int, target: int) -> None:
    for table in WORK:
        names = store.conn.execute(f"select name from pragma_table_info('{table}')")
        columns = ", ".join(row[0] for row in names.fetchall()[1:])
        store.conn.execute(
            f"insert into {table} select ?, {columns} from {table} where audit = ?",
            (target, source),
        )


def _head(row: Row) -> Head:
    return Head(
        id=row["id"],
        account=row["account"],
        mode=row["mode"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
        partial=row["partial"],
        depth=json.loads(row["depth"]),
        counts=json.loads(row["counts"]),
        calls=row["calls"],
        shop=row["shop"],
        catalogue=row["catalogue"],
    )
