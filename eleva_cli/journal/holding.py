"""Steps that wait until somebody has seen them once more: a part of a run, kept back.

They are held with a code of their own, so that nothing takes them up by itself: the run
is over without them, and goes on with them once they are released.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, load_action

AWAITS = "awaits-confirmation"
NONE: Mapping[str, str] = {}
_WAITING = """
  run = :run and state = 'held' and code = :code
  and (:lanes = '[]' or lane in (select value from json_each(:lanes)))
"""
_READY = """
  run = :run and state = 'held' and code = :code and lane not in (
    select lane from steps where run = :run and code is not :code
    and state not in ('applied', 'verified', 'unchanged'))
"""


def hold(store: Store, run: str, kinds: Sequence[str]) -> None:
    """Keep back a new run's steps of these kinds; the caller holds the transaction."""
    marks = ",".join("?" * len(kinds))
    store.conn.execute(
        f"update steps set state = 'held', code = ?, message = ? "
        f"where run = ? and state = 'planned' and kind in ({marks})",
        (AWAITS, "prepared; it waits for --confirm", run, *kinds),
    )


def waiting(store: Store, run: str, lanes: Collection[str] = ()) -> int:
    """Count the steps that are kept back, of some lanes or of all."""
    sql = f"select count(*) from steps where {_WAITING}"
    return int(store.conn.execute(sql, _named(run, lanes)).fetchone()[0])


def is_prepared(store: Store, run: str) -> bool:
    """Tell whether somebody can still confirm some of what a run keeps back."""
    sql = f"select 1 from steps where {_READY} limit 1"
    return store.conn.execute(sql, {"run": run, "code": AWAITS}).fetchone() is not None


def ready(store: Store, run: str) -> dict[str, list[Action]]:
    """Return what would go on, by lane: those that have come well so far."""
    sql = f"select lane, action from steps where {_READY} order by lane, position"
    found: defaultdict[str, list[Action]] = defaultdict(list)
    for row in store.conn.execute(sql, {"run": run, "code": AWAITS}):
        found[row[0]].append(load_action(row[1]))
    return dict(found)


def release(store: Store, run: str, but: Mapping[str, str] = NONE) -> int:
    """
    Let these steps go; the others stay: what was before them did not come well.

    `but` are lanes that wait on, and why.
    """
    sql = f"""
      update steps set state = 'planned', code = null, message = null where {_READY}
      and lane not in (select value from json_each(:but))
    """
    named = {"run": run, "code": AWAITS, "but": json.dumps(sorted(but))}
    with store.write() as conn:
        tell(store, run, but)
        return conn.execute(sql, named).rowcount


def tell(store: Store, run: str, why: Mapping[str, str]) -> None:
    """Write down why lanes wait on; in a transaction."""
    store.conn.executemany(
        "update steps set message = ? "
        "where run = ? and lane = ? and state = 'held' and code = ?",
        [(text, run, lane, AWAITS) for lane, text in why.items()],
    )


def give_up(store: Store, run: str, lanes: Collection[str] = ()) -> int:
    """End what is kept back, of some lanes or of all: nobody will confirm it."""
    sql = f"""
      update steps set state = 'undone', code = null, message = 'given up, not sent'
      where {_WAITING}
    """
    with store.write() as conn:
        return conn.execute(sql, _named(run, lanes)).rowcount


def _named(run: str, lanes: Collection[str]) -> Mapping[str, str]:
    return {"run": run, "code": AWAITS, "lanes": json.dumps(sorted(lanes))}
