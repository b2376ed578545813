"""`webhook replay --to handler`: our own handler, on what is there now.

Events only say whom to look at. So it may be run as often as one likes: what is as it
should be is not written, whatever was handled before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.commands.webhooks import keeping
from eleva_cli.commands.webhooks.delivered import judged
from eleva_cli.commands.webhooks.gathering import Choice, Gathered, gather
from eleva_cli.commands.webhooks.outcomes import Outcome, after_run, counted, table
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError, SafetyError
from eleva_cli.journal import awaiting, inbox, runs
from eleva_cli.journal.carriers import carriers
from eleva_cli.journal.steps import Step
from eleva_cli.observe.business import Businesses
from eleva_cli.outcome import Json, Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Lane, SetRole, Severity, describe
from eleva_cli.webhook import Business, Event, Handled, Policy
from eleva_cli.webhook.choosing import customers_of, in_order
from eleva_cli.webhook.handling import handle
from eleva_cli.webhook.replaying import apart

SHOWN = 50
SOURCE = "replay"
SETTLED = ("changed", "already so")
OVER = frozenset({"customer-deleted", "mode-mismatch"})  # nothing is left to be done


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator allows."""

    max_lowered: int = 50
    strict: bool = False
    events_understood: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a replay: its events, its customers, what was known before."""

    events: Sequence[Event]
    outcomes: Mapping[str, Outcome]
    known: Mapping[str, inbox.InboxState]


def to_handler(app: App, choice: Choice, limits: Limits) -> Result:
    """Decide each customer from its present state, and write what differs."""
    app.progress.say(app.banner())
    with app.lock(keeping.KIND):
        keeping.refuse_open_undo(app)
        gathered = gather(app, choice)
        carried = _carried(app, gathered.events)
        events = [_with_customer(event, carried) for event in gathered.events]
        whom = list(dict.fromkeys((*customers_of(events), *gathered.customers)))
        handled = _decide(app, whom, {cus: org for org, cus in carried.items()})
        app.progress.close()
        result, outcomes = _carry_out(app, handled, events, limits)
        known = inbox.states(app.store, (event.id for event in events))
        _record(app, events, outcomes, result.summary.get("run"))
    came = Came(events=events, outcomes=outcomes, known=known)
    return _told(result, gathered, came, is_strict=limits.strict)


def _carried(app: App, events: Iterable[Event]) -> dict[str, str]:
    """Read which customers carry the organizations that WorkOS's events name."""
    names = {e.organization for e in events if e.organization}
    found: dict[str, str] = {}

    def read(name: str) -> str | None:
        try:
            return app.ports.workos.organization(name).stripe_customer_id
        except MissingError:
            return None

    def take(name: str, customer: str | None) -> list[str]:
        if customer is not None:
            found[name] = customer
        return []

    if names:
        assert app.account, "held against the profile's pins"
        app.progress.phase("reading organizations", len(names))
        Pool(
            read=read, take=take, tick=app.progress.tick, clock=app.clock
        ).drain(sorted(names))  # fmt: skip
    return found


def _with_customer(event: Event, carried: Mapping[str, str]) -> Event:
    """Name whom its organization carries now: what an event says may be long ago."""
    customer = carried.get(event.organization or "", event.customer)
    return replace(event, customer=customer)


def _decide(app: App, whom: Sequence[str], hints: Mapping[str, str]) -> list[Handled]:
    """Read the customers side by side, and decide each."""
    if not whom:
        return []
    policy = Policy(
        catalogue=chosen.for_account(app),
        ownership=app.settings.document.roles.sole_owner,
        is_live=app.ports.stripe.is_live(),
    )
    found: list[Handled] = []

    def take(business: Business) -> None:
        found.append(handle(business, policy))

    Businesses(
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        policy=policy,
        organization_policy=app.settings.profile.organization_policy,
        hints={**carriers(app.store, whom), **hints},
    ).read(whom, take)
    places = {name: place for place, name in enumerate(whom)}
    return sorted(apart(found), key=lambda one: places[one.customer])


