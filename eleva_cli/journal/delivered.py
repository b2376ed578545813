"""Which events a destination has taken before, by the runs of this journal."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.journal.retrying import TWICE
from eleva_cli.journal.store import Store
from eleva_cli.plan.delivering import DeliverEvent

AT_ONCE = 500
TAKEN = """
  select distinct s.subject from steps s join runs r on r.id = s.run
  where s.kind = ? and s.state = 'verified' and r.account = ? and r.mode = ?
    and json_extract(s.action, '$.destination') = ? and s.subject in ({marks})
"""


# Only since the run began: what is sent again on purpose was taken before. After a
# newer event of its object an older one is not sent: it would be out of order.
SETTLE = """
  update steps set state = 'unchanged', code = null, message = null, ended_at = :now
  where run = :run and kind = :kind and state in ('planned', 'failed', 'held')
    and exists (
      select 1 from steps o join runs r on r.id = o.run
      join runs mine on mine.id = :run
      where o.run != mine.id and o.ended_at > mine.started_at
        and r.account = mine.account and r.mode = mine.mode
        and o.kind = :kind and o.state = 'verified'
        and (o.subject = steps.subject
          or o.lane = steps.lane and json_extract(o.action, '$.created')
            > json_extract(steps.action, '$.created'))
        and json_extract(o.action, '$.destination')
          = json_extract(steps.action, '$.destination'))
"""
# A row with the time of a request is in doubt, whatever its state.
INHERIT = """
  update steps set sent_at = (
    select max(o.sent_at) from steps o join runs r on r.id = o.run
    join runs mine on mine.id = :run
    where o.run != mine.id and r.account = mine.account and r.mode = mine.mode
      and o.kind = :kind and o.state = 'failed' and o.code = :code
      and o.subject = steps.subject
      and json_extract(o.action, '$.destination')
        = json_extract(steps.action, '$.destination'))
  where run = :run and kind = :kind and state = 'planned'
"""
DESTINATIONS = """
  select distinct json_extract(action, '$.destination') from steps
  where run = ? and kind = ? order by 1
"""


def destinations(store: Store, run: str) -> list[str]:
    """Return the names of the destinations that a run sends events to."""
    return [row[0] for row in store.rows(DESTINATIONS, run, DeliverEvent.kind)]


def settle(store: Store, run: str, *, now: float) -> int:
    """End what another run has delivered meanwhile; return how many steps that are."""
    values = {"run": run, "kind": DeliverEvent.kind, "now": now}
    with store.write() as conn:
        return conn.execute(SETTLE, values).rowcount


def inherit(store: Store, run: str) -> None:
    """Take over into a new run which of its events earlier ones left in doubt."""
    values = {"run": run, "kind": DeliverEvent.kind, "code": TWICE}
    with store.write() as conn:
        conn.execute(INHERIT, values)


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
