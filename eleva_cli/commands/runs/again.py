"""Going on with a run, taking one back, and forgetting old ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.diagnosis.signing import clock_warning
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.commands.runs.ending import end_run, sends_on
from eleva_cli.commands.runs.telling import find
from eleva_cli.config.destinations import destination_named
from eleva_cli.errors import ConfigError, SafetyError, UsageError
from eleva_cli.journal import delivered, inbox, retention, runs
from eleva_cli.journal.runs import Run, Step
from eleva_cli.outcome import Result
from eleva_cli.plan import Action, describe, is_answered, reverse
from eleva_cli.plan.subscribing import Subscribing

DONE: tuple[runs.StepState, ...] = ("applied", "verified")
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
        may_try = counts.get("held") or (retry_failed and counts.get("failed"))
        if run.state != "open" and not may_try:
            return Result(
                command="run resume",
                headline=f"{run.id} is {run.state}; nothing to go on with",
            )
        if sends_on(app, run.id):
            for place in delivered.destinations(app.store, run.id):
                destination_named(app.settings, place)  # raises what is wrong with it
            check_clock(app)
            delivered.settle(app.store, run.id, now=app.clock.now())
        runs.take_over(
            app.store, run.id, now=app.clock.now(), retry_failed=retry_failed
        )
        result = end_run(app, run.id, command="run resume")
        _settle_undone(app, run.id)
    return result


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


def check_account(app: App, run: Run) -> None:
    """A run belongs to the account whose keys began it."""
    if (run.account, run.mode) != (app.account.id, app.settings.mode):
        raise ConfigError(
            f"{run.id} is of {run.account} ({run.mode}), these keys are of "
            f"{app.account.id} ({app.settings.mode})",
            code="run-of-another-account",
            hint="use that account's keys or profile",
        )


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
            return Result(
                command="run undo", headline=f"nothing of {old.id} is left to undo"
            )
        _refuse_what_stays(app, old, found)
        _ask(app, old, found)
        run = _begin(app, old, found)
        result = end_run(app, run, command="run undo")
        _settle_undone(app, run)
    return result


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
    fast = next((step for step in found if reverse(step.action) is None), None)
    if fast is not None and is_answered(fast.action):
        raise SafetyError(
            f"what {old.id} told others cannot be taken back: {describe(fast.action)}",
            code="undo-of-sent",
            hint="send on what is so now: eleva webhook replay",
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


def _back(step: Step) -> Action:
    back = reverse(step.action)
    assert back is not None, step.action
    return back


def _ask(app: App, old: Run, found: list[Step]) -> None:
    app.progress.close()
    for step in found[:SHOWN]:
        app.shell.terminal.say(f"  {step.lane}: {describe(_back(step))}")
    if len(found) > SHOWN:
        app.shell.terminal.say(f"  and {len(found) - SHOWN} more")
    app.confirm(f"take back {len(found)} steps of {old.id} on {old.account}?")


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


def _settle_undone(app: App, name: str) -> None:
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
    return Result(
        command="run prune",
        headline=f"forgot {pruned.runs} runs, {pruned.plans} plans, "
        f"{pruned.snapshots} snapshots, {pruned.audits} audits",
        summary={
            "runs": pruned.runs,
            "plans": pruned.plans,
            "snapshots": pruned.snapshots,
            "audits": pruned.audits,
        },
    )
