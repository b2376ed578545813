"""Turns a snapshot into claims: which customer belongs where, by which evidence.

SQL joins what bulk lists can tell; memberships, which have no bulk list, are read
one user at a time and only where stronger evidence is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.evidence import (
    STRENGTH,
    OrganizationPolicy,
    Source,
    home_of,
    person_of,
)
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.ports import Clock, Membership, Ports
from eleva_cli.progress import Progress

SCOPE = """
  update customers set in_scope = 1, scope_reason = 'subscription'
  where snapshot = :s and id in (
    select customer from subscriptions where snapshot = :s and exists (
      select 1 from json_each(products) p
      where p.value not in (select value from json_each(:excluded))))
"""
STANDING = """
  update customers set (standing, money_cents, currency) = (
    select max(case
        when status = 'active' and amount_cents > 0 then 4
        when status in ('trialing', 'active') then 3
        when status in ('past_due', 'unpaid', 'paused', 'incomplete') then 2
        else 1 end),
      sum(case when status in ('active', 'past_due') then amount_cents else 0 end),
      max(s.currency)
    from subscriptions s where s.snapshot = :s and s.customer = customers.id)
  where snapshot = :s and id in (select customer from subscriptions where snapshot = :s)
"""
NAMED = """
  update customers set in_scope = 1, scope_reason = 'mapping' where snapshot = :s
  and id in (select customer from mapping where snapshot = :s and customer is not null)
"""
MAPPED_BY_EMAIL = """
  update mapping set customer = (
    select max(c.id) from customers c
    where c.snapshot = :s and c.email_hash = mapping.email_hash having count(*) = 1)
  where snapshot = :s and customer is null and email_hash is not null
"""
MAPPED_USER_BY_EMAIL = """
  update mapping set user = (
    select max(u.id) from users u
    where u.snapshot = :s and u.email_hash = mapping.email_hash having count(*) = 1)
  where snapshot = :s and user is null and organization is null
"""
CLAIMS: dict[Source, str] = {
    "mapping": """
      select customer, organization, coalesce(user, '') from mapping
      where snapshot = :s and customer is not null and organization is not null
    """,
    "customer-names-organization": """
      select id, organization, coalesce(user, '') from customers
      where snapshot = :s and in_scope and organization is not null
    """,
    "organization-names-customer": """
      select c.id, o.id, coalesce(c.user, '') from organizations o
      join customers c on c.snapshot = :s and c.id = o.names_customer and c.in_scope
      where o.snapshot = :s and o.names_customer is not null
    """,
    "link": """
      select c.id, o.id, coalesce(c.user, '') from organizations o
      join customers c on c.snapshot = :s and c.id = o.customer and c.in_scope
      where o.snapshot = :s and o.customer is not null
    """,
}
HOMELESS = """
  select c.id, c.user from customers c
  where c.snapshot = :s and c.in_scope and c.user is not null and not exists (
    select 1 from claims k where k.snapshot = :s and k.customer = c.id
    and (k.strength < :strength or k.source = 'link'))
"""
MAPPED_USERS = """
  select customer, user from mapping
  where snapshot = :s and customer is not null and organization is null
  and user is not null
"""
NAMELESS = """
  select c.id, min(k.organization) from customers c
  join claims k on k.snapshot = :s and k.customer = c.id
  join organizations o on o.snapshot = :s and o.id = k.organization
  where c.snapshot = :s and c.in_scope and c.user is null
  group by c.id having count(distinct k.organization) = 1 and max(k.user) = ''
"""
BY_EMAIL = """
  select c.id, u.id from customers c
  join users u on u.snapshot = :s and u.email_hash = c.email_hash and u.is_verified
  where c.snapshot = :s and c.in_scope and c.email_hash is not null
    and (select count(*) from customers d where d.snapshot = :s
         and d.email_hash = c.email_hash and d.in_scope) = 1
    and (select count(*) from users v where v.snapshot = :s
         and v.email_hash = c.email_hash) = 1
