"""Items on an old price, and the price that takes its place: what a move is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import asks
from eleva_cli.catalog.changes import Change, Difference
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.catalog.terms import terms
from eleva_cli.plan.selling import Asks
from eleva_cli.ports import (
    PriceOffer,
    Renewal,
    StripePrice,
    Subscription,
    SubscriptionItem,
)

ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    An old price, and the one that takes its place.

    `successor` is the new price where it is made already; `same_tax` tells that both
    treat tax alike, so that their amounts can be compared.
    """

    price: str
    key: str
    product: str
    asks: Asks
    successor: str | None = None
    same_tax: bool = True

    @property
    def after(self) -> str | PriceOffer:
        """What a preview is asked with: the new price, or what it will ask."""
        if self.successor is not None:
            return self.successor
        return PriceOffer(product=self.product, terms=self.asks.terms(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """
    One item on an old price, and its next renewal before and after, if previewed.

    `ends` tells that it has no next renewal; `refused` is what Stripe answered
    instead of a preview.
    """

    target: Target
    subscription: str
    customer: str
    status: str
    item: SubscriptionItem
    schedule: str | None = None
    ends: bool = False
    before: Renewal | None = None
    after: Renewal | None = None
    refused: str = ""

    @property
    def rise(self) -> int:
        """By how much its next renewal rises; negative where it falls."""
        if self.before is None or self.after is None:
            return 0
        return self.after.total - self.before.total

    @property
    def list_rise(self) -> int:
        """By how much it rises by list price, a period, without tax and discounts."""
        each = self.target.asks.amount - (self.item.unit_amount or 0)
        return each * (self.item.quantity or 0)


def targets(difference: Difference, catalogue: Catalogue) -> tuple[Target, ...]:
    """Return the old prices that somebody is on, and what takes their place."""
    return tuple(
        _target(change, catalogue)
        for change in difference.of_kind("price")
        if change.verb in ("replace", "deactivate") and change.subscribers.count
    )


def retired(
    prices: Iterable[StripePrice], catalogue: Catalogue, shop: Shop
) -> Iterator[Target]:
    """
    Give old prices of ours that went off sale before, as somebody may be on them yet.

    An earlier change kept its subscribers, or held them: they are found by the lookup
    key that the old price carries in its metadata.
    """
    for found in prices:
        price = catalogue.price(owner_of(found.metadata) or "")
        if found.active or found.key is not None or price is None or price.is_reserved:
            continue
        holder = shop.holder(price.key)
        if price.product != found.product or (holder and holder.shape != "plain"):
            continue
        is_right = holder is not None and not terms(price, holder, shop)
        yield Target(
            price=found.id,
            key=price.key,
            product=price.product,
            asks=asks(price),
            successor=holder.id if holder is not None and is_right else None,
            same_tax=price.tax == found.tax,
        )


def _target(change: Change, catalogue: Catalogue) -> Target:
    price = catalogue.price(change.key)
    assert price is not None
    assert change.id is not None
    return Target(
        price=change.id,
        key=price.key,
        product=price.product,
        asks=asks(price),
        successor=change.successor,
        same_tax=all(field.name != "tax" for field in change.fields),
    )


def movers(subscription: Subscription, target: Target) -> Iterator[Mover]:
    """Give the items of a subscription that are on the old price, not previewed yet."""
    if subscription.status in ENDED:
        return
    for item in subscription.items:
        if item.price == target.price:
            yield Mover(
                target=target,
                subscription=subscription.id,
                customer=subscription.customer,
                status=subscription.status,
                item=item,
                schedule=subscription.schedule,
                ends=_ends(subscription, item),
            )


def _ends(subscription: Subscription, item: SubscriptionItem) -> bool:
    end = subscription.cancel_at
    is_last = end is not None and item.period_end is not None and end <= item.period_end
    return subscription.ends_with_period or is_last
