"""What the journal forgets, and when: whole runs, plans, snapshots, audits."""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.journal import audits, holding, plans, snapshots
from eleva_cli.journal.store import Store

SNAPSHOT_DAYS = 30
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many of each were removed; `kept` are the runs that wait to be confirmed."""

    runs: int
    plans: int
    snapshots: int
    audits: int = 0
    kept: tuple[str, ...] = ()


def prune(store: Store, *, before: float, sent_before: float | None = None) -> Pruned:
    """
    Delete what is older than `before` (seconds), of what nothing needs any more.

    Runs that sent events on tell what a destination has: of them only those older than
    `sent_before`, where it is earlier. A run that keeps something back for somebody to
    confirm is not over, however old it is.
    """
    with store.write() as conn:
        ended = """
          select id from runs where state != 'open' and ended_at < ?
          and (ended_at < ? or not exists (
            select 1 from steps where run = runs.id and kind = 'deliver_event'))
        """
        bound = before if sent_before is None else sent_before
        old_runs = [str(run) for run in _ids(store, ended, before, bound)]
        kept = tuple(run for run in old_runs if holding.is_prepared(store, run))
        runs = [run for run in old_runs if run not in kept]
        for run in runs:
            conn.execute("delete from steps where run = ?", (run,))
            conn.execute("delete from runs where id = ?", (run,))
        unused = """
          select id from plans where created_at < ?
          and id not in (select plan from runs where plan is not null)
        """
        old_plans = _ids(store, unused, before)
        for plan in old_plans:
            plans.remove(store, str(plan))
        old = _ids(store, "select id from snapshots where started_at < ?", before)
        for number in old:
            snapshots.drop(store, int(number))
        looks = _ids(store, "select id from audits where began_at < ?", before)
        for number in looks:
            audits.drop(store, int(number))
    return Pruned(
        runs=len(runs),
        plans=len(old_plans),
        snapshots=len(old),
        audits=len(looks),
        kept=kept,
    )


def drop_old_snapshots(store: Store, *, now: float) -> None:
    """Forget what was observed more than 30 days ago; runs and plans stay."""
    bound = now - SNAPSHOT_DAYS * DAY_S
    old = "select id from snapshots where started_at < ?"
    if store.one(old, bound) is None:
        return  # most of the time: who only reads need not wait for a writer
    with store.write():
        for number in _ids(store, old, bound):
            snapshots.drop(store, int(number))


def _ids(store: Store, sql: str, *args: object) -> list[str | int]:
    return [row[0] for row in store.conn.execute(sql, args)]
