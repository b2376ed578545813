"""Taking a run back: its steps reversed, last first, and what stays as it is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.commands.runs.archived import refuse_archived
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.commands.runs.left import left_as_it_is
from eleva_cli.commands.runs.nudged import nothing_back
from eleva_cli.commands.runs.telling import check_account, find
from eleva_cli.errors import ExitCode, SafetyError, UsageError
from eleva_cli.journal import holding, runs
from eleva_cli.journal.steps import Run, Step, StepState
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import (
    Action,
    Billing,
    CancelSubscription,
    Destruction,
    ReleaseSchedule,
    ReviseSubscription,
    Scheduling,
    Subscribing,
    describe,
    destruction,
    is_answered,
    reverse,
)

DONE: tuple[StepState, ...] = ("applied", "verified")
SHOWN = 12
IN_RUN = "select 1 from steps where run = ? and lane = ? limit 1"
# What an undo can cost somebody, in the words of its question.
COSTS: Mapping[Destruction, str] = {
    "lower": "{} roles are lowered",
    "charge": "{} next renewals rise",
    "cancel": "{} subscriptions end with their period",
}


def undo(app: App, name: str, customers: str | None) -> Result:
    """Reverse a run's steps, last first; what changed since is held."""
    old = find(app, name)
    only = frozenset(parse_customers(customers))
    app.progress.say(app.banner())
    with app.lock(old.kind):
        check_account(app, old)
        if old.state == "open":
            raise SafetyError(
                f"{old.id} was not finished",
                code="run-open",
                hint=f"first: eleva run resume {old.id}{global_flags(app)}",
            )
        _check_named(app, old, only)
        found = [
            step
            for step in runs.steps(app.store, old.id, states=DONE)
            if step.amends is None and (not only or step.lane in only)
        ]
        if not found:
            return _given_up(app, old, only)
        nudge = nothing_back(app, old, found)
        if nudge is not None:
            return nudge
        _refuse_what_stays(app, old, found)
        refuse_archived(app, old, [_back(step) for step in found])
        _ask(app, old, found, holding.waiting(app.store, old.id, only))
        holding.give_up(app.store, old.id, only)
        run = _begin(app, old, found)
        result = end_run(app, run, command="run undo")
        settle_undone(app, run)
        if result.exit_code is ExitCode.INTERRUPTED:
            return result
        left = left_as_it_is(app, old, run, found)
    return replace(
        result,
        summary={**result.summary, **left.figures},
        tables=(*result.tables, left.table),
    )


def _given_up(app: App, old: Run, only: Collection[str]) -> Result:
    """End what the run only prepared, where it did nothing that could be reversed."""
    waiting = holding.waiting(app.store, old.id, only)
    said = f"nothing of {old.id} is left to undo"
    if waiting:
        app.confirm(f"give up what {old.id} prepared and nobody has confirmed?")
        count = holding.give_up(app.store, old.id, only)
        said += f"; given up: {count_of(count, 'prepared step')}"
    return Result(command="run undo", headline=said)


def _check_named(app: App, old: Run, only: frozenset[str]) -> None:
    """Refuse customers that the run never touched: the name is likely wrong."""
    strangers = sorted(c for c in only if app.store.one(IN_RUN, old.id, c) is None)
    if strangers:
        raise UsageError(
            f"{old.id} did nothing to {', '.join(strangers[:5])}",
            code="customers-unknown",
            hint=f"see whom it touched: eleva run show {old.id} --all",
        )


