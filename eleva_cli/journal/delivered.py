"""Which events a destination has taken before, by the runs of this journal."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.journal.store import Store
from eleva_cli.plan.delivering import DeliverEvent

AT_ONCE = 500
TAKEN = """
  select distinct s.subject from steps s join runs r on r.id = s.run
  where s.kind = ? and s.state = 'verified' and r.account = ? and r.mode = ?
    and json_extract(s.action, '$.destination') = ? and s.subject in ({marks})
"""


# Only of later runs: one that sends again on purpose has earlier ones behind it.
SETTLE = """
  update steps set state = 'unchanged', code = null, message = null, ended_at = :now
  where run = :run and kind = :kind and state in ('planned', 'failed', 'held')
    and exists (
      select 1 from steps o join runs r on r.id = o.run
      join runs mine on mine.id = :run
      where r.rowid > mine.rowid and r.account = mine.account and r.mode = mine.mode
        and o.kind = :kind and o.state = 'verified' and o.subject = steps.subject
        and json_extract(o.action, '$.destination')
          = json_extract(steps.action, '$.destination'))
"""


def settle(store: Store, run: str, *, now: float) -> int:
    """End what a later run has delivered meanwhile; return how many steps that are."""
    values = {"run": run, "kind": DeliverEvent.kind, "now": now}
    with store.write() as conn:
        return conn.execute(SETTLE, values).rowcount


def taken(
    store: Store, destination: str, events: Iterable[str], *, account: str, mode: str
) -> frozenset[str]:
    """Return those of these events that the destination answered with 2xx."""
    names = list(events)
    found: set[str] = set()
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        sql = TAKEN.format(marks=",".join("?" * len(some)))
        head = (DeliverEvent.kind, account, mode, destination)
        found |= {row[0] for row in store.rows(sql, *head, *some)}
    return frozenset(found)
