"""Runs and their steps: what was meant, what was sent, and what came of it.

A step goes `planned → sent → applied → verified`, or ends as `unchanged`,
`failed`, `in_doubt`, `held` or `undone`. Nothing leaves the machine before its
`sent` row is committed.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.journal import holding, retrying
from eleva_cli.journal.plans import PlanRow, shuffle_of
from eleva_cli.journal.steps import (
    NOT_VERIFIED,
    Run,
    RunState,
    Step,
    StepState,
)
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, dump_action, load_action, subject

LANES_AT_ONCE = 200


def whoami() -> tuple[str, int, str]:
    """Return host, process and person for the lock message; never fails."""
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        person = "unknown"
    return socket.gethostname(), os.getpid(), person


def begin(  # noqa: PLR0913 - the head of a run, by name
    store: Store,
    *,
    kind: str,
    account: str,
    mode: str,
    plan: str | None,
    now: float,
    undo_of: str | None = None,
) -> str:
    """Open a run; the caller holds the transaction and then adds its steps."""
    run = f"run-{store.count_on('runs')}"
    host, pid, person = whoami()
    head = (run, kind, account, mode, plan, "open", now, None)
    store.insert("runs", [(*head, host, pid, person, now, undo_of, "", 1)], 15)
    return run


def begin_from_plan(
    store: Store, plan: PlanRow, *, now: float, hold: Sequence[str] = ()
) -> str:
    """
    Open a run with every action of the plan's ready lanes as a planned step.

    Those of the kinds to `hold` are kept back until somebody confirms them.
    """
    sql = """
      insert into steps
        (run, lane, position, phase, shuffle, kind, subject, action, state)
      select ?, a.lane, a.position, a.phase, l.shuffle, a.kind, a.subject, a.action,
             'planned'
      from plan_actions a
      join plan_lanes l on l.plan = a.plan and l.lane = a.lane
      where a.plan = ? and l.state = 'ready'
    """
    with store.write() as conn:
        run = begin(
            store,
            kind=plan.kind,
            account=plan.account,
            mode=plan.mode,
            plan=plan.id,
            now=now,
        )
        conn.execute(sql, (run, plan.id))
        holding.hold(store, run, hold)
    return run


def add_steps(store: Store, run: str, lane: str, actions: Iterable[Action]) -> None:
    """Add planned steps to a run that no plan stands behind; in a transaction."""
    store.conn.executemany(
        "insert into steps (run, lane, position, phase, shuffle, kind, subject, "
        "action, state) values (?, ?, ?, ?, ?, ?, ?, ?, 'planned')",
        [
            (
                run,
                lane,
                position,
                action.phase,
                shuffle_of(lane),
                action.kind,
                subject(action),
                dump_action(action),
            )
            for position, action in enumerate(actions)
        ],
    )


def find(store: Store, run: str) -> Run | None:
    """Return one run by its id; `7` finds `run-7`."""
    name = f"run-{run}" if run.isdecimal() else run
    row = store.one("select * from runs where id = ?", name)
    return None if row is None else _run(row)


def listing(store: Store, *, state: RunState | None = None) -> list[Run]:
    """Return all runs, newest first."""
    wanted = "" if state is None else "where state = ?"
    args = () if state is None else (state,)
    sql = f"select * from runs {wanted} order by rowid desc"
    return [_run(row) for row in store.rows(sql, *args)]


def _run(row: object) -> Run:
    return Run(**{name: row[name] for name in Run.__dataclass_fields__})  # type: ignore[index]


def take_over(store: Store, run: str, *, now: float, retry_failed: bool) -> None:
    """Make this process the run's; put what may be tried again back in line."""
    host, pid, person = whoami()
    with store.write() as conn:
        conn.execute(
            "update runs set state = 'open', host = ?, pid = ?, person = ?, "
            "heartbeat_at = ?, ended_at = null, turn = turn + 1 where id = ?",
            (host, pid, person, now, run),
        )
        conn.execute("delete from leases where run = ?", (run,))
        conn.execute(
            "update steps set due_at = null where run = ? and state = 'held'", (run,)
        )
        if retry_failed:
            retrying.put_back(store, run)


def finish(store: Store, run: str, state: RunState, *, now: float, note: str) -> None:
    """Close a run with a state that its steps gave, unless another process has it."""
    ended_at = None if state == "open" else now
    with store.write() as conn:
        closed = conn.execute(
            "update runs set state = ?, ended_at = ?, note = ? "
            "where id = ? and pid = ?",
            (state, ended_at, note, run, os.getpid()),
        ).rowcount
        if closed:
            conn.execute("delete from leases where run = ?", (run,))


def counts(store: Store, run: str) -> dict[str, int]:
    """Count a run's steps by state."""
    sql = "select state, count(*) from steps where run = ? group by 1"
    return {row[0]: row[1] for row in store.rows(sql, run)}


UNFINISHED = """
  select count(*) from steps s where run = :run
  and state in ('planned', 'sent', 'in_doubt', 'applied')
  and not (state = 'planned' and exists (
    select 1 from steps b where b.run = s.run and b.lane = s.lane
    and b.position < s.position and b.amends is null and s.amends is null
    and b.state in ('failed', 'held')))
"""


def unfinished(store: Store, run: str) -> int:
    """Count the steps that a resume would go on with; those behind a snag wait."""
    return int(store.conn.execute(UNFINISHED, {"run": run}).fetchone()[0])