def _refuse_what_stays(app: App, old: Run, found: Iterable[Step]) -> None:
    """Refuse a run whose steps only make sense together: half of it is no way back."""
    stays = [step for step in found if reverse(step.action) is None]
    fast = next((step for step in stays if _is_paid_for(step.action)), None)
    fast = fast or next(iter(stays), None)
    if fast is not None and is_answered(fast.action):
        raise SafetyError(
            f"what {old.id} told others cannot be taken back: {describe(fast.action)}",
            code="undo-of-sent",
            hint="send on what is so now: eleva webhook replay",
        )
    if fast is not None and _is_paid_for(fast.action):
        raise SafetyError(
            f"{old.id} cannot be taken back step by step: {describe(fast.action)}",
            code="undo-by-subscription",
            hint=_instead(fast.action, global_flags(app)),
        )
    if fast is not None and isinstance(fast.action, Subscribing):
        raise SafetyError(
            f"{old.id} cannot be taken back step by step: {describe(fast.action)}",
            code="undo-by-revoke",
            hint="end what it granted with eleva invite revoke; what it ended, grant"
            " anew: eleva invite grant",
        )
    if fast is not None:
        raise SafetyError(
            f"{old.id} cannot be taken back step by step: {describe(fast.action)}",
            code="undo-by-catalog",
            hint="put the former catalogue back, look at: eleva catalog plan"
            f"{global_flags(app)}, and apply it",
        )


def _is_paid_for(action: Action) -> bool:
    """Tell whether it is about what somebody pays for, not a grant."""
    return isinstance(action, Billing | Scheduling) or (
        isinstance(action, CancelSubscription) and action.paid
    )


def _instead(action: Action, flags: str) -> str:
    """Name the command that ends what was begun, or puts back what was changed."""
    if isinstance(action, ReviseSubscription):
        return (
            "what was prorated is on an invoice: put it back by a change of its own,"
            f" eleva subscription change {action.subscription}{flags}"
        )
    if isinstance(action, ReleaseSchedule):
        return (
            "have it come again: eleva subscription change"
            f" {action.subscription} --key LOOKUP_KEY --when renewal{flags}"
        )
    if isinstance(action, CancelSubscription):
        return (
            "Stripe revives none: begin another with eleva subscription create"
            f" --key LOOKUP_KEY{flags}"
        )
    return f"end what it began with: eleva subscription cancel SUB --now{flags}"


def _back(step: Step) -> Action:
    back = reverse(step.action)
    assert back is not None, step.action
    return back


def _ask(app: App, old: Run, found: list[Step], waiting: int) -> None:
    """Show what is reversed and what it costs; `waiting` steps are given up, too."""
    app.progress.close()
    for step in found[:SHOWN]:
        app.shell.terminal.say(f"  {step.lane}: {describe(_back(step))}")
    if len(found) > SHOWN:
        app.shell.terminal.say(f"  and {len(found) - SHOWN} more")
    if waiting:
        kept = count_of(waiting, "step")
        app.shell.terminal.say(f"  given up: {kept} that nobody has confirmed")
    costs = Counter(destruction(_back(step)) for step in found)
    told = [text.format(costs[of]) for of, text in COSTS.items() if costs[of]]
    app.confirm(
        f"take back {len(found)} steps of {old.id} on {old.account}"
        f"{': ' * bool(told)}{', '.join(told)}?"
    )


def _begin(app: App, old: Run, found: Iterable[Step]) -> str:
    with app.store.write():
        run = runs.begin(
            app.store,
            kind=old.kind,
            account=old.account,
            mode=old.mode,
            plan=None,
            now=app.clock.now(),
            undo_of=old.id,
        )
        for lane, steps in groupby(found, attrgetter("lane")):
            backwards = [_back(step) for step in reversed(list(steps))]
            runs.add_steps(app.store, run, lane, backwards)
    return run


def settle_undone(app: App, name: str) -> None:
    """Mark the steps of the old run whose reverse was read back."""
    run = find(app, name)
    if run.undo_of is None:
        return
    taken_back = _reversed_steps(app, run.id, run.undo_of)
    runs.mark_undone(app.store, taken_back)


def _reversed_steps(app: App, run: str, undone: str) -> list[Step]:
    lanes: dict[str, list[Action]] = {}
    for step in runs.steps(app.store, run, states=("verified", "unchanged")):
        lanes.setdefault(step.lane, []).append(step.action)
    return [
        step
        for step in runs.steps(app.store, undone, states=DONE)
        if reverse(step.action) in lanes.get(step.lane, [])
    ]
