"""`eleva subscription change`: another price, with what it costs now and later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Price
from eleva_cli.commands.subscriptions import postponed
from eleva_cli.commands.subscriptions.beginning import (
    Desk,
    check_subscription,
    price_named,
    refuse,
)
from eleva_cli.commands.subscriptions.carrying import Job, carry_out
from eleva_cli.commands.subscriptions.costs import Case, facts, paid, rows
from eleva_cli.commands.subscriptions.stepping import in_step, payer_of
from eleva_cli.commands.subscriptions.wished import (
    Asked,
    Most,
    again,
    amounts,
    check_undo,
    proration_of,
)
from eleva_cli.errors import ExitCode, SafetyError
from eleva_cli.moves.fields import unusual
from eleva_cli.outcome import Result
from eleva_cli.plan import Action, Finding, ReviseSubscription
from eleva_cli.ports import Schedule, Subscription
from eleva_cli.subscription.changing import (
    REASON,
    Change,
    action,
    beyond,
    changed,
    meant,
    settled,
    terms,
)
from eleva_cli.subscription.obstacles import refusal
from eleva_cli.subscription.postponing import (
    Ruled,
    actions,
    in_the_way,
    obstacle,
    released,
    ruled,
)

COMMAND = "subscription change"


def change(app: App, asked: Asked) -> Result:
    """Put a subscription on another price; role and metadata go with it."""
    check_subscription(asked.subscription)
    if asked.undo:
        check_undo(asked)
        return postponed.take_back(app, asked)
    proration_of(asked.when, asked.proration)
    price = price_named(app, asked.price)
    most = amounts(asked, price.currency)
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    sub = desk.purchasing.billed(asked.subscription)
    schedule = desk.purchasing.ruling(sub)
    if asked.later and postponed.is_there(sub, schedule, asked):
        app.progress.close()
        return postponed.there(sub, schedule)
    case, now = _decided(app, desk, _free(sub, schedule, asked), asked, price)
    app.progress.close()
    is_begun = ruled(sub, schedule) is Ruled.BEGUN
    steps = tuple(_steps(case, now, begun=sub.schedule if is_begun else None))
    if not steps:
        return Result(
            command=COMMAND,
            headline=f"nothing to do; {sub.id} is on {asked.key} already",
            summary=facts(case),
            findings=case.step.findings,
        )
    return _carried(app, case, Job(
        command=COMMAND,
        lane=sub.customer,
        actions=steps,
        rows=tuple(rows(app, case)),
        question=f"put {sub.id} on {asked.key}{' at its renewal' * bool(case.comes)}",
        again=again(asked),
        understood=asked.understood,
    ), most)  # fmt: skip


def _free(sub: Subscription, schedule: Schedule | None, asked: Asked) -> Subscription:
    """
    Look past a schedule that is no hindrance.

    One that was only begun is released first, as what it says is as old as it is. One
    whose change has come, where just that is asked again, lets go by itself.
    """
    is_begun = asked.later and ruled(sub, schedule) is Ruled.BEGUN
    if is_begun or postponed.has_come(sub, schedule, asked):
        return replace(sub, schedule=None)
    refuse(in_the_way(sub, schedule))
    return sub


def _decided(
    app: App, desk: Desk, sub: Subscription, asked: Asked, price: Price
) -> tuple[Case, ReviseSubscription | None]:
    """Return what was decided, and the change as it would be made at once."""
    rules, goods = desk.rules(), desk.purchasing.goods(price)
    business = desk.business(sub.customer, [sub])
    payer = payer_of(business)
    refuse(refusal(sub, goods, payer, rules))
    refuse(unusual(sub))
    if asked.later:
        refuse(obstacle(sub, app.clock.now()))
    item = meant(sub, goods, rules.catalogue)
    assert not isinstance(item, Finding), "refused before"
    proration = proration_of(asked.when, asked.proration)
    is_later = asked.later and goods.sold is not None and item.price != goods.sold.id
    how = terms(item, goods, proration, later=is_later)
    if isinstance(how, Finding):
        raise SafetyError(how.message, code=how.code, hint=how.hint)
    wanted = Change(subscription=sub, item=item, goods=goods, payer=payer, terms=how)
    wanted, foretold = settled(wanted, desk.purchasing.foretold(wanted))
    done = action(wanted, foretold, rules.catalogue)
    step = in_step(desk, business, changed(wanted, done))
    return Case(asked=asked, change=wanted, foretold=foretold, step=step), done


def _steps(
    case: Case, now: ReviseSubscription | None, *, begun: str | None
) -> Iterator[Action]:
    """Give what is written; the role follows a change that is put off by itself."""
    if now is not None and case.comes:
        if begun is not None:
            yield released(case.change.subscription, REASON, begun=begun)
        yield from actions(case.change, now)
        return
    if now is not None:
        yield now
    yield from case.step.actions


def _carried(app: App, case: Case, job: Job, most: Most) -> Result:
    """Hold it against the limits, then run it; where nobody is asked, they are 0."""
    due, rise = most
    if app.settings.flags.yes or not app.shell.terminal.can_ask:
        due, rise = due or 0, rise or 0
    refused = beyond(case.change, case.foretold, max_due=due, max_rise=rise)
    job = replace(job, refused=refused)
    _, result = carry_out(app, job)
    findings = (*result.findings, *case.step.findings)
    sub, key = case.change.subscription.id, case.asked.key
    if result.exit_code is not ExitCode.DONE:
        headline = f"not finished: {sub} to {key}; {result.headline}"
        return replace(result, headline=headline, findings=findings)
    headline = f"changed: {sub} is on {key}; {paid(case)}"
    if case.comes:
        headline = postponed.told(case)
    return replace(
        result,
        headline=headline,
        summary={**facts(case), **result.summary},
        findings=findings,
    )
