"""What keeps a subscription as it is: over, unpaid, ruled by others, somebody else's.

Each reason has a code of its own; the order is that of weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, money
from eleva_cli.catalog.stamping import is_identity, kind_of, of_subscription
from eleva_cli.plan import Finding
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Subscription
from eleva_cli.subscription import ENDED, Goods, Payer, Rules, against
from eleva_cli.subscription.changing import meant
from eleva_cli.subscription.knowing import day, is_given, period_end
from eleva_cli.subscription.selling import unfit

PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,100}", re.ASCII)
MOVED = frozenset({"active", "trialing"})
STATUS = {
    "past_due": "have the open invoice paid first",
    "unpaid": "have its invoices paid first",
    "incomplete": "its first payment is not made yet: have it paid, or end it",
    "paused": "resume it in Stripe first",
}


def refusal(
    sub: Subscription, goods: Goods, payer: Payer, rules: Rules
) -> Finding | None:
    """Return the first reason not to touch a subscription, `None` if there is none."""
    reasons = _refusals(sub, goods, payer, rules)
    return next(reasons, None)


def _refusals(
    sub: Subscription, goods: Goods, payer: Payer, rules: Rules
) -> Iterator[Finding]:
    if sub.status in ENDED:
        yield over(sub)
    yield from _granted(sub, rules.catalogue)
    if (unsold := unfit(goods, rules)) is not None:
        yield unsold
    if sub.status not in MOVED:
        yield against(
            f"subscription-{sub.status.replace('_', '-')}",
            sub.id,
            f"{sub.id} is {sub.status}; its price is not changed meanwhile",
            STATUS.get(sub.status, "look at it in Stripe"),
        )
    yield from scheduled(sub)
    yield from _ending(sub)
    yield from _unpaid(sub)
    yield from _items(sub, goods, rules)
    yield from _metadata_against(sub, goods, payer, rules.catalogue)


def over(sub: Subscription) -> Finding:
    """Say that a subscription is over for good."""
    return against(
        "subscription-over",
        sub.id,
        f"{sub.id} is over ({sub.status}), and Stripe revives none",
        "make another: eleva subscription create",
    )


def _granted(sub: Subscription, catalogue: Catalogue) -> Iterator[Finding]:
    """Say that a grant is not sold on: who pays would end with the grant."""
    if is_given(sub, catalogue) and (sub.cancel_at or sub.metadata.get(GRANT)):
        yield against(
            "subscription-is-grant",
            sub.id,
            f"{sub.id} is a free tier that was granted, and keeps its end and its"
            " marks whatever its price",
            f"eleva invite revoke {sub.id}, then: eleva subscription create",
        )


def scheduled(sub: Subscription) -> Iterator[Finding]:
    """Say that a schedule of somebody else's rules a subscription."""
    if sub.schedule is not None:
        yield against(
            "subscription-scheduled",
            sub.id,
            f"{sub.id} is ruled by the schedule {sub.schedule}, which somebody else"
            " has made",
            "change the schedule's next phase, or release the schedule in Stripe",
        )


def _ending(sub: Subscription) -> Iterator[Finding]:
    """Say that no renewal is to come, whose amount could be shown."""
    ends, paid_until = sub.cancel_at, period_end(sub)
    if sub.ends_with_period or (ends and paid_until and ends <= paid_until):
        yield against(
            "subscription-ending",
            sub.id,
            f"{sub.id} ends {day(ends or paid_until)}, before its next renewal",
            f"let it go on first: eleva subscription cancel {sub.id} --undo"
            if sub.ends_with_period
            else "take that date off in the Stripe Dashboard first",
        )


def _unpaid(sub: Subscription) -> Iterator[Finding]:
    invoice = sub.invoice
    if invoice is not None and invoice.status in ("draft", "open"):
        yield against(
            f"invoice-{invoice.status}",
            sub.id,
            f"{invoice.id} is {invoice.status}, and asks"
            f" {money.shown(invoice.amount_due, invoice.currency)}",
            "wait until it is paid, or void it in Stripe",
        )


def _items(sub: Subscription, goods: Goods, rules: Rules) -> Iterator[Finding]:
    item = meant(sub, goods, rules.catalogue)
    if isinstance(item, Finding):
        yield item
        return
    price = goods.price
    if item.currency != price.currency:
        yield against(
            "currency-changes",
            sub.id,
            f"it pays in {item.currency}, and {price.key} is in {price.currency}",
            "a subscription keeps its currency: end it, and make one anew",
        )
    if item.usage == "metered" or item.quantity is None:
        yield against(
            "meter-changes",
            sub.id,
            f"it is billed by a meter, and {price.key} by quantity",
            "end it, and make one anew: eleva subscription create",
        )


def _metadata_against(
    sub: Subscription, goods: Goods, payer: Payer, catalogue: Catalogue
) -> Iterator[Finding]:
    kind = kind_of(goods.price)
    wanted = of_subscription(
        catalogue, goods.price, user=payer.user, organization=payer.organization
    )
    other = [
        name
        for name, value in wanted.items()
        if is_identity(catalogue, kind, name)
        and sub.metadata.get(name) not in (None, "", value)
    ]
    if other:
        yield against(
            "subscription-names-another",
            sub.id,
            f"{sub.id} names somebody else in {', '.join(sorted(other))}",
            f"see whose it is: eleva explain {sub.customer}",
        )
    private = [
        name
        for name, value in wanted.items()
        if (told := sub.metadata.get(name)) and told != value and not _is_plain(told)
    ]
    if private and not other:
        yield against(
            "name-malformed",
            sub.id,
            f"{sub.id} holds text in {', '.join(sorted(private))} that could not be put"
            " back: it is kept nowhere",
            "correct it in Stripe first",
        )


def _is_plain(text: str) -> bool:
    """Tell whether a value may stand in the journal, from where it is put back."""
    return PLAIN.fullmatch(text) is not None
