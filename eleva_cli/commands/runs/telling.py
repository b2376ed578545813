"""Runs and their steps, as the journal has them."""

from __future__ import annotations

from itertools import chain

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.standing import moment, runs_table
from eleva_cli.commands.runs.ending import lane_word
from eleva_cli.errors import ConfigError, UsageError
from eleva_cli.journal import holding, runs
from eleva_cli.journal.retrying import TWICE
from eleva_cli.journal.steps import Run, StepState
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.plan import describe

MOST = 100_000
NOT_WELL: tuple[StepState, ...] = ("planned", "sent", "failed", "in_doubt", "held")


def find(app: App, name: str) -> Run:
    """Return a run by its name; raises `UsageError` where there is none."""
    run = runs.find(app.store, name)
    if run is None:
        raise UsageError(
            f"there is no {name} in this journal",
            code="run-unknown",
            hint=f"see them with: eleva run list{global_flags(app)}",
        )
    return run


def check_account(app: App, run: Run) -> None:
    """A run belongs to the account whose keys began it."""
    if (run.account, run.mode) != (app.account.id, app.settings.mode):
        raise ConfigError(
            f"{run.id} is of {run.account} ({run.mode}), these keys are of "
            f"{app.account.id} ({app.settings.mode})",
            code="run-of-another-account",
            hint="use that account's keys or profile",
        )


def listing(app: App) -> Result:
    """Return all runs, newest first."""
    found = runs.listing(app.store)
    open_runs = [run.id for run in found if run.state == "open"]
    headline = f"{len(found)} runs" + (
        f", open: {', '.join(open_runs)}" if open_runs else ""
    )
    steps = tuple(f"eleva run resume {run}{global_flags(app)}" for run in open_runs)
    return Result(
        command="run list",
        headline=headline if found else "no runs yet",
        tables=(runs_table(app, found),),
        next_steps=steps,
    )


def show(app: App, name: str, *, every: bool) -> Result:
    """Return one run with the steps that ask for attention, or all."""
    run = find(app, name)
    counts = runs.counts(app.store, run.id)
    summary: dict[str, Json] = {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "account": f"{run.account} ({run.mode})",
        "plan": run.plan,
        "started (UTC)": moment(run.started_at),
        "ended (UTC)": moment(run.ended_at),
        "by": f"{run.person} on {run.host} (process {run.pid})",
        "last heard of (UTC)": moment(run.heartbeat_at),
    }
    if run.undo_of:
        summary["undoes"] = run.undo_of
    if run.note:
        summary["stopped_by"] = run.note
    summary |= {f"steps_{state}": counts[state] for state in sorted(counts)}
    flags = global_flags(app)
    steps: tuple[str, ...] = ()
    if run.state == "open":
        steps = (f"eleva run resume {run.id}{flags}",)
    elif holding.is_prepared(app.store, run.id):
        steps = (f"eleva migrate apply --confirm {run.id}{flags}",)
    return Result(
        command="run show",
        headline=f"{run.id}: {run.state}",
        summary=summary,
        tables=(_steps(app, run.id, every=every),),
        next_steps=steps,
    )


def _steps(app: App, run: str, *, every: bool) -> Table:
    rows: list[tuple[Cell, ...]] = []
    more = 0
    shown = runs.steps(app.store, run, states=() if every else NOT_WELL)
    doubtful = () if every else runs.coded(app.store, run, TWICE)
    for step in chain(doubtful, shown):
        if len(rows) >= MOST:
            more += 1
            continue
        rows.append(
            (
                step.lane,
                describe(step.action),
                step.state,
                step.code or "",
                step.message or "",
                step.request_id or "",
            )
        )
    return Table(
        name="steps",
        title="Steps" if every else "Steps that did not come out well",
        columns=(lane_word(app, run), "action", "state", "code", "message", "request"),
        rows=tuple(rows),
        more=more,
    )
