"""`migrate status`: where the migration stands, by the journal alone."""

from __future__ import annotations

from datetime import UTC, datetime

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import figures
from eleva_cli.journal import holding, plans, runs
from eleva_cli.journal.steps import Run
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.output.wording import count_of


def show(app: App) -> Result:
    """Return the last plan and all migration runs of this journal."""
    found = [run for run in runs.listing(app.store) if run.kind == "migrate"]
    newest = app.store.value(
        "select id from plans where kind = 'migrate' order by created_at desc limit 1"
    )
    head = plans.head(app.store, newest) if newest else None
    summary: dict[str, Json] = figures.summary(head) if head else {}
    tables = tuple(figures.held_tables(app, head)) if head else ()
    flags = global_flags(app)
    open_runs = [run for run in found if run.state == "open"]
    steps = [f"eleva run resume {run.id}{flags}" for run in open_runs]
    steps += [
        f"eleva migrate apply --confirm {run.id}{flags}"
        for run in found
        if run.state != "open" and holding.is_prepared(app.store, run.id)
    ]
    if not head:
        steps.append(f"eleva migrate plan{flags}")
    return Result(
        command="migrate status",
        headline=_headline(app, found, has_plan=head is not None),
        summary=summary,
        tables=(runs_table(app, found), *tables),
        next_steps=tuple(steps),
    )


def _headline(app: App, found: list[Run], *, has_plan: bool) -> str:
    if not found:
        return "planned, not applied yet" if has_plan else "nothing planned yet"
    newest = found[0]
    if newest.state == "open":
        return f"{newest.id} was not finished"
    if holding.is_prepared(app.store, newest.id):
        waiting = holding.waiting(app.store, newest.id)
        return f"{newest.id} is prepared: {count_of(waiting, 'step')} to be confirmed"
    return f"{newest.id} ended: {newest.state}"


def moment(seconds: float | None) -> str:
    """Show a time in UTC, to the second; "" for none."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def runs_table(app: App, found: list[Run]) -> Table:
    """Return runs with what became of their steps, newest first."""
    rows: list[tuple[Cell, ...]] = []
    for run in found:
        counts = runs.counts(app.store, run.id)
        steps = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        rows.append((run.id, run.kind, run.state, moment(run.started_at), steps))
    return Table(
        name="runs",
        title="Runs",
        columns=("run", "kind", "state", "started (UTC)", "steps"),
        rows=tuple(rows),
    )
