"""Snapshot tables: what both services looked like at one moment.

E-mails are kept as a keyed hash for joins and a mask for display, and of an
object's metadata only the names that count as evidence.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eleva_cli.evidence import MALFORMED
from eleva_cli.journal.store import Store
from eleva_cli.ports import (
    Customer,
    Invoice,
    Membership,
    Organization,
    Subscription,
    User,
    WebhookEndpoint,
)

TABLES = (
    "customers",
    "subscriptions",
    "organizations",
    "users",
    "memberships",
    "absent",
    "endpoints",
    "unpaid",
    "mapping",
    "claims",
    "problems",
    "rivals",
    "people",
)
KEPT = 2
FILLING_S = 86_400.0
PLAIN = re.compile(r"\s*(?:[A-Za-z0-9][A-Za-z0-9_-]{0,127}\s*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """
    Which metadata names count as evidence, and which are stamped; data, not code.

    The guide's names and the running application's stand side by side.
    """

    organization: tuple[str, ...] = ("workos_org_id", "workosOrgId")
    user: tuple[str, ...] = ("workos_user_id", "workosUserId")
    customer: tuple[str, ...] = ("stripe_customer_id", "stripeCustomerId")
    stamp_organization: tuple[str, ...] = ("workos_org_id",)
    stamp_user: tuple[str, ...] = ("workos_user_id", "workosUserId")


class Pseudonyms:
    """A keyed hash of e-mails: equal addresses join, and the table tells none."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, email: str | None) -> str | None:
        """Hash an address after trimming and case folding; `None` for none."""
        if not email or not email.strip():
            return None
        folded = email.strip().casefold().encode()
        return hmac.digest(self._key, folded, "sha256").hex()[:32]


def plain(value: str) -> str:
    """Return an id with what surrounds it; anything else may be private, and is not."""
    return value if PLAIN.fullmatch(value) else MALFORMED


