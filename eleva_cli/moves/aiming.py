"""Where each item of a subscription is, and where the reviewed rows say it goes.

Nothing is weighed here: whether an item may go there is for others to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from eleva_cli.catalog import Price, Product
from eleva_cli.moves import Rules, Subscriber, Target, terms
from eleva_cli.moves.aims import Aim, Aimed
from eleva_cli.moves.fields import TAXES, has_any, is_discounted
from eleva_cli.ports import Subscription, SubscriptionItem


def aimed(subscription: Subscription, rules: Rules) -> Aimed:
    """Find out where the items of a subscription go."""
    aims = tuple(aim_of(item, rules) for item in subscription.items)
    return Aimed(subscription=subscription, aims=aims)


def staying(one: Aimed, rules: Rules) -> Aimed:
    """Return a subscription that keeps its prices, whatever the rows say."""
    aims = tuple(
        replace(
            aim,
            kind="left",
            target=None,
            price=known_price(aim.item, rules),
            differs=(),
        )
        if aim.target is not None
        else aim
        for aim in one.aims
    )
    return replace(one, aims=aims)


def aim_of(item: SubscriptionItem, rules: Rules) -> Aim:
    """
    Find out where an item goes.

    Who holds a key of the catalogue stays. An old price of the catalogue's own stays,
    too, unless a row names that very price: who lives on it was left there on purpose.
    """
    price = known_price(item, rules)
    row = rules.mapping.get(item.price)
    if is_current(item, rules) or (row is None and price is not None):
        return Aim(item=item, kind="there", price=price)
    row = row or rules.mapping.get(item.product)
    if row is None:
        is_agreed = _is_by_contract(item, rules)
        return Aim(item=item, kind="there" if is_agreed else "unmapped")
    if row.key is None:
        return Aim(item=item, kind="left", price=price, row=row)
    target = rules.targets.get(row.key)
    if target is None:
        return Aim(item=item, kind="nowhere", price=price, row=row)
    was = terms.of_item(item, rules.tax_codes.get(item.product, ""))
    return Aim(
        item=item,
        kind="goes",
        price=rules.catalogue.price(row.key),
        row=row,
        target=target,
        differs=terms.differing(was, target.terms),
    )


def known_price(item: SubscriptionItem, rules: Rules) -> Price | None:
    """Find an item's price in the catalogue: by its key, or the one it gave away."""
    if (held := _held_by(item, rules)) is not None:
        return rules.catalogue.price(held.key)
    name = item.key or item.made_as
    return rules.catalogue.price(name) if name else None


def is_current(item: SubscriptionItem, rules: Rules) -> bool:
    """Tell whether an item is on the price that holds a key of the catalogue now."""
    by_key = item.key is not None and rules.catalogue.price(item.key) is not None
    return by_key or _held_by(item, rules) is not None


def _held_by(item: SubscriptionItem, rules: Rules) -> Target | None:
    found = (each for each in rules.targets.values() if each.price.id == item.price)
    return next(found, None)


def _is_by_contract(item: SubscriptionItem, rules: Rules) -> bool:
    """Tell whether the catalogue leaves the price of a product to be agreed."""
    prices = rules.catalogue.prices_of(item.product)
    return any(price.is_reserved for price in prices)


def product_of(aim: Aim, rules: Rules) -> Product | None:
    """Find what an item is sold as once it is where it goes; what is left, as now."""
    names = [aim.target.price.product] if aim.target else [aim.item.product]
    if aim.price is not None and aim.kind in ("there", "goes"):
        names.append(aim.price.product)
    return next((p for name in names if (p := rules.catalogue.product(name))), None)


def wants_preview(aimed: Aimed, subscriber: Subscriber) -> bool:
    """Tell whether more than the nine fields decides what a switch comes to."""
    is_hidden = subscriber.discounted or is_discounted(aimed.subscription)
    is_elsewhere = any(aim.leaves_product for aim in aimed.aims)
    is_taxed = is_elsewhere and has_any(aimed.subscription, TAXES)
    is_counted = all(map(_is_counted, aimed.moves))
    asks = aimed.differs or is_hidden or is_taxed or not is_counted
    return bool(aimed.moves) and asks


def _is_counted(aim: Aim) -> bool:
    """Tell whether it is known how many are paid for: unsaid, a switch makes it one."""
    return aim.item.quantity is not None or aim.item.usage == "metered"


def is_sampled(subscription: str, percent: int) -> bool:
    """Tell whether a subscription is among those that are previewed to be sure."""
    digest = hashlib.sha256(subscription.encode()).hexdigest()
    return int(digest[:8], 16) % 100 < percent


def policies(aims: Iterable[Aim]) -> frozenset[str]:
    """Return what the rows say becomes of those whose money would differ."""
    return frozenset(aim.row.policy for aim in aims if aim.row and aim.row.policy)
