"""What all replays share: their plan, whether one may begin, and the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.runs import beginning
from eleva_cli.journal import awaiting, plans, runs
from eleva_cli.journal.plans import PlanRow, PlanWriter, Review
from eleva_cli.journal.steps import OPEN_STATES, Run
from eleva_cli.plan import Lane

KIND = "replay"
COMMAND = "webhook replay"
TO = "to"  # the plan's note of where it goes
HANDLER, STRIPE = "handler", "stripe"
SUPERSEDED = "superseded"  # what a later replay decided anew


def keep(app: App, lanes: Sequence[Lane], to: str) -> PlanRow:
    """Store lanes as a plan that knows where it goes."""
    writer = PlanWriter(app.store)
    for lane in sorted(lanes, key=lambda lane: lane.id):
        writer.add(lane, Review())
    ready = sum(lane.held is None and bool(lane.actions) for lane in lanes)
    held = sum(lane.held is not None for lane in lanes)
    plan = writer.finish(
        kind=KIND,
        account=app.account.id,
        mode=app.settings.mode,
        now=app.clock.now(),
        counts={"ready": ready, "held": held},
        notes={TO: to},
    )
    head = plans.head(app.store, plan)
    assert head is not None
    return head


def open_runs(app: App, to: str) -> Iterator[Run]:
    """Yield this account's replays to a place that were not finished."""
    for run in beginning.open_runs(app, KIND):
        if place_of(app, run) == to:
            yield run


def place_of(app: App, run: Run) -> str:
    """Return where a replay goes; those without a plan take back what one wrote."""
    head = plans.head(app.store, run.plan) if run.plan else None
    return HANDLER if head is None else head.notes.get(TO, HANDLER)


def refuse_open(app: App, to: str) -> None:
    """Raise `SafetyError` where a replay to the same place was not finished."""
    for run in open_runs(app, to):
        raise beginning.unfinished(app, run)


def refuse_open_undo(app: App) -> None:
    """Raise `SafetyError` where a replay was not wholly taken back."""
    for run in open_runs(app, HANDLER):
        if run.undo_of:
            raise beginning.unfinished(app, run)


def close_broken_off(app: App, customers: Sequence[str]) -> tuple[str, ...]:
    """
    End what broke off for these customers: they are decided anew.

    Return the commands that go on with the others.
    """
    steps = []
    for run in list(open_runs(app, HANDLER)):
        now = app.clock.now()
        runs.take_over(app.store, run.id, now=now, retry_failed=False)
        awaiting.supersede(app.store, run.id, SUPERSEDED, customers)
        counts = runs.counts(app.store, run.id)
        if any(counts.get(state) for state in OPEN_STATES):
            steps.append(f"eleva run resume {run.id}{global_flags(app)}")
        else:
            runs.finish(app.store, run.id, "partial", now=now, note="begun anew")
    return tuple(steps)


def check_live(app: App, *, understood: bool) -> None:
    """Raise `SafetyError` in live mode, unless somebody knows who will hear of it."""
    beginning.check_understood(
        app,
        understood=understood,
        message="others will hear of it",
        look="read what the replay may cause",
    )


def ask(app: App, lines: Iterable[str], question: str) -> None:
    """Show on stderr what is about to happen, and ask."""
    app.progress.close()
    flags = app.settings.flags
    if not (flags.quiet and flags.yes):
        for line in lines:
            app.shell.terminal.say(f"  {line}")
    app.confirm(f"{question} ({app.account.id}, {app.settings.mode})?")
