"""What a grant is worth to finance: amounts in the currency's smallest unit."""

from __future__ import annotations

from fractions import Fraction

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.sales import A_YEAR, DAY_S
from eleva_cli.invite import Grant, Offer
from eleva_cli.invite.standing import PROMISED


def a_month(offer: Offer, catalogue: Catalogue) -> tuple[int, str] | None:
    """Return what the product asks a month by its default price, and the currency.

    Rounded to the smallest unit; `None` where it is sold for no fixed amount.
    """
    paid = [
        price
        for price in catalogue.prices_of(offer.product)
        if price.amount and price.meter is None and not price.invite
    ]
    price = next((one for one in paid if one.default), next(iter(paid), None))
    if price is None or price.amount is None:
        return None
    every = 12 * price.interval_count
    cents = Fraction(price.amount * A_YEAR[price.interval], every) + Fraction(1, 2)
    return cents.numerator // cents.denominator, price.currency


def days_given(grant: Grant, now: float) -> int:
    """Return how many whole days it has entitled so far."""
    if grant.status == PROMISED:
        return 0
    end = grant.ended_at if grant.ended_at is not None else int(now)
    return max(0, end - grant.created) // DAY_S
