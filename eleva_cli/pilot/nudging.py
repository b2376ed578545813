"""Which item of a customer can be switched to a twin of its price and back.

A twin asks the same of the same product: nobody pays more or less by it. What is not
one plain, licensed price that is for sale is left alone, as it could not come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eleva_cli.pilot import MARK
from eleva_cli.plan import (
    Asks,
    Finding,
    ReviseSubscription,
    Severity,
)
from eleva_cli.plan.billing import PRICE_OF, terms_of
from eleva_cli.plan.selling import CreatePrice, Deactivate
from eleva_cli.ports import Renewal, StripePrice, Subscription, SubscriptionItem

LIVING = ("active", "trialing")
FENCE_S = 7200  # around a renewal nothing that costs money is touched
REASON = "pilot: does another price of the same product bring the claim?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """
    An item to switch and back; `twin` is where it stands if a switch was cut short.

    `price` is the one where it belongs.
    """

    customer: str
    subscription: Subscription
    item: SubscriptionItem
    price: StripePrice
    twin: str | None = None

    @property
    def is_free(self) -> bool:
        """Tell whether nothing is asked for it."""
        return self.price.amount == 0

    @property
    def asks(self) -> Asks:
        """Return what the price asks, and its twin will."""
        assert self.price.amount is not None, "only plain prices are nudged"
        return Asks(
            currency=self.price.currency,
            amount=self.price.amount,
            interval=self.price.interval,
            interval_count=self.price.interval_count,
            tax=self.price.tax,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operator wants, and the time: `paid` takes what asks money, too."""

    now: float
    paid: bool = False


def choose(
    customer: str,
    subscriptions: Sequence[Subscription],
    prices: Mapping[str, StripePrice],
    carrying: frozenset[str],
    allowed: Allowed,
) -> Nudge | Finding:
    """Return what to nudge of a customer, a free price first, or why nothing."""
    living = [one for one in subscriptions if one.status in LIVING]
    found = [
        _nudge(customer, one, item, prices)
        for one in living
        for item in one.items
        if item.product in carrying
    ]
    if not found:
        return unfit("nudge-nothing", customer, "no living subscription to a product"
                     " with features")  # fmt: skip
    begun = next((one for one in found if one.twin is not None), None)
    if begun is not None:
        return begun
    fit = [one for one in found if not _obstacle(one, allowed.now)]
    if not fit:
        return unfit("nudge-unfit", customer, _obstacle(found[0], allowed.now))
    free = [one for one in fit if one.is_free]
    if not free and not allowed.paid:
        return unfit("nudge-paid", customer, f"{fit[0].price.id} asks something")
    return (free or fit)[0]


def _nudge(
    customer: str,
    subscription: Subscription,
    item: SubscriptionItem,
    prices: Mapping[str, StripePrice],
) -> Nudge:
    price = prices[item.price]
    home = price.metadata.get(MARK)
    return Nudge(
        customer=customer,
        subscription=subscription,
        item=item,
        price=price if home is None else prices[home],
        twin=None if home is None else price.id,
    )


def _obstacle(one: Nudge, now: float) -> str:
    """Say why an item cannot go to a twin and back; "" where it can."""
    price, subscription = one.price, one.subscription
    if subscription.schedule:
        return f"{subscription.id} is kept by the schedule {subscription.schedule}"
    if price.shape != "plain" or price.amount is None or price.metered:
        return f"{price.id} is {'metered' if price.metered else price.shape}"
    if not price.active:
        return f"{price.id} is archived: no item could come back to it"
    if price.currency != one.item.currency:
        return f"{subscription.id} pays {price.id} in another currency than its own"
    if not one.is_free and _renews(one.item, now):
        return f"{subscription.id} renews about now"
    is_to_end = subscription.ends_with_period or subscription.cancel_at is not None
    return f"{subscription.id} is to end, without a renewal" if is_to_end else ""


def _renews(item: SubscriptionItem, now: float) -> bool:
    """Tell whether a renewal is so near that nothing would be written."""
    bounds = (item.period_start, item.period_end)
    return any(at is not None and abs(at - now) < 2 * FENCE_S for at in bounds)


HINTS = {
    "nudge-nothing": "nothing can be tried with it; take another customer",
    "nudge-unfit": "nothing can be tried with it; take another customer",
    "nudge-paid": "take one on a price of 0; or add --paid: the renewal is previewed"
    " before, and must stay equal",
}


def unfit(code: str, customer: str, why: str) -> Finding:
    """Say why a customer is not nudged."""
    return Finding(
        code=code,
        severity=Severity.WARNING,
        subject=customer,
        message=f"not nudged: {why}",
        hint=HINTS[code],
    )


def twin_of(one: Nudge, key: str) -> CreatePrice:
    """Return what makes the twin of a price, under a lookup key of its own."""
    return CreatePrice(
        key=key,
        product=one.price.product,
        asks=one.asks,
        fields={
            f"metadata.{MARK}": one.price.id,
            "nickname": f"twin of {one.price.id}, for a pilot",
        },
        holds_key=True,
        reason=REASON,
    )


def over(one: Nudge, twin: str, renewal: Renewal) -> ReviseSubscription:
    """Return what puts the item on the twin; the renewal is to stay as it is."""
    return _switch(one, one.price.id, twin, renewal)


def back(one: Nudge, twin: str, renewal: Renewal) -> ReviseSubscription:
    """Return what puts the item back where it belongs."""
    return _switch(one, twin, one.price.id, renewal)


def _switch(one: Nudge, source: str, goal: str, renewal: Renewal) -> ReviseSubscription:
    name = f"{PRICE_OF}{one.item.id}"
    return ReviseSubscription(
        subscription=one.subscription.id,
        customer=one.customer,
        before={name: source},
        after={name: goal},
        currency=renewal.currency,
        reason=REASON,
        quantities={one.item.id: one.item.quantity},
        renewal_before=renewal.total,
        renewal_after=renewal.total,
        terms=terms_of(one.subscription),
        fence_s=0 if one.is_free else FENCE_S,
    )


def away(price: str, key: str) -> Deactivate:
    """Return what takes a twin off sale; nobody is on it any more."""
    return Deactivate(
        of="price", id=price, key=key, successor=False, reason="the pilot is over"
    )
