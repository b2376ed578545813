"""Hands a snapshot to the planner, one case after the other.

Rows come in chunks by customer id, so that memory stays flat and no long read
keeps the journal's log from being folded back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from eleva_cli.evidence import Source
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.journal.store import Row
from eleva_cli.migrate import AbsentState, Case, Claim, Decision, Problem, Rival

V = TypeVar("V")
CHUNK = 2_000
MOST_RIVALS = 20

CUSTOMERS = """
  select c.id, c.standing, c.money_cents, coalesce(c.currency, '') as currency,
         c.created, c.stamp, coalesce(c.user, p.user) as user
  from customers c
  left join people p on p.snapshot = :s and p.customer = c.id
  where c.snapshot = :s and c.in_scope and c.id > :after order by c.id limit :chunk
"""
SPAN = "k.snapshot = :s and k.customer between :low and :high"
CLAIMS = f"""
  select k.customer, k.source, k.organization, k.user, o.id is not null as is_there,
         o.customer as linked_to
  from claims k
  left join organizations o on o.snapshot = :s and o.id = k.organization
  where {SPAN} order by k.customer, k.strength, k.organization
"""
PROBLEMS = f"""
  select k.customer, k.source, k.code, k.options from problems k
  where {SPAN} order by k.customer, k.source
"""
LINKS = """
  select o.customer, o.id from organizations o
  where o.snapshot = :s and o.customer between :low and :high order by o.customer, o.id
"""
RIVALS = f"""
  select k.customer as mine, k.organization, r.customer, min(r.strength) as strength,
         c.standing, c.money_cents, coalesce(c.currency, '') as currency, c.created
  from claims k
  join claims r on r.snapshot = :s and r.organization = k.organization
    and r.customer != k.customer
  join customers c on c.snapshot = :s and c.id = r.customer and c.in_scope
  where {SPAN} group by k.customer, k.organization, r.customer
  order by k.customer, k.organization, c.standing desc, c.money_cents desc, c.created
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentCase:
    """A customer that is named and not there."""

    customer: str
    state: AbsentState
    linked_from: tuple[str, ...]
    named_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases of one snapshot, with the decisions that people made for them."""

    snapshot: Snapshot
    decisions: Mapping[str, Decision]
    only: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Case]:
        """Yield every customer in scope, in the order of ids."""
        after = ""
        while chunk := self._rows(CUSTOMERS, after=after, chunk=CHUNK):
            yield from self._chunk(chunk)
            after = chunk[-1]["id"]

    def absent(self) -> Iterator[AbsentCase]:
        """Yield the customers that are named and not there."""
        sql = "select id, state from absent k where snapshot = :s order by id"
        for row in self._rows(sql):
            if self.only and row["id"] not in self.only:
                continue
            yield AbsentCase(
                customer=row["id"],
                state=row["state"],
                linked_from=self._organizations("customer", row["id"]),
                named_by=self._organizations("names_customer", row["id"]),
            )

    def _organizations(self, column: str, customer: str) -> tuple[str, ...]:
        sql = f"select id from organizations where snapshot = :s and {column} = :c"
        return tuple(row["id"] for row in self._rows(sql, c=customer))

    def _chunk(self, chunk: Sequence[Row]) -> Iterator[Case]:
        span = {"low": chunk[0]["id"], "high": chunk[-1]["id"]}
        claims = _grouped(self._rows(CLAIMS, **span))
        problems = _grouped(self._rows(PROBLEMS, **span))
        links = _grouped(self._rows(LINKS, **span))
        rivals = _rivals(self._rows(RIVALS, **span))
        for row in chunk:
            customer = row["id"]
            if self.only and customer not in self.only:
                continue
            yield Case(
                customer=customer,
                standing=row["standing"] or 0,
                money_cents=row["money_cents"] or 0,
                currency=row["currency"],
                created=row["created"],
                stamp=json.loads(row["stamp"]),
                user=row["user"],
                linked_from=tuple(link["id"] for link in links.get(customer, ())),
                claims=tuple(_claim(k, rivals) for k in claims.get(customer, ())),
                problems=tuple(_problem(k) for k in problems.get(customer, ())),
                decision=self.decisions.get(customer),
            )

    def _rows(self, sql: str, **values: object) -> list[Row]:
        cursor = self.snapshot.store.conn.cursor()
        cursor.row_factory = Row
        return cursor.execute(sql, {"s": self.snapshot.id, **values}).fetchall()


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return {key: list(group) for key, group in groupby(rows, itemgetter("customer"))}


def _rivals(rows: Sequence[Row]) -> dict[tuple[str, str], list[Rival]]:
    found: dict[tuple[str, str], list[Rival]] = defaultdict(list)
    for row in rows:
        rivals = found[row["mine"], row["organization"]]
        if len(rivals) < MOST_RIVALS:
            rivals.append(
                Rival(
                    customer=row["customer"],
                    standing=row["standing"] or 0,
                    money_cents=row["money_cents"] or 0,
                    currency=row["currency"],
                    created=row["created"],
                    strength=row["strength"],
                )
            )
    return found


def _claim(row: Row, rivals: Mapping[tuple[str, str], list[Rival]]) -> Claim:
    source: Source = row["source"]
    return Claim(
        source=source,
        organization=row["organization"],
        user=row["user"] or None,
        exists=bool(row["is_there"]),
        linked_to=row["linked_to"],
        rivals=tuple(rivals.get((row["customer"], row["organization"]), ())),
    )


def _problem(row: Row) -> Problem:
    return Problem(
        source=row["source"],
        code=row["code"],
        options=tuple(json.loads(row["options"])),
    )
