"""What another price comes to, for a person's eyes and for a program's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.catalog import money
from eleva_cli.commands.subscriptions.stepping import Step
from eleva_cli.commands.subscriptions.wished import Asked
from eleva_cli.outcome import Json
from eleva_cli.subscription import Foretold
from eleva_cli.subscription.changing import Change
from eleva_cli.subscription.knowing import day, period_end

KEEPER = "eleva migrate apply --only roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change as it was asked, foretold and decided."""

    asked: Asked
    change: Change
    foretold: Foretold
    step: Step

    @property
    def comes(self) -> str:
        """The day of the renewal with which it comes, "" where it is now."""
        return self.on if self.change.terms.later else ""

    @property
    def on(self) -> str:
        """The day of the next renewal."""
        return day(period_end(self.change.subscription))


def paid(case: Case) -> str:
    """Say what was charged."""
    due, credit = case.foretold.due_now, case.foretold.credit
    code = case.change.item.currency
    if due > 0:
        return f"charged now: {money.shown(due, code)}"
    if credit:
        return f"nothing was charged now; {money.shown(credit, code)} to its credit"
    return "nothing was charged now"


def rows(app: App, case: Case) -> Iterator[tuple[str, str]]:
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
    yield from _role(case)
    for finding in step.findings:
        yield "note", finding.message
    yield "mode", app.settings.mode


def _role(case: Case) -> Iterator[tuple[str, str]]:
    step = case.step
    if not step.role:
        return
    if step.role == step.before:
        yield "role", f"{step.role}, as now"
    elif case.comes:
        yield "role", f"{step.before} until then, as what it entitles to"
        yield "", f"{step.role} afterwards, by the webhook handler or by {KEEPER}"
    else:
        yield "role", f"{step.role}, now {step.before}"


def _rate(case: Case) -> str:
    item = case.change.item
    many = f"{item.quantity} x " if item.quantity not in (None, 1) else ""
    if item.unit_amount is None:
        return f"{many}by tiers"
    count = item.interval_count
    often = f"/{item.interval}" if count == 1 else f" every {count} {item.interval}s"
    return f"{many}{money.shown(item.unit_amount, item.currency)}{often}"


def _due(case: Case) -> str:
    due, code = case.foretold.due_now, case.change.item.currency
    if case.comes:
        return f"nothing; all stays as it is until {case.comes}"
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


def _renewal(case: Case) -> str:
    before, after = case.foretold.before, case.foretold.after
    currency = case.change.item.currency
    if before is None or after is None:
        return "none"
    was, then = (money.shown(one.total, currency) for one in (before, after))
    if case.change.terms.restarts:
        every = money.every(case.change.goods.price)
        return f"{was} on {case.on}; {then} instead, and {every} from then on"
    if case.change.terms.at_once:
        every = money.every(case.change.goods.price)
        return f"{was} on {day(before.due_at)}; {then} {every} from now on instead"
    return f"{was} on {day(before.due_at)}; {then} instead"


def facts(case: Case) -> dict[str, Json]:
    """Return the same for a program."""
    change, foretold = case.change, case.foretold
    told: dict[str, Json] = {
        "subscription": change.subscription.id,
        "customer": change.subscription.customer,
        "key": case.asked.key,
    }
    if change.moves:
        code = change.item.currency
        told["proration"] = change.terms.proration
        told["due_now"] = money.plain(foretold.due_now, code)
        told["credit_now"] = money.plain(foretold.credit, code)
        for name, one in (("before", foretold.before), ("after", foretold.after)):
            told[f"renewal_{name}"] = money.plain(one.total, code) if one else None
        told["currency"] = code
    if case.comes:
        told["changes_on"] = case.comes
    role = case.step.before if case.comes else case.step.role
    if role:
        told["role"] = role
    return told
