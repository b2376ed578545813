"""Hands a look to its judges, one case after the other.

Rows come in chunks by id, so that memory stays flat. First every organization with
who is in it and who pays for it, then every paying customer that no organization is
linked to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from eleva_cli.chain import Buyer, Case, Member
from eleva_cli.journal.audit_rows import load_promises, load_sub
from eleva_cli.journal.audits import Look
from eleva_cli.journal.store import Row

CHUNK = 2_000

AMONG = "(select value from json_each(:ids))"
ORGANIZATIONS = """
  select id, customer, changed_at from audit_organizations
  where audit = :a and is_read = 1 and id > :after order by id limit :chunk
"""
THESE_ORGANIZATIONS = f"""
  select id, customer, changed_at from audit_organizations
  where audit = :a and is_read = 1 and id in {AMONG} order by id
"""
# Those without a link who pay, or to whom a grant was promised.
STRAYS = """
  select s.customer as id from audit_subscriptions s
  where s.audit = :a and s.is_living = 1 and s.customer > :after
  and not exists (select 1 from audit_organizations o
    where o.audit = :a and o.customer = s.customer)
  union select c.id from audit_customers c
  where c.audit = :a and c.promises <> '[]' and c.id > :after
  and not exists (select 1 from audit_organizations o
    where o.audit = :a and o.customer = c.id)
  order by 1 limit :chunk
"""
# Whom a stray pays for: the organization that it names, else its user's only one,
# unless that lives on another customer.
NAMED = """
  with strays as (
    select distinct s.customer as id from audit_subscriptions s
    where s.audit = :a and s.is_living = 1 and not exists (
      select 1 from audit_organizations o
      where o.audit = :a and o.customer = s.customer)
  ), named as (
    select c.id as customer, case json_array_length(c.organizations)
      when 1 then c.organizations ->> 0
      when 0 then (
        select max(m.organization) from audit_members m
        where m.audit = :a and m.user = c.users ->> 0
        having count(distinct m.organization) = 1)
      end as home
    from strays join audit_customers c using (id)
    where c.audit = :a and json_array_length(c.users) <= 1
  )
"""
STRAY_HOMES = f"""{NAMED}
  select min(named.customer) as customer, o.id as home
  from named join audit_organizations o
    on o.audit = :a and o.id = named.home and o.is_read = 1
  where not exists (select 1 from audit_subscriptions s
    where s.audit = :a and s.is_living = 1 and s.customer = o.customer)
  group by o.id having count(*) = 1
"""
CONTESTED = f"""{NAMED}
  select customer as id from named
  where home in (select home from named group by home having count(*) > 1)
"""
THESE_STRAYS = f"""
  select c.id from audit_customers c where c.audit = :a and c.id in {AMONG}
  and not exists (select 1 from audit_organizations o
    where o.audit = :a and o.customer = c.id)
  order by c.id
"""
MEMBERS = f"""
  select m.*, (select count(*) from audit_members o where o.audit = :a
    and o.user = m.user and o.status = 'active'
    and o.organization <> m.organization) as others
  from audit_members m where m.audit = :a and m.organization in {AMONG}
  order by m.organization, m.id
"""
CUSTOMERS = f"""
  select id, state, organizations, users, promises from audit_customers
  where audit = :a and id in {AMONG}
"""
SUBSCRIPTIONS = f"""
  select customer, id, body from audit_subscriptions
  where audit = :a and customer in {AMONG} order by customer, id
"""
LINKS = f"""
  select customer, id from audit_organizations
  where audit = :a and customer in {AMONG} order by customer, id
"""
ENTITLED = f"""
  select customer, keys from audit_entitled where audit = :a and customer in {AMONG}
"""
HOMES = f"""
  select distinct organization from audit_members
  where audit = :a and user in {AMONG} order by organization