def _carry_out(
    app: App, handled: Sequence[Handled], events: Sequence[Event], limits: Limits
) -> tuple[Result, dict[str, Outcome]]:
    """Gate, ask, run and read back; with nothing to do nobody is asked."""
    lanes = [_lane(one) for one in handled]
    whom = [lane.id for lane in lanes]
    ready = [lane for lane in lanes if lane.actions and lane.held is None]
    if not ready:
        nothing = "nothing to do; nothing written"
        left = keeping.close_broken_off(app, whom)
        result = Result(command=keeping.COMMAND, headline=nothing, next_steps=left)
        return result, after_run(handled, {})
    _check_lowered(ready, limits.max_lowered)
    keeping.check_live(app, understood=limits.events_understood)
    head = keeping.keep(app, lanes, keeping.HANDLER)
    many = count_of(len(ready), "customer")
    question = f"bring {many} to what is there now"
    keeping.ask(app, _plan_lines(ready, handled, events), question)
    left = keeping.close_broken_off(app, whom)
    run = runs.begin_from_plan(app.store, head, now=app.clock.now())
    result = end_run(app, run, command=keeping.COMMAND)
    steps: dict[str, list[Step]] = {}
    for step in runs.steps(app.store, run):
        steps.setdefault(step.lane, []).append(step)
    summary = {**result.summary, "plan": head.id}
    told = replace(result, summary=summary, next_steps=(*result.next_steps, *left))
    return told, after_run(handled, steps)


def _lane(one: Handled) -> Lane:
    return Lane(
        id=one.customer, actions=one.actions, findings=one.findings, held=one.held
    )


def _check_lowered(lanes: Iterable[Lane], most: int) -> None:
    lowered = [
        action
        for lane in lanes
        for action in lane.actions
        if isinstance(action, SetRole) and action.lowers
    ]
    if len(lowered) > most:
        raise SafetyError(
            f"{count_of(len(lowered), 'role')} would be lowered, and {most} are"
            f" allowed; the first: {describe(lowered[0])}",
            code="too-many-lowered",
            hint=f"if that is meant: --max-lowered {len(lowered)}",
        )


def _plan_lines(
    ready: Sequence[Lane], handled: Sequence[Handled], events: Sequence[Event]
) -> Iterator[str]:
    """Say what will be written, and for whose sake."""
    held = sum(one.held is not None for one in handled)
    already = len(handled) - len(ready) - held
    yield f"{count_of(len(events), 'event')} of {count_of(len(handled), 'customer')}:"
    yield f"{len(ready):,} to be changed, {already:,} already so, {held:,} held"
    actions = [action for lane in ready for action in lane.actions]
    for action in actions[:SHOWN]:
        yield f"  {describe(action)}"
    if len(actions) > SHOWN:
        yield f"  and {len(actions) - SHOWN} more"


def _record(
    app: App, events: Iterable[Event], outcomes: Mapping[str, Outcome], run: Json
) -> None:
    """Write into the inbox what came of each event; what was cut short waits there."""
    now = app.clock.now()
    name = run if isinstance(run, str) else None
    with app.store.write():
        for event in events:
            inbox.take(app.store, replace(event, source=SOURCE), now=now)
            state, problem = _state(event, outcomes)
            inbox.mark(app.store, [event.id], state, now=now, run=name, problem=problem)
        for customer, outcome in outcomes.items():
            if outcome.word in SETTLED:  # and so is what failed of it before
                awaiting.settle(app.store, customer, now=now, run=name)
    inbox.prune(app.store, now=now)


def _state(
    event: Event, outcomes: Mapping[str, Outcome]
) -> tuple[inbox.InboxState, str]:
    outcome = outcomes.get(event.customer or "")
    if outcome is None:
        return "ignored", "names-nobody"
    if outcome.word in SETTLED:
        return "handled", ""
    if outcome.word == "left open":
        return "received", ""
    return ("ignored" if outcome.code in OVER else "failed"), outcome.code


def _told(result: Result, gathered: Gathered, came: Came, *, is_strict: bool) -> Result:
    """Add what came of whom to the result."""
    counts = counted(came.outcomes.values())
    findings = [finding for one in came.outcomes.values() for finding in one.findings]
    told = replace(
        result,
        summary={
            "events_count": len(came.events),
            "older_left_out": gathered.chosen.older,
            "handled_before": sum(state == "handled" for state in came.known.values()),
            "customers_count": len(came.outcomes),
            **{word.replace(" ", "_"): count for word, count in counts.items()},
            **result.summary,
        },
        tables=(table(came.outcomes, came.events), *result.tables),
        findings=(
            *result.findings,
            *gathered.findings,
            *_nobody(came.events),
            *findings,
        ),
    )
    return judged(told, is_strict=is_strict)


def _nobody(events: Iterable[Event]) -> Iterator[Finding]:
    """Count by type the events that name no customer."""
    counts: dict[str, int] = {}
    for event in in_order(events):
        if not event.customer:
            counts[event.type] = counts.get(event.type, 0) + 1
    for type_, count in sorted(counts.items()):
        yield Finding(
            code="names-nobody",
            severity=Severity.NOTE,
            subject=type_,
            message=f"{count_of(count, 'event')} lead to no customer",
            hint="no organization that they name carries one",
        )
