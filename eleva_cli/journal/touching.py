"""Which steps of our runs touched some objects, and who names a user or organization.

Read from what the journal has anyway; nothing is kept for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, load_action

AMONG = "(select value from json_each(:ids))"
STEPS = f"""
  select s.run, s.action, s.state, s.code, s.amends, r.kind,
    coalesce(s.ended_at, s.sent_at) as at
  from steps s join runs r on r.id = s.run
  where (s.subject in {AMONG} or s.lane in {AMONG})
    and coalesce(s.ended_at, s.sent_at) is not null
  order by at, s.run, s.position
"""
NAMED_IN = """
  exists (select 1 from json_each(c.organizations) where value = :organization)
  or exists (select 1 from json_each(c.users) where value = :user)
"""
OF_AUDIT = f"""
  select c.id from audit_customers c where c.audit = (
    select max(audit) from audit_customers a join audits h on h.id = a.audit
    where h.account = :account and h.mode = :mode) and ({NAMED_IN})
"""
OF_SNAPSHOT = """
  select c.id from customers c where c.snapshot = (
    select max(id) from snapshots where ended_at is not null)
  and (c.organization = :organization or c.user = :user)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A step of ours: what it did, in which run, and what came of it."""

    run: str
    kind: str
    action: Action
    state: str
    code: str | None
    at: float
    amends: bool


def steps_on(store: Store, names: Iterable[str]) -> Iterator[Touched]:
    """Yield the steps that were sent for these objects or customers, oldest first."""
    ids = json.dumps(sorted(set(names)))
    for row in store.conn.execute(STEPS, {"ids": ids}).fetchall():
        run, action, state, code, amends, kind, at = row
        yield Touched(
            run=run,
            kind=kind,
            action=load_action(action),
            state=state,
            code=code,
            at=at,
            amends=amends is not None,
        )


def customers_naming(
    store: Store,
    *,
    account: str,
    mode: str,
    organization: str,
    user: str,
) -> tuple[str, ...]:
    """Name the customers that named a user or organization when last looked at."""
    values = {
        "account": account,
        "mode": mode,
        "organization": organization,
        "user": user,
    }
    found = {
        row[0]
        for sql in (OF_AUDIT, OF_SNAPSHOT)
        for row in store.conn.execute(sql, values).fetchall()
    }
    return tuple(sorted(found))
