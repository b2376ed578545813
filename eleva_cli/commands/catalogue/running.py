"""Takes lanes of catalogue actions through plan, gate, question, engine, read-back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.catalog import money
from eleva_cli.commands.catalogue.hearing import events_table
from eleva_cli.commands.migration.gate import check_expected
from eleva_cli.commands.runs.beginning import check_understood, refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, SafetyError, worst
from eleva_cli.journal import plans, runs
from eleva_cli.journal.plans import PlanRow, PlanWriter, Review
from eleva_cli.outcome import Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Action, Lane, describe
from eleva_cli.plan.selling import CreatePrice, MoveItem

__all__ = ["KIND", "Allowed", "carry_out", "keep", "refuse_open_run"]

KIND = "catalog"
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operator allows; counts are absolute."""

    expect: str | None = None
    max_deactivations: int = 0
    max_breaking: int = 0
    events_understood: bool = False


def keep(app: App, lanes: Sequence[Lane]) -> PlanRow:
    """Store lanes as a plan, so that it can be reviewed, and pinned by its id."""
    writer = PlanWriter(app.store)
    for lane in sorted(lanes, key=lambda lane: lane.id):
        writer.add(lane, Review())
    plan = writer.finish(
        kind=KIND,
        account=app.account.id,
        mode=app.settings.mode,
        now=app.clock.now(),
        counts={
            "ready": sum(_is_ready(lane) for lane in lanes),
            "held": sum(lane.held is not None for lane in lanes),
        },
        notes={},
    )
    head = plans.head(app.store, plan)
    assert head is not None
    return head


def carry_out(  # noqa: PLR0913 - one call of a run, by name
    app: App,
    lanes: Sequence[Lane],
    *,
    command: str,
    allowed: Allowed,
    strict: bool = False,
    preface: Sequence[str] = (),
) -> Result:
    """
    Store the lanes as a plan, gate, show, ask, apply, read back, and report.

    The caller holds the lock of catalogue runs, and has refused an open one; `preface`
    is what it has to say before the question. Raises `SafetyError` where something is
    not allowed or not confirmed.
    """
    check_expected(app, allowed.expect)
    head = keep(app, lanes)
    unreviewed = _hold_unreviewed(app, head, allowed.expect)
    ready = [lane for lane in lanes if _is_ready(lane) and lane.id not in unreviewed]
    held = sum(lane.held is not None for lane in lanes) + len(unreviewed)
    code = ExitCode.FINDINGS if strict and held else ExitCode.DONE
    if not ready:
        said = "nothing to do; nothing written"
        return Result(
            command=command,
            headline=said + (f", {held} held" if held else ""),
            exit_code=code,
        )
    _gate(app, head, allowed)
    actions = [action for lane in ready for action in lane.actions]
    _ask(app, head, sorted(actions, key=lambda one: one.phase), preface)
    run = runs.begin_from_plan(app.store, head, now=app.clock.now())
    result = end_run(app, run, command=command)
    return replace(
        result,
        exit_code=worst(result.exit_code, code),
        summary={**result.summary, "plan": head.id, "held_lanes_count": held},
        tables=(*result.tables, *_unreviewed_tables(unreviewed)),
    )


def _is_ready(lane: Lane) -> bool:
    return lane.held is None and bool(lane.actions)


def _hold_unreviewed(app: App, head: PlanRow, expect: str | None) -> frozenset[str]:
    """Hold what is not as it was reviewed; return the names of those lanes."""
    if expect is None or expect == head.id:
        return frozenset()
    plans.hold_unreviewed(app.store, head.id, expect)
    return frozenset(
        row.lane
        for row in plans.lanes(app.store, head.id, state="held")
        if row.held == "changed-since-review"
    )


def _unreviewed_tables(unreviewed: frozenset[str]) -> tuple[Table, ...]:
    if not unreviewed:
        return ()
    return (
        Table(
            name="unreviewed",
            title="Held: changed since the review",
            columns=("object",),
            rows=tuple((lane,) for lane in sorted(unreviewed)),
        ),
    )


def _gate(app: App, head: PlanRow, allowed: Allowed) -> None:
    count = plans.destructive(app.store, head.id).get("deactivate", 0)
    if count > allowed.max_deactivations:
        raise SafetyError(
            f"{count_of(count, 'deactivation')} of what the catalogue does not name,"
            f" and {allowed.max_deactivations} are allowed",
            code="too-many-deactivations",
            hint="look at them in the plan, then allow them with"
            f" --max-deactivations {count}",
        )
    check_understood(app, understood=allowed.events_understood)


def _ask(
    app: App, head: PlanRow, actions: Sequence[Action], preface: Sequence[str]
) -> None:
    """Show on stderr what is about to happen, and ask."""
    events = events_table(app, actions)
    app.progress.close()
    flags = app.settings.flags
    if not (flags.quiet and flags.yes):
        say = app.shell.terminal.say
        for line in preface:
            say(line)
        for action in actions[:SHOWN]:
            say(f"  {describe(action)}{_rate(action)}")
        if len(actions) > SHOWN:
            say(f"  and {len(actions) - SHOWN} more of the same plan")
        for event, receiver, times in events.rows:
            say(f"  {event}, {times} times, to {receiver}")
    app.confirm(
        f"apply {head.id} to {head.account} ({head.mode}),"
        f" {count_of(len(actions), 'call')}?"
    )


def _rate(action: Action) -> str:
    """Write what a price will ask, where an action makes somebody pay it."""
    if not isinstance(action, CreatePrice | MoveItem):
        return ""
    asks = action.asks
    every = asks.interval
    if asks.interval_count != 1:
        every = f"{asks.interval_count} {asks.interval}s"
    return f": {money.shown(asks.amount, asks.currency)} every {every}"
