"""`eleva subscription change`: another price, with what it costs now and later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from eleva_cli.bootstrap import App
from eleva_cli.catalog import money
from eleva_cli.commands.subscriptions.beginning import (
    Desk,
    check_subscription,
    price_named,
    refuse,
)
from eleva_cli.commands.subscriptions.carrying import Job, carry_out
from eleva_cli.commands.subscriptions.stepping import Step, in_step, payer_of
from eleva_cli.errors import ExitCode, SafetyError, UsageError
from eleva_cli.moves.fields import unusual
from eleva_cli.outcome import Json, Result
from eleva_cli.plan import Finding
from eleva_cli.ports import Proration
from eleva_cli.subscription import Foretold
from eleva_cli.subscription.changing import (
    Change,
    action,
    beyond,
    changed,
    meant,
    settled,
    terms,
)
from eleva_cli.subscription.knowing import day
from eleva_cli.subscription.obstacles import refusal

COMMAND = "subscription change"
When = Literal["now", "renewal"]
Most = tuple[int | None, int | None]  # charged now, and by how much a renewal rises
WHEN: dict[str, Proration] = {"now": "always_invoice", "renewal": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line."""

    subscription: str
    key: str
    when: str | None = None
    proration: Proration | None = None
    max_due: str | None = None
    max_rise: str | None = None
    understood: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A change as it was asked, foretold and decided."""

    asked: Asked
    change: Change
    foretold: Foretold
    step: Step


def change(app: App, asked: Asked) -> Result:
    """Put a subscription on another price; role and metadata go with it."""
    check_subscription(asked.subscription)
    proration = proration_of(asked.when, asked.proration)
    price = price_named(app, asked.key)
    most = _amounts(asked, price.currency)
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    rules = desk.rules()
    sub = desk.purchasing.billed(asked.subscription)
    goods = desk.purchasing.goods(price)
    business = desk.business(sub.customer, [sub])
    payer = payer_of(business)
    refuse(refusal(sub, goods, payer, rules))
    refuse(unusual(sub))
    item = meant(sub, goods, rules.catalogue)
    assert not isinstance(item, Finding), "refused before"
    how = terms(item, goods, proration)
    if isinstance(how, Finding):
        raise SafetyError(how.message, code=how.code, hint=how.hint)
    wanted = Change(subscription=sub, item=item, goods=goods, payer=payer, terms=how)
    wanted, foretold = settled(wanted, desk.purchasing.foretold(wanted))
    done = action(wanted, foretold, rules.catalogue)
    step = in_step(desk, business, changed(wanted, done))
    app.progress.close()
    case = _Case(asked=asked, change=wanted, foretold=foretold, step=step)
    actions = (*((done,) if done else ()), *step.actions)
    if not actions:
        return Result(
            command=COMMAND,
            headline=f"nothing to do; {sub.id} is on {asked.key} already",
            summary=_facts(case),
            findings=step.findings,
        )
    return _carried(app, case, Job(
        command=COMMAND,
        lane=sub.customer,
        actions=actions,
        rows=tuple(_rows(app, case)),
        question=f"put {sub.id} on {asked.key}",
        again=_again(asked),
        understood=asked.understood,
    ), most)  # fmt: skip


def proration_of(when: str | None, proration: Proration | None) -> Proration | None:
    """Return what is asked for; raises `UsageError` where it is said twice."""
    if when is None:
        return proration
    wanted = WHEN[when]
    if proration not in (None, wanted):
        raise UsageError(
            f"--when {when} and --proration {proration} contradict each other",
            code="proration",
            hint=f"--when {when} is --proration {wanted}: leave one of them out",
        )
    return wanted


def _amounts(asked: Asked, currency: str) -> Most:
    due, rise = asked.max_due, asked.max_rise
    return (
        _amount(due, currency, "max-due-today"),
        _amount(rise, currency, "max-rise"),
    )


def _amount(text: str | None, currency: str, flag: str) -> int | None:
    if text is None:
        return None
    try:
        return money.parse(text, currency)
    except money.AmountError as error:
        raise UsageError(
            f"--{flag}: {error}", code="limit-amount", hint=error.hint
        ) from error


def _carried(app: App, case: _Case, job: Job, most: Most) -> Result:
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
    return replace(
        result,
        headline=f"changed: {sub} is on {key}; {_paid(case)}",
        summary={**_facts(case), **result.summary},
        findings=findings,
    )


def _paid(case: _Case) -> str:
    due, credit = case.foretold.due_now, case.foretold.credit
    code = case.change.item.currency
    if due > 0:
        return f"charged now: {money.shown(due, code)}"
    if credit:
        return f"nothing was charged now; {money.shown(credit, code)} to its credit"
    return "nothing was charged now"


def _rows(app: App, case: _Case) -> Iterator[tuple[str, str]]:
    """Yield what a person wants to see before another price."""
    change = case.change
    item, price = change.item, change.goods.price
    yield "customer", change.subscription.customer
    yield "from", f"{item.key or item.price}, {_rate(case)}"
    yield "to", f"{price.key}, {money.rate(price)}"
    if change.moves:
        yield "due now", _due(case)
        yield "next renewal", _renewal(case)
    if change.subscription.cancel_at is not None:
        yield "ends", f"{day(change.subscription.cancel_at)}, as before"
    step = case.step
    if step.role:
        same = step.role == step.before
        yield (
            "role",
            f"{step.role}, as now" if same else f"{step.role}, now {step.before}",
        )
    for finding in step.findings:
        yield "note", finding.message
    yield "mode", app.settings.mode


def _rate(case: _Case) -> str:
    item = case.change.item
    many = f"{item.quantity} x " if item.quantity not in (None, 1) else ""
    if item.unit_amount is None:
        return f"{many}by tiers"
    count = item.interval_count
    often = f"/{item.interval}" if count == 1 else f" every {count} {item.interval}s"
    return f"{many}{money.shown(item.unit_amount, item.currency)}{often}"


def _due(case: _Case) -> str:
    due, code = case.foretold.due_now, case.change.item.currency
    if credit := case.foretold.credit:
        return f"nothing, and {money.shown(credit, code)} to its credit"
    why = ""
    if case.change.terms.at_once:
        why = "; Stripe bills such a change at once, and a new period begins"
    elif case.change.terms.proration == "create_prorations":
        why = "; what is left of the period comes with the next renewal"
    elif case.change.terms.proration == "none":
        why = "; what is left of the period is not billed"
    shown = money.shown(due, code)
    return f"{shown}, tax and discounts included{why}" if due else f"nothing{why}"


def _renewal(case: _Case) -> str:
    before, after = case.foretold.before, case.foretold.after
    currency = case.change.item.currency
    if before is None or after is None:
        return "none"
    was, then = (money.shown(one.total, currency) for one in (before, after))
    if case.change.terms.at_once:
        every = money.every(case.change.goods.price)
        return f"{was} on {day(before.due_at)}; {then} {every} from now on instead"
    return f"{was} on {day(before.due_at)}; {then} instead"


def _facts(case: _Case) -> dict[str, Json]:
    change, foretold = case.change, case.foretold
    facts: dict[str, Json] = {
        "subscription": change.subscription.id,
        "customer": change.subscription.customer,
        "key": case.asked.key,
    }
    if change.moves:
        code = change.item.currency
        facts["proration"] = change.terms.proration
        facts["due_now"] = money.plain(foretold.due_now, code)
        facts["credit_now"] = money.plain(foretold.credit, code)
        for name, one in (("before", foretold.before), ("after", foretold.after)):
            facts[f"renewal_{name}"] = money.plain(one.total, code) if one else None
        facts["currency"] = code
    if case.step.role:
        facts["role"] = case.step.role
    return facts


def _again(asked: Asked) -> tuple[str, ...]:
    words = ["subscription", "change", asked.subscription, "--key", asked.key]
    for flag, text in (
        ("--when", asked.when),
        ("--proration", asked.proration),
        ("--max-due-today", asked.max_due),
        ("--max-rise", asked.max_rise),
    ):
        words += [flag, text] if text else []
    return tuple(words)
