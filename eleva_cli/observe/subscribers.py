"""Makes subscribers of what a snapshot holds, some hundred at a time.

Whose organization and person it is comes from the planner; the rest was observed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eleva_cli.journal import bodies
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.journal.store import Row
from eleva_cli.moves import Subscriber
from eleva_cli.ports import Membership, Subscription

SUBSCRIPTIONS = """
  select id, customer, status, created, body
  from subscriptions indexed by subscriptions_customer
  where snapshot = :s and customer in (select value from json_each(:ids))
  order by customer, created, id
"""
DISCOUNTED = """
  select id from customers where snapshot = :s and is_discounted = 1
  and id in (select value from json_each(:ids))
"""
# Of a draft and an open one of the same subscription, the open one is told.
UNPAID = """
  select customer, subscription, max(status) as status from unpaid
  where snapshot = :s and customer in (select value from json_each(:ids))
  group by 1, 2
"""
NOT_JOINED = """
  select id from organizations where snapshot = :s and is_joined = 0
  and id in (select value from json_each(:ids)) order by id
"""
MEMBERS = """
  select m.* from organizations o
  cross join memberships m indexed by memberships_organization
    on m.snapshot = :s and m.organization = o.id
  where o.snapshot = :s and o.is_joined = 1
    and o.id in (select value from json_each(:ids)) order by m.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whose a customer is; `organization` is empty where nobody can tell."""

    customer: str
    organization: str = ""
    user: str | None = None
    rival: str | None = None
    is_linked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribers:
    """Reads subscribers from one snapshot; without previews and members."""

    snapshot: Snapshot

    def of(self, whom: Sequence[Whom]) -> list[Subscriber]:
        """Return them in this order, with what they hold and owe."""
        ids = [one.customer for one in whom]
        held = self._held(ids)
        discounted = {row["id"] for row in self._rows(DISCOUNTED, ids)}
        unpaid: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for row in self._rows(UNPAID, ids):
            unpaid[row["customer"]][row["subscription"]] = row["status"]
        return [
            Subscriber(
                customer=one.customer,
                organization=one.organization,
                user=one.user,
                rival=one.rival,
                is_linked=one.is_linked,
                discounted=one.customer in discounted,
                subscriptions=tuple(held.get(one.customer, ())),
                unpaid=unpaid.get(one.customer, {}),
            )
            for one in whom
        ]

    def unread(self, organizations: Iterable[str]) -> list[str]:
        """Return those whose members have not been read yet."""
        rows = self._rows(NOT_JOINED, sorted(set(organizations)))
        return [row["id"] for row in rows]

    def members(self, organizations: Iterable[str]) -> dict[str, list[Membership]]:
        """Return all members of each organization whose members were read."""
        found: defaultdict[str, list[Membership]] = defaultdict(list)
        for row in self._rows(MEMBERS, sorted(set(organizations))):
            found[row["organization"]].append(_membership(row))
        return dict(found)

    def _held(self, ids: Sequence[str]) -> dict[str, list[Subscription]]:
        found: defaultdict[str, list[Subscription]] = defaultdict(list)
        for row in self._rows(SUBSCRIPTIONS, ids):
            found[row["customer"]].append(bodies.load(row))
        return dict(found)

    def _rows(self, sql: str, ids: Sequence[str]) -> list[Row]:
        cursor = self.snapshot.store.conn.cursor()
        cursor.row_factory = Row
        values = {"s": self.snapshot.id, "ids": json.dumps(ids)}
        return cursor.execute(sql, values).fetchall()


def _membership(row: Row) -> Membership:
    return Membership(
        id=row["id"],
        user=row["user"],
        organization=row["organization"],
        status=row["status"],
        role=row["role"],
        directory_managed=bool(row["is_directory"]),
        roles=tuple(json.loads(row["roles"])),
    )
