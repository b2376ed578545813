"""What a price asks, in one form for both sides: what of it can never change."""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.catalog import Price, money
from eleva_cli.catalog.changes import Field
from eleva_cli.catalog.shop import Shop
from eleva_cli.ports import StripePrice

UNSPECIFIED = "unspecified"


def terms(price: Price, found: StripePrice, shop: Shop) -> tuple[Field, ...]:
    """Return what differs for good; a tax that one side does not say is left."""
    wanted = _wanted_terms(price)
    actual = _actual_terms(found, shop)
    return tuple(
        Field(name=name, before=actual[name], after=after)
        for name, after in wanted.items()
        if actual[name] != after
        and not (name == "tax" and UNSPECIFIED in (actual[name], after))
    )


def asked(price: Price) -> tuple[Field, ...]:
    """Return what a new price will ask."""
    return tuple(
        Field(name=name, before=None, after=after)
        for name, after in _wanted_terms(price).items()
        if after is not None and after != UNSPECIFIED
    )


def _wanted_terms(price: Price) -> Mapping[str, str | None]:
    assert price.amount is not None
    return {
        "currency": price.currency.lower(),
        "amount": money.plain(price.amount, price.currency.lower()),
        "every": _every(price.interval, price.interval_count),
        "meter": price.meter,
        "tax": price.tax,
    }


def _actual_terms(found: StripePrice, shop: Shop) -> Mapping[str, str | None]:
    meter = shop.event_of(found.meter) if found.meter else None
    amount = found.amount
    return {
        "currency": found.currency,
        "amount": None if amount is None else money.plain(amount, found.currency),
        "every": _every(found.interval, found.interval_count),
        "meter": meter or ("metered without a meter" if found.metered else None),
        "tax": found.tax,
    }


def _every(interval: str, count: int) -> str:
    return interval if count == 1 else f"{count} {interval}s"
