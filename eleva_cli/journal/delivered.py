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
