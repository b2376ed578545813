"""`migrate apply`: plan again, gate, ask, apply, read back, tell."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import figures
from eleva_cli.commands.migration.gate import Limits, check_expected, check_limits
from eleva_cli.commands.migration.planned import (
    headline,
    refused_findings,
)
from eleva_cli.commands.migration.request import Request, make_plan
from eleva_cli.commands.runs.beginning import refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal import plans, runs
from eleva_cli.journal.plans import PlanRow
from eleva_cli.outcome import Result
from eleva_cli.plan import Finding, describe
from eleva_cli.planning import reviewed

SHOWN = 12


def apply(app: App, request: Request, limits: Limits, *, strict: bool) -> Result:
    """Apply what a fresh plan says and the gate lets through."""
    app.progress.say(app.banner())
    with app.lock("migrate"):
        refuse_open_run(app, "migrate")
        check_expected(app, limits.expect)
        planned = make_plan(app, request)
        reviewed(app.store, planned.plan, expected=limits.expect)
        head = plans.head(app.store, planned.plan)
        assert head is not None
        ready = figures.count_lanes(app, head.id, "ready")
        check_limits(app, head.id, limits, ready)
        stale = tuple(refused_findings(app, request, planned))
        if not ready:
            return _nothing(app, head, strict=strict)
        _ask(app, head, ready)
        run = runs.begin_from_plan(app.store, head, now=app.clock.now())
        result = end_run(app, run, command="migrate apply")
    return _with_held(app, head, result, stale, strict=strict)


def _nothing(app: App, head: PlanRow, *, strict: bool) -> Result:
    held = figures.count_lanes(app, head.id, "held")
    return Result(
        command="migrate apply",
        headline=headline(head, held) if held else "nothing to do; nothing written",
        exit_code=ExitCode.FINDINGS if strict and held else ExitCode.DONE,
        summary=figures.summary(head),
        tables=(figures.held_table(app, head),),
        findings=figures.findings(app, head),
    )


def _ask(app: App, head: PlanRow, ready: int) -> None:
    """Show on stderr what is about to happen, and ask."""
    app.progress.close()
    flags = app.settings.flags
    if flags.quiet and flags.yes:
        return
    say = app.shell.terminal.say
    for _, email, action in figures.actions(app, head, SHOWN):
        say(f"  {describe(action)}" + (f" ({email})" if email else ""))
    rest = figures.count_actions(app, head.id) - SHOWN
    if rest > 0:
        say(f"  and {rest} more; see them with: eleva migrate plan{global_flags(app)}")
    for event, receiver, times in figures.events_table(app, head).rows:
        say(f"  {event}, {times} times, to {receiver}")
    account = f"{head.account} ({head.mode})"
    app.confirm(f"apply {head.id} to {ready} customers of {account}?")


def _with_held(
    app: App, head: PlanRow, result: Result, stale: tuple[Finding, ...], *, strict: bool
) -> Result:
    """Add to a run's result what the plan held back."""
    held = figures.count_lanes(app, head.id, "held")
    code = result.exit_code
    if strict and held:
        code = worst(code, ExitCode.FINDINGS)
    return replace(
        result,
        exit_code=code,
        summary={**result.summary, "plan": head.id, "held_lanes_count": held},
        tables=(*result.tables, figures.held_table(app, head)),
        findings=(*result.findings, *stale, *figures.findings(app, head)),
    )
