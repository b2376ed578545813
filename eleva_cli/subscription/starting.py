"""Decides one wish to subscribe somebody: refused, there already, or which actions.

The customer comes first, then its link, then the subscription, and the role only where
nothing is to be paid: else it comes with the payment. What is there already is left
out, and what waits to be paid is never made a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator
from itertools import count

from eleva_cli.catalog.carrying import carried
from eleva_cli.catalog.stamping import of_customer, of_subscription
from eleva_cli.member_role import RoleChange, held_by, role_change, stranger_of
from eleva_cli.plan import Action, Finding, Severity, StartSubscription
from eleva_cli.plan.billing import OPERATION
from eleva_cli.ports import Subscription
from eleva_cli.roles import LIVE, Held, role_for
from eleva_cli.subscription import (
    ENDED,
    Goods,
    Rules,
    Situation,
    Started,
    against,
    asked_by,
)
from eleva_cli.subscription.knowing import (
    day,
    family_of,
    is_given,
    items_of,
    period_end,
    products_of,
)
from eleva_cli.subscription.selling import unfit

REASON = "subscription create"


def operation_id(account: str, organization: str, family: str, nth: int) -> str:
    """Name an operation by what it makes: two machines give it the same name.

    `nth` is how many of this family the customer has or had by such a command.
    """
    text = json.dumps(["subscription", account, organization, family, nth])
    return "s_" + hashlib.sha256(text.encode()).hexdigest()[:20]


def currency_of(goods: Goods, found: Situation) -> str:
    """Return in what the customer will pay: its own currency, if the price has it."""
    assert goods.sold is not None, "refused before"
    own = found.customer.currency if found.customer else None
    return own if own and own in goods.sold.also_in else goods.sold.currency


def refusal(goods: Goods, found: Situation, rules: Rules) -> Finding | None:
    """Return the first reason not to subscribe somebody, `None` if there is none."""
    if (unsold := unfit(goods, rules)) is not None:
        return unsold
    there = (*_in_the_way(goods, found, rules), *_locked(goods, found))
    return there[0] if there else None


def decide(goods: Goods, found: Situation, rules: Rules) -> Started:
    """Return what a wish comes to; a customer that is there has its preview."""
    lane = found.customer.id if found.customer else found.organization.id
    refused = refusal(goods, found, rules)
    if refused is not None:
        return Started(lane=lane, refusal=refused)
    own = own_of(goods, found, rules)
    due_now = _asked(goods, found)
    is_due = own.status not in LIVE if own else bool(due_now)
    role = RoleChange() if is_due else _role(goods, found, rules)
    operation = own.metadata[OPERATION] if own else _next(goods, found, rules)
    begins = () if own else (_start(goods, found, rules, operation, due_now),)
    actions: tuple[Action, ...] = (
        *_customer(found, rules),
        *begins,
        *role.actions,
    )
    return Started(
        lane=lane,
        operation=operation,
        actions=actions,
        own=own,
        currency=currency_of(goods, found),
        due_now=due_now,
        role=role.role,
        findings=(*role.findings, *_beside(goods, found, rules), *_ending(own)),
    )


def own_of(goods: Goods, found: Situation, rules: Rules) -> Subscription | None:
    """Find what such a command made for the same price, and that is not over."""
    assert goods.sold is not None, "refused before"
    for sub in _standing(goods, found, rules):
        is_same = any(item.price == goods.sold.id for item in sub.items)
        if is_same and sub.metadata.get(OPERATION) in _names(goods, found, rules):
            return sub
    return None


def _names(goods: Goods, found: Situation, rules: Rules) -> Container[str | None]:
    """Return the names that operations on this family can have had so far."""
    most = len(found.subscriptions) + 1
    return {_named(goods, found, rules, nth) for nth in range(most)}


def _named(goods: Goods, found: Situation, rules: Rules, nth: int) -> str:
    family = _family(goods, rules)
    return operation_id(rules.account, found.organization.id, family, nth)


def _next(goods: Goods, found: Situation, rules: Rules) -> str:
    """Name the next operation: the first name that no subscription bears yet."""
    used = {sub.metadata.get(OPERATION) for sub in found.subscriptions}
    names = (_named(goods, found, rules, nth) for nth in count())
    return next(name for name in names if name not in used)


def _family(goods: Goods, rules: Rules) -> str:
    family = family_of(goods.price.product, rules.catalogue)
    assert family is not None, "the rules of a catalogue see to it"
    return family


def _standing(goods: Goods, found: Situation, rules: Rules) -> Iterator[Subscription]:
    """Give what of the family is not over, paid for or not."""
    family = _family(goods, rules)
    for sub in found.subscriptions:
        if sub.status not in ENDED and any(items_of(sub, family, rules.catalogue)):
            yield sub


def _in_the_way(goods: Goods, found: Situation, rules: Rules) -> Iterator[Finding]:
    own = own_of(goods, found, rules)
    for sub in _standing(goods, found, rules):
        if sub == own:
            continue
        if is_given(sub, rules.catalogue):
            yield against(
                "grant-in-the-way",
                sub.id,
                f"{sub.id} gives {sub.items[0].product} for free",
                f"end it first with: eleva invite revoke {sub.id}",
            )
        elif sub.status == "incomplete":
            yield against(
                "subscription-incomplete",
                sub.id,
                f"{sub.id} waits for its first payment, at another price or begun"
                " elsewhere",
                "have it paid, or end it with: eleva subscription cancel"
                f" {sub.id} --now",
            )
        else:
            key = goods.price.key
            yield against(
                "subscribed-already",
                sub.id,
                f"{found.organization.id} has {sub.id} already, which is {sub.status}",
                f"to change its price: eleva subscription change {sub.id} --key {key}",
            )


def _beside(goods: Goods, found: Situation, rules: Rules) -> Iterator[Finding]:
    """Say that something else goes on being billed: maybe the same, by an old price."""
    other = stranger_of(found.subscriptions, rules.catalogue)
    if other is None:
        return
    key = goods.price.key
    yield Finding(
        code="subscription-beside",
        severity=Severity.WARNING,
        subject=other,
        message=f"{other} is live, holds a product that the catalogue does not name,"
        f" and goes on being billed beside {key}",
        hint="if it is the same at an old price: eleva subscription change"
        f" {other} --key {key}",
    )


def _ending(own: Subscription | None) -> Iterator[Finding]:
    """Say that what is there already does not go on."""
    if own is not None and (own.ends_with_period or own.cancel_at is not None):
        yield Finding(
            code="subscription-ending",
            severity=Severity.WARNING,
            subject=own.id,
            message=f"{own.id} ends {day(own.cancel_at or period_end(own))}",
            hint=f"let it go on: eleva subscription cancel {own.id} --undo",
        )


def _locked(goods: Goods, found: Situation) -> Iterator[Finding]:
    customer, sold = found.customer, goods.sold
    assert sold is not None, "refused before"
    if customer is None or customer.currency in (None, sold.currency, *sold.also_in):
        return
    yield against(
        "currency-locked",
        customer.id,
        f"{customer.id} is billed in {customer.currency}, and {goods.price.key} is in"
        f" {sold.currency}",
        f"give the price an amount in {customer.currency}, or end what holds the"
        " customer to it",
    )


def _asked(goods: Goods, found: Situation) -> int:
    """Return what the first invoice asks, with what the customer owes or has.

    A customer that is made has no discount, no tax rate and no balance.
    """
    if found.first is not None:
        return asked_by(found.first)
    assert goods.sold is not None, "refused before"
    return goods.sold.amount or 0


def _customer(found: Situation, rules: Rules) -> tuple[Action, ...]:
    names = of_customer(
        rules.catalogue, user=found.user, organization=found.organization.id
    )
    return carried(
        found.customer,
        found.organization,
        user=found.user,
        says=names,
        catalogue=rules.catalogue,
        reason=REASON,
    )


def _start(
    goods: Goods, found: Situation, rules: Rules, operation: str, due_now: int
) -> StartSubscription:
    assert goods.sold is not None, "refused before"
    return StartSubscription(
        organization=found.organization.id,
        customer=found.customer.id if found.customer else None,
        operation=operation,
        price=goods.sold.id,
        key=goods.price.key,
        family=products_of(_family(goods, rules), rules.catalogue),
        metadata=of_subscription(
            rules.catalogue,
            goods.price,
            user=found.user,
            organization=found.organization.id,
        ),
        currency=currency_of(goods, found),
        due_now=due_now,
        reason=REASON,
    )


def _role(goods: Goods, found: Situation, rules: Rules) -> RoleChange:
    """Return the role that comes at once; an add-on brings none."""
    book = rules.catalogue
    product = book.product(goods.price.product)
    if product is None or product.role is None:
        return RoleChange(role=found.membership.role)
    new = Held(status="active", product=product.id)
    return role_change(
        found.membership,
        role_for((*held_by(found.subscriptions), new), book),
        members=found.members,
        policy=book.roles,
        ownership=rules.ownership,
        may_lower=False,
        reason=REASON,
    )
