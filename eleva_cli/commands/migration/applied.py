"""`migrate apply`: plan again, gate, ask, apply, read back, tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import amounts, canary, figures
from eleva_cli.commands.migration.amounts import Figures
from eleva_cli.commands.migration.canary import Canary
from eleva_cli.commands.migration.gate import Limits, check_expected, check_limits
from eleva_cli.commands.migration.planned import (
    headline,
    refused_findings,
)
from eleva_cli.commands.migration.request import Request, make_plan, rules_for
from eleva_cli.commands.runs.beginning import refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, UsageError, worst
from eleva_cli.journal import plans, runs
from eleva_cli.journal.plans import PlanRow
from eleva_cli.journal.steps import GOOD, StepState
from eleva_cli.outcome import Result
from eleva_cli.plan import Action, Finding, ReviseSubscription, SetRole, load_action
from eleva_cli.planning import reviewed

SHOWN = 12
# What `--hold` keeps back: money, and the roles that follow from it.
KEPT_BACK = (ReviseSubscription.kind, SetRole.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """In which steps: after which canary, money at once or later; when it is 3."""

    after: Canary | None = None
    hold: bool = False
    strict: bool = False


def apply(app: App, request: Request, limits: Limits, course: Course) -> Result:
    """Apply what a fresh plan says and the gate lets through; money later if held."""
    _check_hold(request, hold=course.hold)
    app.progress.say(app.banner())
    with app.lock("migrate"):
        refuse_open_run(app, "migrate")
        check_expected(app, limits.expect)
        rules = rules_for(app, request)
        if course.after is not None:
            canary.check(app, course.after)
        planned = make_plan(app, request, rules)
        is_less = reviewed(app.store, planned.plan, expected=limits.expect) > 0
        head = plans.head(app.store, planned.plan)
        assert head is not None
        money = _money(app, head, is_less=is_less)
        ready = figures.count_lanes(app, head.id, "ready")
        check_limits(app, head.id, limits, ready, rules)
        stale = tuple(refused_findings(app, request, planned))
        again = _again(app, request) if is_less else ()
        if not ready:
            nothing = _nothing(app, head, stale, strict=course.strict)
            return replace(nothing, next_steps=again)
        _ask(app, request, head, money, hold=course.hold)
        kept_back = KEPT_BACK if course.hold else ()
        run = runs.begin_from_plan(app.store, head, now=app.clock.now(), hold=kept_back)
        result = end_run(app, run, command="migrate apply")
    done = _money_done(app, run, money)
    table = (amounts.money_table(done),) if money else ()
    result = replace(
        result,
        tables=(*result.tables, *table),
        next_steps=(*result.next_steps, *again),
    )
    return _with_held(app, head, result, stale, strict=course.strict)


def _check_hold(request: Request, *, hold: bool) -> None:
    if hold and request.bringing.parts() == {"links"}:
        raise UsageError(
            "--hold keeps subscriptions and roles back, and --only links has none",
            code="hold-nothing",
            hint="leave one of them out",
        )


def _again(app: App, request: Request) -> tuple[str, ...]:
    """Return the command that shows for a review what is not as it was reviewed."""
    return (f"eleva migrate plan{request.command_line()}{global_flags(app)}",)


def _nothing(
    app: App, head: PlanRow, stale: tuple[Finding, ...], *, strict: bool
) -> Result:
    held = figures.count_lanes(app, head.id, "held")
    return Result(
        command="migrate apply",
        headline=headline(head, held) if held else "nothing to do; nothing written",
        exit_code=ExitCode.FINDINGS if strict and held else ExitCode.DONE,
        summary=figures.summary(head),
        tables=tuple(figures.held_tables(app, head)),
        findings=(*stale, *figures.findings(app, head)),
    )


def _ask(
    app: App,
    request: Request,
    head: PlanRow,
    money: tuple[Figures, ...],
    *,
    hold: bool,
) -> None:
    """Show on stderr what is about to happen, and ask; the money comes last."""
    app.progress.close()
    flags = app.settings.flags
    if flags.quiet and flags.yes:
        return
    say = app.shell.terminal.say
    for _, email, action in figures.actions(app, head, SHOWN):
        say(f"  {amounts.told(action)}" + (f" ({email})" if email else ""))
    rest = figures.count_actions(app, head.id) - SHOWN
    if rest > 0:
        say(f"  and {rest} more; see them with: {_again(app, request)[0]}")
    for line in figures.heard(figures.events_table(app, head)):
        say(f"  {line}")
    for line in amounts.lines(money):
        say(f"  {line}")
    if hold:
        say("  subscriptions and roles are prepared, and wait for --confirm")
    account = f"{head.account} ({head.mode})"
    ready = figures.count_lanes(app, head.id, "ready")
    app.confirm(f"apply {head.id} to {ready} customers of {account}?")


def _with_held(
    app: App, head: PlanRow, result: Result, stale: tuple[Finding, ...], *, strict: bool
) -> Result:
    """Add to a run's result what the plan held back."""
    held = figures.count_waiting(app, head.id)
    code = result.exit_code
    if strict and held:
        code = worst(code, ExitCode.FINDINGS)
    return replace(
        result,
        exit_code=code,
        summary={**result.summary, "plan": head.id, "held_lanes_count": held},
        tables=(*result.tables, *figures.held_tables(app, head)),
        findings=(*result.findings, *stale, *figures.findings(app, head)),
    )


def _money_done(app: App, run: str, money: tuple[Figures, ...]) -> tuple[Figures, ...]:
    """Return what was done in money: less than was asked for, where steps wait."""
    left = [state for state in get_args(StepState) if state not in GOOD]
    if not any(_revisions(app, run, left)):
        return money
    return money_of(app, run)


def money_of(app: App, run: str) -> tuple[Figures, ...]:
    """Return what a run has done in money."""
    return amounts.of_actions(_revisions(app, run, GOOD))


def _revisions(app: App, run: str, states: Sequence[StepState]) -> Iterator[Action]:
    for step in runs.steps(app.store, run, states=tuple(states)):
        if isinstance(step.action, ReviseSubscription):
            yield step.action


def _money(app: App, head: PlanRow, *, is_less: bool) -> tuple[Figures, ...]:
    """Return what will be done in money: less than planned, where lanes were held."""
    if not is_less:
        return amounts.of_plan(head.counts)
    return amounts.of_actions(
        load_action(text) for _, text in plans.actions(app.store, head.id)
    )
