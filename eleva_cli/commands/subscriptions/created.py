"""`eleva subscription create`: subscribe somebody, and hand out the page to pay on.

What is to be paid makes an incomplete subscription, which Stripe gives up after 23
hours. Asked again it is found, and its link is told once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import money
from eleva_cli.commands.invites.asking import called, choose_organization, moment
from eleva_cli.commands.subscriptions.beginning import (
    CUSTOMER,
    ORGANIZATION,
    USER,
    Desk,
    check_name,
    price_named,
    refuse,
)
from eleva_cli.commands.subscriptions.carrying import Job, carry_out
from eleva_cli.commands.subscriptions.links import with_link
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.invite.refusing import unclear
from eleva_cli.journal.trails import trails
from eleva_cli.observe.granting import NEW, Member, membership_of
from eleva_cli.outcome import Json, Result
from eleva_cli.plan import CreateCustomer, StartSubscription
from eleva_cli.ports import Customer, Subscription
from eleva_cli.roles import LIVE
from eleva_cli.subscription import UNPAID_FOR_S, Goods, Situation, Started
from eleva_cli.subscription.starting import currency_of, decide, refusal

COMMAND = "subscription create"
WITH_PAYMENT = (
    "comes when it is paid: by your webhook handler, `eleva webhook serve`, or"
    " `eleva migrate apply --only roles`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line."""

    who: str
    key: str
    organization: str | None = None
    customer: str | None = None
    understood: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A wish as it was asked, found and decided."""

    app: App
    desk: Desk
    asked: Asked
    goods: Goods
    found: Situation
    decided: Started


def create(app: App, asked: Asked) -> Result:
    """Subscribe a user or an organization; what waits to be paid is told again."""
    price = price_named(app, asked.key)
    _check(asked)
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    rules = desk.rules()
    goods = desk.purchasing.goods(price)
    found = _situation(desk, goods, asked)
    refuse(refusal(goods, found, rules))
    if found.customer is not None:
        currency = currency_of(goods, found)
        first = desk.purchasing.first(found.customer, goods, currency)
        found = replace(found, first=first)
    decided = decide(goods, found, rules)
    app.progress.close()
    case = _Case(
        app=app, desk=desk, asked=asked, goods=goods, found=found, decided=decided
    )
    if not decided.actions:
        assert decided.own is not None, "what is not begun is to be begun"
        return _told(case, Result(command=COMMAND, headline=""), decided.own.id)
    return _begun(case)


def _check(asked: Asked) -> None:
    """Check the names before any call is made."""
    check_name(asked.who, among=(USER, ORGANIZATION))
    of_user = not ORGANIZATION.fullmatch(asked.who)
    _check_id(asked.organization, ORGANIZATION, "organization")
    if asked.organization is not None and not of_user:
        raise UsageError(
            "--org chooses among a user's organizations, and an organization is named",
            code="organization-twice",
            hint="leave --org out",
        )
    if asked.customer != NEW:
        _check_id(asked.customer, CUSTOMER, "customer")


def _check_id(text: str | None, pattern: re.Pattern[str], noun: str) -> None:
    if text is not None and not pattern.fullmatch(text):
        raise UsageError(
            f"{text!r} is no {noun} id",
            code=f"{noun}-id",
            hint=f"{noun} ids begin with {pattern.pattern[:4]}",
        )


def _situation(desk: Desk, goods: Goods, asked: Asked) -> Situation:
    """Read whom it is for, and who could be the customer; unclear is refused."""
    member, organization = _whom(desk, asked)
    membership = membership_of(member, organization)
    if isinstance(membership, tuple):
        chosen = choose_organization(desk.app, membership)
        membership = membership_of(member, chosen)
        assert not isinstance(membership, tuple), "one organization was named"
    found = desk.purchasing.situation(goods.price, member, membership, asked.customer)
    refuse(unclear(found, desk.clarity))
    return Situation(
        user=found.user,
        organization=found.organization,
        membership=found.membership,
        members=found.members,
        customer=found.customer,
        subscriptions=found.subscriptions,
    )


def _whom(desk: Desk, asked: Asked) -> tuple[Member, str | None]:
    if ORGANIZATION.fullmatch(asked.who):
        return desk.purchasing.person_in(asked.who), asked.who
    return desk.purchasing.granting.member(asked.who), asked.organization


def _begun(case: _Case) -> Result:
    """Show, ask, run; then tell where it is to be paid."""
    app, asked, decided = case.app, case.asked, case.decided
    job = Job(
        command=COMMAND,
        lane=decided.lane,
        actions=decided.actions,
        rows=tuple(_rows(case)),
        question=f"subscribe {case.found.organization.id} to {asked.key}",
        again=_again(asked),
        understood=asked.understood,
    )
    run, result = carry_out(app, job)
    made = trails(app.store, run, [decided.lane]).get(decided.lane, {})
    name = decided.own.id if decided.own else made.get(StartSubscription.kind)
    if result.exit_code is not ExitCode.DONE or name is None:
        whose = case.found.organization.id
        headline = f"not finished: {asked.key} for {whose}; {result.headline}"
        return replace(
            result,
            headline=headline,
            findings=(*result.findings, *decided.findings),
        )
    return _told(case, result, name, made.get(CreateCustomer.kind))


def _rows(case: _Case) -> Iterator[tuple[str, str]]:
    """Yield what a person wants to see before somebody is subscribed."""
    app, found, decided = case.app, case.found, case.decided
    yield "organization", called(app, found.organization)
    yield "user", found.user
    yield "price", f"{case.asked.key}, {money.rate(case.goods.price)}"
    yield "customer", found.customer.id if found.customer else "a new customer"
    yield "due now", _due(decided, found.customer)
    present = " and ".join(found.membership.every_role)
    if decided.due_now:
        yield "role", f"{present}, as now; the next one {WITH_PAYMENT}"
    elif decided.role:
        same = decided.role == present
        yield (
            "role",
            f"{decided.role}, as now" if same else f"{decided.role}, now {present}",
        )
    for finding in decided.findings:
        yield "note", finding.message
    yield "mode", app.settings.mode


def _due(decided: Started, customer: Customer | None) -> str:
    shown = money.shown(decided.due_now, decided.currency)
    if decided.own is not None:
        return "what it waits for"
    if not decided.due_now:
        return "nothing: it is active at once"
    tax = "tax and discounts included"
    if customer is None:
        tax = "a new customer has no tax rate and no discount"
    return f"{shown}, {tax}; paid on Stripe's own page"


def _told(
    case: _Case, result: Result, name: str, customer: str | None = None
) -> Result:
    """Say what is there now, with the link where it waits to be paid."""
    sub = case.desk.purchasing.billed(name)
    is_new = bool(case.decided.actions) and case.decided.own is None
    facts: dict[str, Json] = {
        "organization": case.found.organization.id,
        "user": case.found.user,
        "customer": customer or sub.customer,
        "subscription": sub.id,
        "key": case.asked.key,
        "status": sub.status,
    }
    findings = (*result.findings, *case.decided.findings)
    if sub.status in LIVE:
        done = (
            "what was missing is written" if case.decided.actions else "nothing to do"
        )
        word = "subscribed" if is_new else f"{done}; subscribed already"
        role = {"role": case.decided.role} if case.decided.role else {}
        return replace(
            result,
            headline=f"{word}: {case.found.organization.id} to {case.asked.key}",
            summary={**facts, **role, **result.summary},
            findings=findings,
        )
    return _waiting(case, replace(result, findings=findings), sub, facts)


def _waiting(
    case: _Case, result: Result, sub: Subscription, facts: dict[str, Json]
) -> Result:
    """Hand out the page; the subscription is given up at a known moment."""
    until = moment(sub.created + UNPAID_FOR_S)
    invoice, wants = sub.invoice, ""
    if invoice is not None:
        facts["due"] = money.plain(invoice.amount_due, invoice.currency)
        facts["currency"] = invoice.currency
        wants = f" {money.shown(invoice.amount_due, invoice.currency)}"
    url = invoice.hosted_url if invoice is not None else None
    word = "waits" if case.decided.actions else "nothing written; it waits already"
    later: dict[str, Json] = {"pay_until": until, "role_later": WITH_PAYMENT}
    told = replace(
        result,
        headline=f"{word} to be paid:{wants} for {sub.id}, until {until}",
        summary={**facts, **later, **result.summary},
        next_steps=(f"eleva subscription show {sub.id}{global_flags(case.app)}",),
    )
    return with_link(case.app, told, url)


def _again(asked: Asked) -> tuple[str, ...]:
    words = ["subscription", "create", asked.who, "--key", asked.key]
    if "@" in asked.who:
        words[2] = "USER"
    for flag, text in (("--org", asked.organization), ("--customer", asked.customer)):
        words += [flag, text] if text else []
    return tuple(words)
