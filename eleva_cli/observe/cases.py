"""Hands a snapshot to the planner, one case after the other.

Rows come in chunks by customer id, so that memory stays flat and no long read
keeps the journal's log from being folded back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from eleva_cli.evidence import Source
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.journal.store import Row
from eleva_cli.migrate import AbsentState, Case, Claim, Named, Problem, Rival
from eleva_cli.ports import Mode

CHUNK = 2_000

CUSTOMERS = """
  select c.id, c.standing, c.money_cents, coalesce(c.currency, '') as currency,
         c.created, c.stamp, c.more_names, coalesce(c.user, p.user) as user, c.is_live
  from customers c
  left join people p on p.snapshot = :s and p.customer = c.id
  where c.snapshot = :s and c.in_scope = 1 and c.id > :after order by c.id limit :chunk
"""
ONLY = """
  select c.id, c.standing, c.money_cents, coalesce(c.currency, '') as currency,
         c.created, c.stamp, c.more_names, coalesce(c.user, p.user) as user, c.is_live
  from customers c
  left join people p on p.snapshot = :s and p.customer = c.id
  where c.snapshot = :s and c.in_scope = 1
    and c.id in (select value from json_each(:only)) order by c.id
"""
THESE = "k.snapshot = :s and k.customer in (select value from json_each(:ids))"
CLAIMS = f"""
  select k.customer, k.source, k.organization, k.user from claims k
  where {THESE} order by k.customer, k.strength, k.organization, k.user
"""
PROBLEMS = f"""
  select k.customer, k.source, k.code, k.options, k.place from problems k
  where {THESE} order by k.customer, k.source, k.code, k.options, k.place
"""
LINKS = f"""
  select k.customer, k.id from organizations k where {THESE} order by k.customer, k.id
"""
ORGANIZATIONS = """
  select o.id, o.customer, a.state, c.stamp, o.names_customer, o.more_customers
  from organizations o
  left join absent a on a.snapshot = :s and a.id = o.customer
  left join customers c on c.snapshot = :s and c.id = o.customer
  where o.snapshot = :s and o.id in (select value from json_each(:ids))
"""
STATES = """
  select a.id, a.state from absent a
  where a.snapshot = :s and a.id in (select value from json_each(:ids))
"""
RIVALS = """
  select r.organization, r.customer, r.strength, c.standing, c.money_cents,
         coalesce(c.currency, '') as currency, c.created
  from rivals r join customers c on c.snapshot = :s and c.id = r.customer
  where r.snapshot = :s and r.organization in (select value from json_each(:ids))
  order by r.organization, r.is_mapped, r.place
