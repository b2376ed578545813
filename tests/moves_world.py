"""Subscribers on old prices, and what Stripe would ask them: one a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from eleva_cli.inputs.catalogue import read
from eleva_cli.moves import Decided, Mapped, Previewed, Rules, Subscriber, terms
from eleva_cli.moves.deciding import extend, wishes
from eleva_cli.plan import ReviseSubscription, SetRole
from eleva_cli.plan.billing import METADATA, prices_of
from eleva_cli.ports import (
    ItemWish,
    Membership,
    Renewal,
    StripePrice,
    Subscription,
    SubscriptionItem,
)

ORG, USER, CUS = "org_1", "user_1", "cus_1"
NOW, DUE = 1_790_000_000, 1_791_000_000
BOOK = read(None)
NAMES = {"workos_org_id": ORG, "workos_user_id": USER, "workosUserId": USER}
COMMUNITY, TOP = "community-expert-monthly", "top-expert-monthly"
LECTURER = "lecturer-module-annual"


def holder(key: str, /, **more: Any) -> StripePrice:
    """Return the price that holds a key of the catalogue."""
    price = BOOK.price(key)
    assert price is not None
    fields: dict[str, Any] = {
        "id": f"price_{key}",
        "product": price.product,
        "active": True,
        "currency": price.currency,
        "amount": price.amount,
        "interval": price.interval,
        "metered": price.meter is not None,
        "meter": "mtr_1" if price.meter else None,
        "tax": price.tax,
        "key": key,
    }
    return StripePrice(**(fields | more))


HOLDERS = tuple(holder(p.key) for p in BOOK.prices if not p.is_reserved)
RULES = Rules(
    catalogue=BOOK,
    targets=terms.targets(BOOK, HOLDERS, {}),
    roles_there=frozenset({*BOOK.roles.ranking, "owner"}),
    currency="eur",
    sample=0,
    fence_s=7200,
    now=NOW,
)


def rules(*rows: Mapped, **more: Any) -> Rules:
    """Return the rules with these rows of a price file."""
    return replace(RULES, **({"mapping": {row.old: row for row in rows}} | more))


def row(
    old: str = "price_old", key: str | None = COMMUNITY, policy: Any = None
) -> Mapped:
    return Mapped(old=old, key=key, policy=policy)


def item(key: str = COMMUNITY, /, **more: Any) -> SubscriptionItem:
    """Return an item on an old price that asks what a key's price asks."""
    price = holder(key)
    fields: dict[str, Any] = {
        "id": "si_1",
        "price": "price_old",
        "product": "prod_old",
        "quantity": None if price.metered else 1,
        "unit_amount": price.amount,
        "currency": price.currency,
        "interval": price.interval,
        "period_end": DUE,
        "usage": "metered" if price.metered else "licensed",
        "tax": price.tax,
    }
    return SubscriptionItem(**(fields | more))


def there(key: str = COMMUNITY, /, **more: Any) -> SubscriptionItem:
    """Return an item that is on a price of the catalogue already."""
    price = holder(key)
    return item(key, price=price.id, product=price.product, key=key, **more)


def stamps(tier: str | None = "community", interval: str = "monthly") -> dict[str, str]:
    """Return the paid contract, written from the application's words."""
    told = {**NAMES, "billingInterval": interval}
    return told | ({"tier": tier, "tierLevel": tier} if tier else {})


def sub(*items: SubscriptionItem, name: str = "sub_1", **more: Any) -> Subscription:
    fields: dict[str, Any] = {
        "id": name,
        "customer": CUS,
        "status": "active",
        "created": NOW,
        "livemode": False,
        "metadata": {},
        "items": items or (item(),),
    }
    return Subscription(**(fields | more))


def member(*roles: str, user: str = USER, **more: Any) -> Membership:
    fields: dict[str, Any] = {
        "id": f"om_{user}",
        "user": user,
        "organization": ORG,
        "status": "active",
        "role": (roles or ("member",))[0],
        "directory_managed": False,
        "roles": roles or ("member",),
    }
    return Membership(**(fields | more))


def subscriber(*subs: Subscription, **more: Any) -> Subscriber:
    fields: dict[str, Any] = {
        "customer": CUS,
        "organization": ORG,
        "user": USER,
        "subscriptions": subs,
        "memberships": (member(),),
    }
    return Subscriber(**(fields | more))


def previewed(who: Subscriber, under: Rules) -> Subscriber:
    """Ask what is wished to be asked, of a Stripe that reckons by list price."""
    asked = {one.subscription: one.items for one in wishes(who, under)}
    found = {
        one.id: Previewed(
            before=renewal(one, who), after=renewal(switched(one, asked[one.id]), who)
        )
        for one in who.subscriptions
        if one.id in asked
    }
    return replace(who, previews=found)


def decided(who: Subscriber, under: Rules) -> Decided:
    return extend(previewed(who, under), under)


def renewal(one: Subscription, who: Subscriber) -> Renewal:
    """
    Reckon a renewal: coupons take a percentage off the products they are for.

    A facet `discounts` reads `PERCENT:PRODUCT`, the product `*` for all of them; a
    customer's own takes a tenth off. Tax on what is exclusive is a fifth.
    """
    percent, _, product = one.facets.get("discounts", "0:*").partition(":")
    off = int(percent) + (10 if who.discounted else 0)
    total = 0
    for each in one.items:
        amount = (each.unit_amount or 0) * (each.quantity or 0)
        if product in ("*", each.product):
            amount -= amount * off // 100
        if each.tax == "exclusive" and "default_tax_rates" in one.facets:
            amount += amount // 5
        total += amount
    return Renewal(total=total, currency=one.items[0].currency, due_at=DUE)


def switched(one: Subscription, asked: Iterable[ItemWish]) -> Subscription:
    """Return a subscription with its items on other prices."""
    prices = {wish.item: wish.price for wish in asked}
    return replace(
        one, items=tuple(_on(each, prices.get(each.id)) for each in one.items)
    )


def _on(each: SubscriptionItem, price: str | None) -> SubscriptionItem:
    found = next((one for one in HOLDERS if one.id == price), None)
    if found is None:
        return each
    return replace(
        each,
        price=found.id,
        product=found.product,
        key=found.key,
        unit_amount=found.amount,
        currency=found.currency,
        interval=found.interval,
        interval_count=found.interval_count,
        tax=found.tax,
    )


def done(who: Subscriber, found: Decided) -> Subscriber:
    """Return the subscriber once all actions are applied."""
    subs = {one.id: one for one in who.subscriptions}
    rows = {one.id: one for one in who.memberships}
    for action in found.actions:
        match action:
            case ReviseSubscription(subscription=name, after=after):
                subs[name] = _revised(subs[name], after)
            case SetRole(membership=name, after=roles):
                rows[name] = replace(rows[name], role=roles[0], roles=roles)
            case _:
                raise AssertionError(f"no business of a move: {action}")
    return replace(
        who,
        subscriptions=tuple(subs.values()),
        memberships=tuple(rows.values()),
        previews={},
    )


def _revised(one: Subscription, after: Mapping[str, str | None]) -> Subscription:
    told = dict(one.metadata)
    for name, value in after.items():
        if name.startswith(METADATA):
            told.pop(name.removeprefix(METADATA), None)
            if value is not None:
                told[name.removeprefix(METADATA)] = value
    prices = prices_of(after)
    items = tuple(_on(each, prices.get(each.id)) for each in one.items)
    return replace(one, metadata=told, items=items)
