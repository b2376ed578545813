"""What a price comes to: units, packages and tiers, in whole cents."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json


def half_up(value: Fraction) -> int:
    """Round to whole cents, halves away from zero: a credit mirrors its charge."""
    whole = math.floor(abs(value) + Fraction(1, 2))
    return -whole if value < 0 else whole


def share(amount: int, percent: float) -> Fraction:
    """Give some percent of an amount, not rounded yet."""
    return amount * exact(percent) / 100


def exact(value: object) -> Fraction:
    """Read a number as it is written: 12.5 is 25/2, whatever floats make of it."""
    return Fraction(str(value))


def amount_of(price: Json, quantity: float) -> int:
    """Give what a quantity of a price costs."""
    units = _packed(price, exact(quantity))
    if price["billing_scheme"] != "tiered":
        return half_up(units * _unit(price))
    tiers: list[Json] = price.get("tiers") or []
    if price["tiers_mode"] == "volume":
        return _volume(tiers, units)
    return _graduated(tiers, units)


def _packed(price: Json, quantity: Fraction) -> Fraction:
    """Count packages instead of pieces where the price says so."""
    transform: Json | None = price["transform_quantity"]
    if not transform:
        return quantity
    packages = quantity / int(transform["divide_by"])
    rounded = math.ceil if transform["round"] == "up" else math.floor
    return Fraction(rounded(packages))


def _unit(rated: Json) -> Fraction:
    """Give the exact amount of one unit of a price or a tier."""
    return exact(rated.get("unit_amount_decimal") or rated.get("unit_amount") or 0)


def _flat(tier: Json) -> Fraction:
    return exact(tier.get("flat_amount_decimal") or tier.get("flat_amount") or 0)


def _bound(tier: Json) -> int | None:
    """Give the last unit of a tier; the last tier has none."""
    up_to = tier.get("up_to")
    return None if up_to in (None, "inf") else int(up_to)


def _volume(tiers: list[Json], units: Fraction) -> int:
    """Charge all units at the rate of the tier that the quantity reaches."""
    for tier in tiers:
        bound = _bound(tier)
        if bound is None or units <= bound:
            return half_up(units * _unit(tier) + _flat(tier))
    return 0


def _graduated(tiers: list[Json], units: Fraction) -> int:
    """Charge each unit at the rate of its own tier."""
    total, below = Fraction(0), 0
    for number, tier in enumerate(tiers):
        bound = _bound(tier)
        top = units if bound is None else min(units, Fraction(bound))
        # the first tier's flat amount is due even when nothing was used
        if top > below or number == 0:
            total += max(top - below, Fraction(0)) * _unit(tier) + _flat(tier)
        if bound is None or units <= bound:
            break
        below = bound
    return half_up(total)