"""
LOST_ROWS = """
  select m.line, (select count(*) from customers c where c.snapshot = :s
    and c.email_hash = m.email_hash) as count
  from mapping m where m.snapshot = :s and m.customer is null and m.line > :after
  order by m.line limit :chunk
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentCase:
    """A customer that is named and not there."""

    customer: str
    state: AbsentState
    linked_from: tuple[str, ...]
    named_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of one organization: link, names, and who claims it."""

    is_there: bool = False
    linked_to: str | None = None
    linked_state: AbsentState | None = None
    linked_names: Mapping[str, str] = field(default_factory=dict)
    named: tuple[Named, ...] = ()
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases of one snapshot; with `only`, of these customers."""

    snapshot: Snapshot
    only: tuple[str, ...] = ()
    mode: Mode | None = None
    chunk: int = CHUNK

    def __iter__(self) -> Iterator[Case]:
        """Yield every customer in scope, in the order of ids."""
        if self.only:
            names = sorted(set(self.only))
            for start in range(0, len(names), self.chunk):
                some = json.dumps(names[start : start + self.chunk])
                yield from self._cases(self._rows(ONLY, only=some))
            return
        after = ""
        while rows := self._rows(CUSTOMERS, after=after, chunk=self.chunk):
            yield from self._cases(rows)
            after = rows[-1]["id"]

    def absent(self) -> Iterator[AbsentCase]:
        """Yield the customers that are named and not there."""
        sql = """
          select id, state, named_by from absent
          where snapshot = :s and id > :after order by id limit :chunk
        """
        after = ""
        while rows := self._rows(sql, after=after, chunk=self.chunk):
            after = rows[-1]["id"]
            links = self._grouped(LINKS, json.dumps([row["id"] for row in rows]))
            for row in rows:
                if not self.only or row["id"] in self.only:
                    yield AbsentCase(
                        customer=row["id"],
                        state=row["state"],
                        linked_from=tuple(o["id"] for o in links.get(row["id"], ())),
                        named_by=row["named_by"],
                    )

    def unresolved(self) -> Iterator[tuple[int, int]]:
        """Yield mapping rows that lead to no customer: line, and how many fit."""
        after = 0
        while rows := self._rows(LOST_ROWS, after=after, chunk=self.chunk):
            after = rows[-1]["line"]
            yield from ((row["line"], row["count"]) for row in rows)

    def _cases(self, rows: Sequence[Row]) -> Iterator[Case]:
        ids = json.dumps([row["id"] for row in rows])
        claims = self._grouped(CLAIMS, ids)
        problems = self._grouped(PROBLEMS, ids)
        links = self._grouped(LINKS, ids)
        places = self._places(claims, problems)
        for row in rows:
            customer = row["id"]
            mine = [_problem(k) for k in problems.get(customer, ())]
            told = [_claim(k, places) for k in claims.get(customer, ())]
            yield Case(
                customer=customer,
                standing=row["standing"] or 0,
                money_cents=row["money_cents"] or 0,
                currency=row["currency"],
                created=row["created"],
                stamp=json.loads(row["stamp"]),
                more_names=row["more_names"],
                user=row["user"],
                is_other_mode=self.mode is not None
                and bool(row["is_live"]) != (self.mode == "live"),
                linked_from=tuple(link["id"] for link in links.get(customer, ())),
                claims=tuple(told),
                problems=tuple(mine),
                candidates=tuple(_candidates(customer, mine, told, places)),
            )

    def _places(
        self, claims: Mapping[str, list[Row]], problems: Mapping[str, list[Row]]
    ) -> dict[str, Place]:
        """Look up every organization that these claims and problems name."""
        names = {row["organization"] for rows in claims.values() for row in rows}
        for rows in problems.values():
            names.update(*(json.loads(row["options"]) for row in rows))
        ids = json.dumps(sorted(names))
        found = self._rows(ORGANIZATIONS, ids=ids)
        states = self._states(found)
        rivals = defaultdict(list)
        for row in self._rows(RIVALS, ids=ids):
            rivals[row["organization"]].append(_rival(row))
        places = {row["id"]: _place(row, states, rivals[row["id"]]) for row in found}
        gone = names - set(places)
        return places | {name: Place(rivals=tuple(rivals[name])) for name in gone}

    def _states(self, organizations: Sequence[Row]) -> dict[str, AbsentState]:
        named = {name for row in organizations for name in _named_by(row)}
        rows = self._rows(STATES, ids=json.dumps(sorted(named)))
        return {row["id"]: row["state"] for row in rows}

    def _grouped(self, sql: str, ids: str) -> dict[str, list[Row]]:
        rows = self._rows(sql, ids=ids)
        groups = groupby(rows, itemgetter("customer"))
        return {key: list(group) for key, group in groups}

    def _rows(self, sql: str, **values: object) -> list[Row]:
        cursor = self.snapshot.store.conn.cursor()
        cursor.row_factory = Row
        return cursor.execute(sql, {"s": self.snapshot.id, **values}).fetchall()


def _named_by(organization: Row) -> list[str]:
    first = organization["names_customer"]
    more: list[str] = json.loads(organization["more_customers"])
    return [first, *more] if first else more


def _place(
    row: Row, states: Mapping[str, AbsentState], rivals: Sequence[Rival]
) -> Place:
    return Place(
        is_there=True,
        linked_to=row["customer"],
        linked_state=row["state"],
        linked_names=json.loads(row["stamp"] or "{}"),
        named=tuple(
            Named(customer=name, state=states.get(name)) for name in _named_by(row)
        ),
        rivals=tuple(rivals),
    )


def _rival(row: Row) -> Rival:
    return Rival(
        customer=row["customer"],
        standing=row["standing"] or 0,
        money_cents=row["money_cents"] or 0,
        currency=row["currency"],
        created=row["created"],
        strength=row["strength"],
    )


def _claim(row: Row, places: Mapping[str, Place]) -> Claim:
    source: Source = row["source"]
    return _claimed(
        row["customer"], source, row["organization"], row["user"] or None, places
    )


def _candidates(
    customer: str,
    problems: Sequence[Problem],
    claims: Sequence[Claim],
    places: Mapping[str, Place],
) -> Iterator[Claim]:
    """Yield the organizations that only a person can choose."""
    offered = {option for problem in problems for option in problem.options}
    for organization in sorted(offered - {claim.organization for claim in claims}):
        yield _claimed(customer, "decision", organization, None, places)


def _claimed(
    customer: str,
    source: Source,
    organization: str,
    user: str | None,
    places: Mapping[str, Place],
) -> Claim:
    place = places[organization]
    return Claim(
        source=source,
        organization=organization,
        user=user,
        exists=place.is_there,
        linked_to=place.linked_to,
        linked_state=place.linked_state,
        linked_names=place.linked_names,
        named=place.named,
        rivals=tuple(r for r in place.rivals if r.customer != customer),
    )


def _problem(row: Row) -> Problem:
    return Problem(
        source=row["source"],
        code=row["code"],
        options=tuple(json.loads(row["options"])),
        place=row["place"],
    )
