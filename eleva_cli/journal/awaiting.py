"""What the handler that runs on and on asks of the inbox: what waits, and what again.

What failed is put back when its time has come; what was only decided, because roles
were not to be written then, when they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from eleva_cli.journal.store import Store
from eleva_cli.plan import SetRole, load_action

NOT_ACTED = "not-acted"
LONGEST_RUN_S = 3_600.0
BACK = "update inbox set state = 'received', problem = '', ended_at = null where "


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many events are in each state; since when the oldest waits (Unix seconds)."""

    received: int = 0
    handled: int = 0
    failed: int = 0
    ignored: int = 0
    oldest: float | None = None


def waiting(store: Store) -> Waiting:
    """Count the inbox by state."""
    sql = "select state, count(*), min(received_at) from inbox group by state"
    rows = {row[0]: (row[1], row[2]) for row in store.rows(sql)}
    counts = {state: count for state, (count, _) in rows.items()}
    _, oldest = rows.get("received", (0, None))
    return Waiting(oldest=oldest, **counts)


def failed_customers(store: Store, limit: int) -> list[str]:
    """Return some of the customers with events that failed."""
    sql = (
        "select distinct customer from inbox where state = 'failed' "
        "and customer is not null order by customer limit ?"
    )
    return [row[0] for row in store.rows(sql, limit)]


def put_back_failed(store: Store, subject: str | None = None) -> int:
    """Have what failed wait again: of one customer or organization, or all of it."""
    sql = BACK + "state = 'failed'"
    with store.write() as conn:
        if subject is None:
            return conn.execute(sql).rowcount
        sql += " and (customer = ? or organization = ?)"
        return conn.execute(sql, (subject, subject)).rowcount


def put_back_undone(store: Store) -> int:
    """Have what was decided and not written wait again."""
    sql = BACK + "state = 'handled' and problem = ?"
    with store.write() as conn:
        return conn.execute(sql, (NOT_ACTED,)).rowcount


def settle(store: Store, subject: str, *, now: float, run: str | None) -> None:
    """Record that what failed before is done with this; in a transaction."""
    store.conn.execute(
        "update inbox set state = 'handled', problem = '', ended_at = ?, "
        "run = coalesce(?, run) where state = 'failed' and "
        "(customer = ? or organization = ?)",
        (now, run, subject, subject),
    )


def lowered(
    store: Store, kind: str, account: str, mode: str, *, since: float
) -> list[float]:
    """Return when each role was lowered by runs of a kind, the earliest first."""
    sql = """
      select steps.sent_at, steps.action from runs join steps on steps.run = runs.id
      where runs.kind = ? and runs.account = ? and runs.mode = ?
      and runs.started_at > ? and steps.kind = 'set_role' and steps.sent_at > ?
      order by steps.sent_at
    """
    # a run may have been at it for some time
    rows = store.rows(sql, kind, account, mode, since - LONGEST_RUN_S, since)
    found = ((row["sent_at"], load_action(row["action"])) for row in rows)
    return [at for at, action in found if isinstance(action, SetRole) and action.lowers]


def supersede(
    store: Store, run: str, code: str, lanes: Sequence[str] | None = None
) -> None:
    """End what a run left open, or of some lanes: what is there now decides anew."""
    named = None if lanes is None else json.dumps(list(lanes))
    with store.write() as conn:
        conn.execute(
            "update steps set state = 'failed', code = coalesce(code, ?) "
            "where run = ? "
            "and state in ('planned', 'sent', 'in_doubt', 'held') "
            "and (? is null or lane in (select value from json_each(?)))",
            (code, run, named, named),
        )
        conn.execute("delete from leases where run = ?", (run,))