"""
SHARED_EMAIL = """
  insert or ignore into problems
  select :s, c.id, 'email', 'email-ambiguous', '[]' from customers c
  where c.snapshot = :s and c.in_scope and c.email_hash is not null
    and exists (select 1 from users u where u.snapshot = :s
                and u.email_hash = c.email_hash)
    and ((select count(*) from customers d where d.snapshot = :s
          and d.email_hash = c.email_hash and d.in_scope) > 1
      or (select count(*) from users v where v.snapshot = :s
          and v.email_hash = c.email_hash) > 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One question about memberships: of a user, or who an organization is."""

    customer: str
    subject: str
    source: Source | Literal["person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which customers a migration looks at, and how far evidence goes."""

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

    def gather(self) -> None:
        """Join the lists, then read the memberships that are still needed."""
        self._set_scope()
        self._claim_from_lists()
        self._read_homes()
        self._read_people()

    def _set_scope(self) -> None:
        self._write(SCOPE, excluded=json.dumps(self.scope.excluded_products))
        self._write(STANDING)
        self._write(MAPPED_BY_EMAIL)
        self._write(MAPPED_USER_BY_EMAIL)
        self._write(NAMED)
        if self.scope.everyone:
            self._write("update customers set in_scope = 1 where snapshot = :s")
        with self.snapshot.store.write() as conn:
            conn.executemany(
                "update customers set in_scope = 1, scope_reason = 'named' "
                "where snapshot = ? and id = ?",
                [(self.snapshot.id, customer) for customer in self.scope.customers],
            )

    def _claim_from_lists(self) -> None:
        for source, query in CLAIMS.items():
            self._write(_insert_claims(query), source=source, strength=STRENGTH[source])

    def _read_homes(self) -> None:
        readings = self._readings(MAPPED_USERS, "mapping")
        mapped = {reading.customer for reading in readings}
        strength = STRENGTH["customer-names-user"]
        for reading in self._readings(
            HOMELESS, "customer-names-user", strength=strength
        ):
            if reading.customer not in mapped:
                readings.append(reading)
        if self.scope.match_email:
            self._write(SHARED_EMAIL)
            readings += self._readings(BY_EMAIL, "email")
        self._read(readings)

    def _read_people(self) -> None:
        self._read(self._readings(NAMELESS, "person"))

    def _readings(
        self, query: str, source: Source | Literal["person"], **values: object
    ) -> list[Reading]:
        rows = self.snapshot.store.conn.execute(
            query, {"s": self.snapshot.id, **values}
        )
        return [Reading(customer=r[0], subject=r[1], source=source) for r in rows]

    def _read(self, readings: Sequence[Reading]) -> None:
        if not readings:
            return
        self.progress.phase("reading memberships", len(readings))
        Pool(
            read=self._memberships,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(list(readings))

    def _memberships(self, reading: Reading) -> tuple[Membership, ...] | None:
        workos = self.ports.workos
        if reading.source == "person":
            return workos.memberships_of_organization(reading.subject)
        try:
            found = workos.memberships_of_user(reading.subject)
            if not found:
                workos.user(reading.subject)
        except MissingError:
            return None
        return found

    def _take(
        self, reading: Reading, found: tuple[Membership, ...] | None
    ) -> list[Reading]:
        self.progress.advance()
        if found:
            self.snapshot.add_memberships(found)
        if reading.source == "person":
            self._name_person(reading, found or ())
        else:
            self._name_home(reading, reading.source, found)
        return []

    def _name_person(self, reading: Reading, found: Iterable[Membership]) -> None:
        user = person_of(list(found))
        if user is not None:
            row = (self.snapshot.id, reading.customer, user)
            self._insert("people", [row], 3)

    def _name_home(
        self, reading: Reading, source: Source, found: tuple[Membership, ...] | None
    ) -> None:
        head = (self.snapshot.id, reading.customer, source)
        if found is None:
            self._insert("problems", [(*head, "user-missing", "[]")], 5)
            return
        home = home_of(found, self.scope.organization_policy)
        if home.organization:
            row = (*head, STRENGTH[source], home.organization, reading.subject)
            self._insert("claims", [row], 6)
        else:
            options = json.dumps(home.options)
            self._insert("problems", [(*head, home.problem, options)], 5)

    def _insert(self, table: str, rows: list[tuple[object, ...]], width: int) -> None:
        with self.snapshot.store.write():
            self.snapshot.store.insert(table, rows, width)

    def _write(self, sql: str, **values: object) -> None:
        with self.snapshot.store.write() as conn:
            conn.execute(sql, {"s": self.snapshot.id, **values})


def _insert_claims(query: str) -> str:
    return f"""
      with q (customer, organization, user) as ({query})
      insert or ignore into claims
      select :s, customer, :source, :strength, organization, user from q
    """
