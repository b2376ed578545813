"""Leases: which run may write for a lane, and until when.

A lease is checked before every send. It lets one grant go on beside an
eleven-hour run, and a run that lost its lease must stop.
"""

from __future__ import annotations

from collections.abc import Collection

from eleva_cli.journal.store import Store

LEASE_S = 60.0


def take(store: Store, lane: str, run: str, *, now: float) -> float | None:
    """
    Take or renew a lane for a run; the caller holds the transaction.

    Return `None` when it is ours now, else the time at which the holder's ends.
    """
    row = store.conn.execute(
        "select run, expires_at from leases where lane = ?", (lane,)
    ).fetchone()
    if row is not None and row[0] != run and row[1] > now:
        return float(row[1])
    store.insert("leases", [(lane, run, now + LEASE_S)], 3)
    return None


def hold(store: Store, lane: str, run: str, *, now: float) -> bool:
    """Extend a lane that a run took; false where it is no longer the run's."""
    sql = "update leases set expires_at = ? where lane = ? and run = ?"
    return store.conn.execute(sql, (now + LEASE_S, lane, run)).rowcount == 1


def holds(store: Store, run: str, lanes: Collection[str]) -> bool:
    """Tell whether a run still has all of these lanes."""
    marks = ",".join("?" * len(lanes))
    sql = f"select count(*) from leases where run = ? and lane in ({marks})"
    return bool(store.value(sql, run, *lanes) == len(lanes))


def release(store: Store, lane: str, run: str) -> None:
    """Give a lane back; the caller holds the transaction."""
    store.conn.execute("delete from leases where lane = ? and run = ?", (lane, run))


def renew(store: Store, run: str, *, now: float) -> None:
    """Extend a run's leases and heartbeat; the caller holds the transaction."""
    store.conn.execute(
        "update leases set expires_at = ? where run = ?", (now + LEASE_S, run)
    )
    store.conn.execute("update runs set heartbeat_at = ? where id = ?", (now, run))