def has_due(store: Store, run: str) -> bool:
    """Tell whether steps are held for a time only, so that a resume may go on."""
    sql = "select 1 from steps where run = ? and state = 'held' and due_at > 0 limit 1"
    return store.one(sql, run) is not None


def retriable(store: Store, run: str) -> int:
    """Count the failed steps that a resume could try again."""
    return int(store.conn.execute(retrying.RETRIABLE, {"run": run}).fetchone()[0])


def mark_displaced(store: Store, found: Iterable[tuple[Step, str]]) -> None:
    """Record that somebody else changed what we wrote, and to what."""
    with store.write() as conn:
        conn.executemany(
            "update steps set state = 'failed', code = 'changed-since-plan', "
            "message = ? where run = ? and lane = ? and position = ?",
            [
                (f"written, and changed since: found {now}", s.run, s.lane, s.position)
                for s, now in found
            ],
        )


def phases(store: Store, run: str) -> list[int]:
    """Return the phases a run has, in order."""
    sql = "select distinct phase from steps where run = ? order by 1"
    return [row[0] for row in store.rows(sql, run)]


def kinds(store: Store, run: str) -> list[str]:
    """Return the kinds of actions that a run has."""
    sql = "select distinct kind from steps where run = ?"
    return [row[0] for row in store.rows(sql, run)]


def open_lanes(
    store: Store, run: str, phase: int, after: tuple[int, str]
) -> list[tuple[int, str]]:
    """
    Return the next lanes of a phase that have work left, in shuffled order.

    A lane that did not come well through an earlier phase has none in this one.
    """
    sql = """
      select distinct shuffle, lane from steps
      where run = ? and phase = ? and state in ('planned', 'sent', 'in_doubt', 'held')
        and code is not ? and (shuffle, lane) > (?, ?)
        and not exists (
          select 1 from steps e where e.run = steps.run and e.lane = steps.lane
          and +e.phase < steps.phase  -- by lane, not by phase: a run is long
          and e.state not in ('applied', 'verified', 'unchanged'))
      order by shuffle, lane limit ?
    """
    rows = store.rows(sql, run, phase, holding.AWAITS, *after, LANES_AT_ONCE)
    return [(row[0], row[1]) for row in rows]


def lane_steps(store: Store, run: str, lane: str, phase: int) -> list[Step]:
    """Return the steps of a lane in order, ended ones too, but for those kept back."""
    sql = """
      select * from steps where run = ? and lane = ? and phase = ? and code is not ?
      order by position
    """
    return [_step(row) for row in store.rows(sql, run, lane, phase, holding.AWAITS)]


def steps(
    store: Store, run: str, *, states: Sequence[StepState] = ()
) -> Iterator[Step]:
    """Yield a run's steps in the order of lanes, all or those in some states."""
    marks = ",".join("?" * len(states))
    wanted = f"and state in ({marks})" if states else ""
    sql = f"select * from steps where run = ? {wanted} order by lane, position"
    for row in store.rows(sql, run, *states):
        yield _step(row)


def coded(store: Store, run: str, code: str) -> Iterator[Step]:
    """Yield the steps that came out well, and yet have this code."""
    sql = """
      select * from steps where run = ? and state = 'verified' and code = ?
      order by lane, position
    """
    return (_step(row) for row in store.rows(sql, run, code))


def applied_after(store: Store, run: str, after: tuple[str, int]) -> list[Step]:
    """Return some applied steps that come after a (lane, position)."""
    sql = """
      select * from steps where run = ? and state = 'applied'
      and (lane, position) > (?, ?) order by lane, position limit ?
    """
    return [_step(row) for row in store.rows(sql, run, *after, LANES_AT_ONCE)]


def _step(row: object) -> Step:
    names = Step.__dataclass_fields__
    fields = {name: row[name] for name in names if name != "action"}  # type: ignore[index]
    return Step(action=load_action(row["action"]), **fields)  # type: ignore[index]


def by_subject(
    store: Store, run: str, kinds: Sequence[str], subjects: Iterable[str]
) -> list[Step]:
    """Return the applied steps that wrote one of these objects."""
    wanted = list(subjects)
    marks, kind_marks = ",".join("?" * len(wanted)), ",".join("?" * len(kinds))
    sql = f"""
      select * from steps where run = ? and state = 'applied'
      and kind in ({kind_marks}) and subject in ({marks})
    """
    return [_step(row) for row in store.rows(sql, run, *kinds, *wanted)]


def mark_verified(store: Store, found: Iterable[Step], *, now: float) -> None:
    """Record that these steps' effects were read back."""
    with store.write() as conn:
        conn.executemany(
            "update steps set state = 'verified', verified_at = ?, code = null, "
            "message = null where run = ? and lane = ? and position = ?",
            [(now, step.run, step.lane, step.position) for step in found],
        )


def mark_unseen(store: Store, found: Iterable[Step]) -> None:
    """Record that these steps' effects do not show: a resume looks again."""
    with store.write() as conn:
        conn.executemany(
            "update steps set state = 'in_doubt', code = ? where run = ? "
            "and lane = ? and position = ?",
            [(NOT_VERIFIED, step.run, step.lane, step.position) for step in found],
        )


def mark_undone(store: Store, found: Iterable[Step]) -> None:
    """Record that these steps were taken back by another run."""
    with store.write() as conn:
        conn.executemany(
            "update steps set state = 'undone' where run = ? and lane = ? "
            "and position = ?",
            [(step.run, step.lane, step.position) for step in found],
        )
