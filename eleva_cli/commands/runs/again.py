"""Going on with a run, and forgetting old ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.diagnosis.signing import clock_warning
from eleva_cli.commands.runs.ending import end_run, sends_on
from eleva_cli.commands.runs.telling import check_account, find
from eleva_cli.commands.runs.undoing import settle_undone
from eleva_cli.config.destinations import destination_named
from eleva_cli.errors import UsageError
from eleva_cli.journal import delivered, holding, inbox, retention, runs
from eleva_cli.journal.steps import Run, StepState
from eleva_cli.outcome import Result

DONE: tuple[StepState, ...] = ("applied", "verified")
AGE = re.compile(r"(\d+)([dw])")
DAYS = {"d": 1, "w": 7}
SHOWN = 12
IN_RUN = "select 1 from steps where run = ? and lane = ? limit 1"


def resume(app: App, name: str | None, *, retry_failed: bool) -> Result:
    """Take a run's open steps up again, as its plan was frozen."""
    run = find(app, name) if name else _only_open(app)
    app.progress.say(app.banner())
    with app.lock(run.kind):
        check_account(app, run)
        counts = runs.counts(app.store, run.id)
        waiting = holding.waiting(app.store, run.id)
        is_held = counts.get("held", 0) > waiting
        if run.state != "open" and not (
            is_held or (retry_failed and counts.get("failed"))
        ):
            return _not_resumed(app, run)
        if sends_on(app, run.id):
            for place in delivered.destinations(app.store, run.id):
                destination_named(app.settings, place)  # raises what is wrong with it
            check_clock(app)
            delivered.settle(app.store, run.id, now=app.clock.now())
        runs.take_over(
            app.store, run.id, now=app.clock.now(), retry_failed=retry_failed
        )
        result = end_run(app, run.id, command="run resume")
        settle_undone(app, run.id)
    return result


def _not_resumed(app: App, run: Run) -> Result:
    """Say that nothing is open; what waits for somebody's word is not taken up."""
    waiting = holding.is_prepared(app.store, run.id)
    confirm = f"eleva migrate apply --confirm {run.id}{global_flags(app)}"
    said = "only waits to be confirmed" if waiting else f"is {run.state}"
    return Result(
        command="run resume",
        headline=f"{run.id} {said}; nothing to go on with",
        next_steps=(confirm,) if waiting else (),
    )


def check_clock(app: App) -> None:
    """Sign nothing by a clock that is off: raises where it is by more than a minute."""
    warning = clock_warning(app.ports, app.clock)
    if warning is not None:
        app.progress.say(warning)


def _only_open(app: App) -> Run:
    found = runs.listing(app.store, state="open")
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "no run is open",
            code="no-open-run",
            hint=f"start one with: eleva migrate apply{global_flags(app)}",
        )
    raise UsageError(
        f"{len(found)} runs are open: {', '.join(run.id for run in found)}",
        code="run-ambiguous",
        hint=f"name one: eleva run resume {found[0].id}{global_flags(app)}",
    )


def prune(app: App, older_than: str) -> Result:
    """Forget what ended longer ago than an age such as 90d."""
    match = AGE.fullmatch(older_than)
    if match is None:
        raise UsageError(
            f"{older_than!r} is no age",
            code="age",
            hint="write days or weeks, such as 90d or 12w",
        )
    days = int(match[1]) * DAYS[match[2]]
    app.confirm(f"forget runs that ended more than {days} days ago?")
    now = app.clock.now()
    pruned = retention.prune(
        app.store,
        before=now - days * retention.DAY_S,
        sent_before=now - inbox.KEPT_DAYS * retention.DAY_S,
    )
    kept = f"; kept {', '.join(pruned.kept)}, to be confirmed" if pruned.kept else ""
    return Result(
        command="run prune",
        headline=f"forgot {pruned.runs} runs, {pruned.plans} plans, "
        f"{pruned.snapshots} snapshots, {pruned.audits} audits{kept}",
        summary={
            "runs": pruned.runs,
            "plans": pruned.plans,
            "snapshots": pruned.snapshots,
            "audits": pruned.audits,
            "kept_prepared": len(pruned.kept),
        },
        next_steps=tuple(_ways_out(app, pruned.kept)),
    )


def _ways_out(app: App, kept: Iterable[str]) -> Iterator[str]:
    """Name what ends a run that is only prepared: it is confirmed, or given up."""
    for run in kept:
        yield f"eleva migrate apply --confirm {run}{global_flags(app)}"
        yield f"eleva run undo {run}{global_flags(app)}"
