"""The nine fields that make two prices the same, read from both sides.

Two prices are the same where all nine are equal and one number says what is asked. What
an account's prices really ask counts, not what the catalogue says they should.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from eleva_cli.catalog import Catalogue, money
from eleva_cli.moves import Target, Terms
from eleva_cli.ports import StripePrice, SubscriptionItem

NAMES = tuple(field.name for field in fields(Terms))


def of_item(item: SubscriptionItem, tax_code: str) -> Terms:
    """Return what the price of an item asks; `tax_code` is its product's."""
    return Terms(
        currency=item.currency,
        amount=item.unit_amount,
        interval=item.interval,
        interval_count=item.interval_count,
        usage=item.usage,
        scheme=item.scheme,
        transform=item.transform,
        tax=item.tax,
        tax_code=tax_code,
    )


def of_price(price: StripePrice, tax_code: str) -> Terms:
    """Return what a price asks; of packages a price only tells that it has some."""
    return Terms(
        currency=price.currency,
        amount=price.amount,
        interval=price.interval,
        interval_count=price.interval_count,
        usage="metered" if price.metered else "licensed",
        scheme="tiered" if price.shape == "tiered" else "per_unit",
        transform="packaged" if price.shape == "packaged" else "",
        tax=price.tax,
        tax_code=tax_code,
    )


def differing(one: Terms, other: Terms) -> tuple[str, ...]:
    """Name the fields in which two prices differ, the amount also if nobody knows."""
    return tuple(
        name
        for name in NAMES
        if getattr(one, name) != getattr(other, name)
        or (name == "amount" and one.amount is None)
    )


def same(one: Terms, other: Terms) -> bool:
    """Tell whether two prices are the same in all nine fields."""
    return not differing(one, other)


def targets(
    catalogue: Catalogue, holders: Iterable[StripePrice], tax_codes: Mapping[str, str]
) -> dict[str, Target]:
    """
    Return the prices that somebody may be moved to, by lookup key.

    One that is not for sale, hangs on another product than the catalogue says, or does
    not say in one number what it asks is none.
    """
    found: dict[str, Target] = {}
    for holder in holders:
        price = catalogue.price(holder.key) if holder.key else None
        if price is None or not holder.active or holder.product != price.product:
            continue
        if holder.shape == "plain" and holder.amount is not None:
            terms = of_price(holder, tax_codes.get(holder.product, ""))
            found[price.key] = Target(key=price.key, price=holder, terms=terms)
    return found


def shown(terms: Terms) -> str:
    """Write what is asked and how often: €25.00 every month."""
    if terms.amount is None:
        return f"no single amount {often(terms.interval, terms.interval_count)}"
    rhythm = often(terms.interval, terms.interval_count)
    return f"{money.shown(terms.amount, terms.currency)} {rhythm}"


def often(interval: str, count: int) -> str:
    """Write how often something is due."""
    return f"every {interval}" if count == 1 else f"every {count} {interval}s"
