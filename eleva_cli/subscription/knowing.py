"""What a subscription is to: which price of the catalogue, which family, paid or given.

A price is known by the key it has, or the one it was made under; its product else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.ports import Subscription, SubscriptionItem


def price_of(item: SubscriptionItem, catalogue: Catalogue) -> Price | None:
    """Find the catalogue's price that an item is on."""
    keys: Iterable[str | None] = (item.key, item.made_as)
    return next((p for key in keys if key and (p := catalogue.price(key))), None)


def family_of(product_id: str, catalogue: Catalogue) -> str | None:
    """Name the family of a product, `None` for one that the catalogue does not name."""
    found = catalogue.product(product_id)
    return None if found is None else found.family


def products_of(family: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Name the products of a family."""
    return tuple(each.id for each in catalogue.products if each.family == family)


def items_of(
    sub: Subscription, family: str, catalogue: Catalogue
) -> Iterator[SubscriptionItem]:
    """Give the items that are to a product of the family."""
    for item in sub.items:
        known = price_of(item, catalogue)
        names = {item.product, known.product if known else item.product}
        if any(family_of(name, catalogue) == family for name in names):
            yield item


def is_given(sub: Subscription, catalogue: Catalogue) -> bool:
    """Tell whether it is a free tier, which `eleva invite` rules."""
    return any(
        item.unit_amount == 0 and _is_free(item, catalogue) for item in sub.items
    )


def _is_free(item: SubscriptionItem, catalogue: Catalogue) -> bool:
    known = price_of(item, catalogue)
    if known is not None:
        return known.invite
    return any(price.invite for price in catalogue.prices_of(item.product))


def period_end(sub: Subscription) -> int | None:
    """Return when what is paid for ends first."""
    ends = (item.period_end for item in sub.items if item.period_end is not None)
    return min(ends, default=None)


def day(seconds: int | None) -> str:
    """Write a moment as its day, in UTC."""
    if seconds is None:
        return "nobody knows when"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
