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
# Each gone through once: no index would serve what is asked of them.
FIELDS = """
  json_extract(s.action, '$.destination') as destination, s.subject, s.lane,
  json_extract(s.action, '$.created') as created
"""
MINE = f"""
  select {FIELDS}, s.position from steps s
  where s.run = :run and s.kind = :kind and s.state in ('planned', 'failed', 'held')
"""
OTHERS = f"""
  select {FIELDS}, s.sent_at from steps s join runs r on r.id = s.run
  join runs mine on mine.id = :run
  where r.id != mine.id and r.account = mine.account and r.mode = mine.mode
    and s.kind = :kind
"""
# Only since the run began: what is sent again on purpose was taken before.
MEANWHILE = f"{OTHERS} and s.state = 'verified' and s.ended_at > mine.started_at"
DOUBTED = f"{OTHERS} and s.state = 'failed' and s.code = :code"
PLACE = "where run = ? and lane = ? and position = ?"
SETTLE = f"""
  update steps set state = 'unchanged', code = null, message = null, ended_at = ?
  {PLACE}
"""
INHERIT = f"update steps set sent_at = ? {PLACE}"
DESTINATIONS = """
  select distinct json_extract(action, '$.destination') from steps
  where run = ? and kind = ? order by 1
"""


def destinations(store: Store, run: str) -> list[str]:
    """Return the names of the destinations that a run sends events to."""
    return [row[0] for row in store.rows(DESTINATIONS, run, DeliverEvent.kind)]


def settle(store: Store, run: str, *, now: float) -> int:
    """
    End what another run has delivered meanwhile; return how many steps that are.

    Nor is an event sent after a newer one of its object: it would be out of order.
    """
    values = {"run": run, "kind": DeliverEvent.kind}
    taken_since: set[tuple[str, str]] = set()
    newest: dict[tuple[str, str], int] = {}
    for place, event, lane, created, _ in store.conn.execute(MEANWHILE, values):
        taken_since.add((place, event))
        newest[place, lane] = max(created, newest.get((place, lane), 0))
    over = [
        (now, run, lane, position)
        for place, event, lane, created, position in _mine(store, run)
        if (place, event) in taken_since or created < newest.get((place, lane), 0)
    ]
    with store.write() as conn:
        conn.executemany(SETTLE, over)
    return len(over)


def inherit(store: Store, run: str) -> None:
    """Take over into a new run which of its events earlier ones left in doubt."""
    values = {"run": run, "kind": DeliverEvent.kind, "code": TWICE}
    # A row with the time of a request is in doubt, whatever its state.
    sent_at: dict[tuple[str, str], float] = {
        (place, event): at
        for place, event, _, _, at in store.conn.execute(DOUBTED, values)
    }
    doubted = [
        (sent_at[place, event], run, lane, position)
        for place, event, lane, _, position in _mine(store, run)
        if (place, event) in sent_at
    ]
    with store.write() as conn:
        conn.executemany(INHERIT, doubted)


def _mine(store: Store, run: str) -> list[tuple[str, str, str, int, int]]:
    values = {"run": run, "kind": DeliverEvent.kind}
    return store.conn.execute(MINE, values).fetchall()


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
