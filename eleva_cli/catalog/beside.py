"""A price that is about to be made: what is on sale beside it, and could be meant."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.plan import Finding, Severity


def beside(price: Price, catalogue: Catalogue, shop: Shop) -> Iterator[Finding]:
    """Tell of prices of the same rhythm that nobody named: one could be the old one."""
    if not price.amount:
        return
    rhythm = (price.interval, price.interval_count, price.meter is not None)
    others = [
        each
        for each in shop.prices_of(price.product)
        if each.active
        and owner_of(each.metadata) is None
        and (each.interval, each.interval_count, each.metered) == rhythm
    ]
    if free := [each.id for each in others if each.key is None]:
        yield Finding(
            code="price-beside",
            severity=Severity.WARNING,
            subject=price.key,
            message=f"it will be sold beside {', '.join(free)} on {price.product}, of"
            " the same rhythm and without a lookup key",
            hint="if one of them is the price that is meant, take it over first with:"
            " eleva catalog adopt",
        )
    named = {one.key: one.id for one in others if one.key and one.amount}
    if known := [key for key in named if catalogue.price(key) is None]:
        said = ", ".join(f"{named[key]} ({key})" for key in known)
        yield Finding(
            code="price-beside",
            severity=Severity.WARNING,
            subject=price.key,
            message=f"it will be sold beside {said} on {price.product}, of the same"
            " rhythm and with a lookup key that the catalogue does not name",
            hint=f"if that is the price that is meant: call it {known[0]} in the"
            f" catalogue too, or move the key {price.key} to it in Stripe, then adopt",
        )
