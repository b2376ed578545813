"""Steps that wait until somebody has seen them once more: a part of a run, kept back.

They are held with a code of their own, so that nothing takes them up by itself: the run
is over without them, and goes on with them once they are released.
"""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, load_action

AWAITS = "awaits-confirmation"
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


def waiting(store: Store, run: str) -> int:
    """Count the steps that are kept back."""
    sql = "select count(*) from steps where run = ? and state = 'held' and code = ?"
    return int(store.conn.execute(sql, (run, AWAITS)).fetchone()[0])


def actions(store: Store, run: str) -> list[Action]:
    """Return what would go on: the steps of lanes that have come well so far."""
    sql = f"select action from steps where {_READY} order by lane, position"
    rows = store.conn.execute(sql, {"run": run, "code": AWAITS}).fetchall()
    return [load_action(row[0]) for row in rows]


def release(store: Store, run: str) -> int:
    """Let these steps go; the others stay: what was before them did not come well."""
    sql = f"""
      update steps set state = 'planned', code = null, message = null where {_READY}
    """
    with store.write() as conn:
        return conn.execute(sql, {"run": run, "code": AWAITS}).rowcount