def values_of(metadata: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Return the different values that these names have, trimmed, in their order."""
    values = (plain(str(metadata.get(name) or "")).strip() for name in names)
    return list(dict.fromkeys(value for value in values if value))


class Snapshot:
    """
    One observation being filled or read; `id` is its number in the journal.

    `dump` writes down what of a subscription is needed beside its columns; unless it
    is set, nothing is.
    """

    def __init__(
        self, store: Store, number: int, names: Names, pseudonyms: Pseudonyms
    ) -> None:
        self.store = store
        self.id = number
        self.names = names
        self.pseudonyms = pseudonyms
        self.dump: Callable[[Subscription], str] = _nothing

    @classmethod
    def begin(
        cls, store: Store, names: Names, pseudonyms: Pseudonyms, *, now: float
    ) -> Snapshot:
        """Open a new snapshot and drop those that nothing needs any more."""
        with store.write() as conn:
            _drop_old(store, now)
            number = conn.execute(
                "insert into snapshots (started_at, bound) values (?, ?) returning id",
                (now, int(now)),
            ).fetchone()[0]
        return cls(store, number, names, pseudonyms)

    def end(self, now: float) -> None:
        """Mark the snapshot as whole."""
        with self.store.write() as conn:
            conn.execute(
                "update snapshots set ended_at = ? where id = ?", (now, self.id)
            )

    def add_customers(self, rows: Iterable[Customer], masks: Sequence[str]) -> None:
        """Add a page of customers with the masks of their e-mails, in order."""
        pairs = zip(rows, masks, strict=True)
        self._add("customers", 18, (self._customer(c, mask) for c, mask in pairs))

    def _customer(self, row: Customer, mask: str) -> tuple[object, ...]:
        names = self.names
        metadata = dict(row.metadata)
        ours = {*names.stamp_organization, *names.stamp_user}
        ours |= {*names.organization, *names.user}
        stamp = {name: plain(metadata[name]) for name in ours if name in metadata}
        organizations = values_of(metadata, names.organization)
        users = values_of(metadata, names.user)
        return (
            self.id,
            row.id,
            row.created,
            self.pseudonyms.of(row.email),
            mask,
            int(row.livemode),
            next(iter(organizations), None),
            next(iter(users), None),
            json.dumps(stamp, sort_keys=True),
            json.dumps(organizations[1:]),
            json.dumps(users[1:]),
            0,
            None,
            0,
            0,
            None,
            int(row.discounted),
            len(metadata) - len(stamp),
        )

    def add_subscriptions(self, rows: Iterable[Subscription]) -> None:
        """Add a page of subscriptions; the amount is that of all items, in cents."""
        self._add("subscriptions", 9, (self._subscription(row) for row in rows))

    def _subscription(self, row: Subscription) -> tuple[object, ...]:
        amount = sum(
            (item.unit_amount or 0) * (1 if item.quantity is None else item.quantity)
            for item in row.items
        )
        currency = row.items[0].currency if row.items else ""
        products = json.dumps(sorted({item.product for item in row.items}))
        return (
            self.id,
            row.id,
            row.customer,
            row.status,
            row.created,
            amount,
            currency,
            products,
            self.dump(row),
        )

    def add_organizations(self, rows: Iterable[Organization]) -> None:
        """Add a page of organizations, without their names."""
        self._add("organizations", 6, (self._organization(row) for row in rows))

    def _organization(self, row: Organization) -> tuple[object, ...]:
        named = values_of(row.metadata, self.names.customer)
        external = (row.external_id or "").strip()
        if external.startswith("cus_") and plain(external) not in named:
            named.append(plain(external))
        return (
            self.id,
            row.id,
            row.stripe_customer_id or None,
            next(iter(named), None),
            json.dumps(named[1:]),
            0,
        )

    def add_users(self, rows: Iterable[User]) -> None:
        """Add a page of users."""
        values = (
            (self.id, row.id, self.pseudonyms.of(row.email), int(row.email_verified))
            for row in rows
        )
        self._add("users", 4, values)

    def add_memberships(self, rows: Iterable[Membership]) -> None:
        """Add memberships of one user or one organization."""
        values = (
            (
                self.id,
                row.id,
                row.user,
                row.organization,
                row.status,
                row.role,
                int(row.directory_managed),
                json.dumps(row.roles),
            )
            for row in rows
        )
        self._add("memberships", 8, values)

    def mark_joined(self, organizations: Iterable[str]) -> None:
        """Record that all memberships of these organizations were read."""
        sql = "update organizations set is_joined = 1 where snapshot = ? and id = ?"
        with self.store.write() as conn:
            conn.executemany(sql, [(self.id, name) for name in organizations])

    def add_unpaid(self, rows: Iterable[Invoice]) -> None:
        """Add a page of invoices that are draft or open, if of a subscription."""
        values = (
            (self.id, row.id, row.subscription, row.customer, row.status)
            for row in rows
            if row.subscription is not None
        )
        self._add("unpaid", 5, values)

    def add_endpoints(
        self, rows: Iterable[WebhookEndpoint], hosts: Sequence[str]
    ) -> None:
        """Add webhook endpoints with the hosts of their addresses."""
        values = (
            (self.id, row.id, host, int(row.enabled), json.dumps(row.enabled_events))
            for row, host in zip(rows, hosts, strict=True)
        )
        self._add("endpoints", 5, values)

    def add_absent(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add customers that are named and not listed: id, state, and named by what."""
        self._add("absent", 4, ((self.id, *row) for row in rows))

    def _add(self, table: str, width: int, rows: Iterable[Sequence[object]]) -> None:
        with self.store.write():
            self.store.insert(table, rows, width)


def _nothing(_row: Subscription) -> str:
    return ""


def _drop_old(store: Store, now: float) -> None:
    """Keep the newest snapshots, and those that another process may be filling."""
    keep = "select id from snapshots order by id desc limit ?"
    sql = f"""
      select id from snapshots where id not in ({keep})
      and (ended_at is not null or started_at < ?)
    """
    found = store.conn.execute(sql, (KEPT - 1, now - FILLING_S)).fetchall()
    for row in found:
        drop(store, row[0])


def drop(store: Store, number: int) -> None:
    """Remove one snapshot whole; the caller holds the transaction."""
    for table in TABLES:
        store.conn.execute(f"delete from {table} where snapshot = ?", (number,))
    store.conn.execute("delete from snapshots where id = ?", (number,))