"""
OTHERS = f"""
  select user, count(*) from audit_members where audit = :a and user in {AMONG}
  and status = 'active' and organization <> :but group by user
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A customer as kept: who it is, what it may use, who is linked to it."""

    buyer: Buyer
    entitled: frozenset[str] | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """
    The cases of one look; with `only`, of these organizations, customers and users.

    `strays` are customers without an organization: nothing can be said of them before
    all organizations are listed. One that pays for an organization which carries no
    customer that is lived on is told of there.
    """

    look: Look
    only: tuple[str, ...] | None = None
    strays: bool = True
    chunk: int = CHUNK

    def __iter__(self) -> Iterator[Case]:
        """Yield organizations, then customers without one, in the order of ids."""
        homes = stray_homes(self.look)
        if self.only is not None:
            names = case_names(self.look, self.only)
            for start in range(0, len(names), self.chunk):
                ids = json.dumps(names[start : start + self.chunk])
                rows = self._rows(THESE_ORGANIZATIONS, ids=ids)
                yield from self._organizations(rows, homes)
                yield from self._strays(self._rows(THESE_STRAYS, ids=ids), homes)
            return
        after = ""
        while rows := self._rows(ORGANIZATIONS, after=after, chunk=self.chunk):
            yield from self._organizations(rows, homes)
            after = rows[-1]["id"]
        after = ""
        while self.strays and (
            rows := self._rows(STRAYS, after=after, chunk=self.chunk)
        ):
            yield from self._strays(rows, homes)
            after = rows[-1]["id"]

    def _organizations(
        self, rows: Sequence[Row], homes: Mapping[str, str]
    ) -> Iterator[Case]:
        members = self._members([row["id"] for row in rows])
        paying = {row["id"]: homes.get(row["id"]) or row["customer"] for row in rows}
        payers = self._payers([each for each in paying.values() if each])
        for row in rows:
            name, link = row["id"], row["customer"]
            payer = payers.get(paying[name])
            if (link and payer is None) or (name in homes and not self.strays):
                continue  # broken off before it was asked for: nothing to go by
            yield Case(
                organization=name,
                link=link,
                linked_by=tuple(o for o in payer.links if o != name) if payer else (),
                members=members.get(name, ()),
                buyer=payer.buyer if payer else None,
                entitled=payer.entitled if payer else None,
                linked_since=row["changed_at"],
            )

    def _strays(self, rows: Sequence[Row], homes: Mapping[str, str]) -> Iterator[Case]:
        at_home = set(homes.values())
        payers = self._payers([row["id"] for row in rows if row["id"] not in at_home])
        for row in rows:
            if payer := payers.get(row["id"]):
                yield Case(
                    organization=None, buyer=payer.buyer, entitled=payer.entitled
                )

    def _members(self, names: Sequence[str]) -> Mapping[str, tuple[Member, ...]]:
        rows = self._rows(MEMBERS, ids=json.dumps(names))
        groups = groupby(rows, itemgetter("organization"))
        least = 0 if self.strays and knows_homes(self.look) else 1
        return {
            name: tuple(_member(row, least) for row in group) for name, group in groups
        }

    def _payers(self, names: Sequence[str]) -> Mapping[str, Payer]:
        ids = json.dumps(sorted(set(names)))
        held = {
            name: tuple(load_sub(row["id"], row["body"]) for row in group)
            for name, group in self._grouped(SUBSCRIPTIONS, ids)
        }
        links = {
            name: tuple(row["id"] for row in group)
            for name, group in self._grouped(LINKS, ids)
        }
        entitled = {
            row["customer"]: frozenset(json.loads(row["keys"]))
            for row in self._rows(ENTITLED, ids=ids)
        }
        return {
            row["id"]: Payer(
                buyer=Buyer(
                    id=row["id"],
                    state=row["state"],
                    organizations=tuple(json.loads(row["organizations"])),
                    users=tuple(json.loads(row["users"])),
                    subscriptions=held.get(row["id"], ()),
                    promises=load_promises(row["promises"]),
                ),
                entitled=entitled.get(row["id"]),
                links=links.get(row["id"], ()),
            )
            for row in self._rows(CUSTOMERS, ids=ids)
        }

    def _grouped(self, sql: str, ids: str) -> Iterator[tuple[str, Iterator[Row]]]:
        return groupby(self._rows(sql, ids=ids), itemgetter("customer"))

    def _rows(self, sql: str, **values: object) -> list[Row]:
        return rows_of(self.look, sql, **values)


def _member(row: Row, least_others: int) -> Member:
    return Member(
        user=row["user"],
        membership=row["id"],
        status=row["status"],
        role=row["role"],
        directory_managed=bool(row["is_directory"]),
        email=row["email_mask"],
        email_verified=bool(row["is_verified"]),
        others=max(row["others"], least_others),
        changed_at=row["changed_at"],
    )


def rows_of(look: Look, sql: str, **values: object) -> list[Row]:
    """Return the rows of a query on one look, which it calls `:a`."""
    cursor = look.store.conn.cursor()
    cursor.row_factory = Row
    return cursor.execute(sql, {"a": look.id, **values}).fetchall()


def case_names(look: Look, names: Sequence[str]) -> list[str]:
    """
    Name the cases that organizations, customers and users belong to, in order.

    A customer's case is that of the organizations linked to it, of the one that it
    pays for without a link, else its own.
    """
    asked = set(names)
    ids = json.dumps(sorted(asked))
    linked = rows_of(look, LINKS, ids=ids)
    homes = rows_of(look, HOMES, ids=ids)
    users = {row["user"] for row in rows_of(look, _USERS, ids=ids)}
    unlinked = {
        customer: home
        for home, customer in stray_homes(look).items()
        if customer in asked
    }
    gone = {row["customer"] for row in linked} | users | unlinked.keys()
    found = {row["id"] for row in linked} | {row["organization"] for row in homes}
    return sorted(found | set(unlinked.values()) | (asked - gone))


def stray_homes(look: Look) -> Mapping[str, str]:
    """Return by organization the customer that pays for it without a link."""
    return {row["home"]: row["customer"] for row in rows_of(look, STRAY_HOMES)}


def contested(look: Look) -> frozenset[str]:
    """Name the customers without a link that pay for what another one pays for."""
    return frozenset(row["id"] for row in rows_of(look, CONTESTED))


_USERS = f"select distinct user from audit_members where audit = :a and user in {AMONG}"


def linked_to(look: Look, customer: str) -> tuple[str, ...]:
    """Name the organizations that carried a customer when the look read them."""
    rows = rows_of(look, LINKS, ids=json.dumps([customer]))
    return tuple(row["id"] for row in rows)


def knows_homes(look: Look) -> bool:
    """Tell whether all memberships were read; else anybody may be elsewhere, too."""
    sql = "select min(is_read) as whole from audit_organizations where audit = :a"
    return bool(rows_of(look, sql)[0]["whole"])


def memberships_elsewhere(
    look: Look, users: Sequence[str], but: str
) -> Mapping[str, int]:
    """Count the active memberships of users in other organizations than one."""
    rows = rows_of(look, OTHERS, ids=json.dumps(list(users)), but=but)
    return {row[0]: row[1] for row in rows}
