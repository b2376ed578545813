"""What discounts take off the lines of an invoice.

A line's own discounts come before those of the invoice, each takes from what the one
before it left, and none takes a line below zero.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox.billing.money import half_up, share

if TYPE_CHECKING:
    from eleva_cli.sandbox.billing.invoice_lines import Line
    from eleva_cli.sandbox.jsons import Json

# a discount's id and its coupon
Given: TypeAlias = tuple[str, "Json"]


def reduce_lines(
    lines: list[Line], own: dict[str, Given], whole: list[Given], currency: str
) -> None:
    """Write into each line what its discounts and the invoice's take off."""
    for line in lines:
        for discount_id in line.discounts:
            if discount_id in own:
                _apply([line], own[discount_id], currency)
    for given in whole:
        _apply(lines, given, currency)


def covers(coupon: Json, product: str | None) -> bool:
    """Say whether a coupon applies to a product; most apply to all."""
    limits = coupon.get("applies_to")
    return not limits or product in limits["products"]


def _apply(lines: list[Line], given: Given, currency: str) -> None:
    discount_id, coupon = given
    covered = [
        line
        for line in lines
        if line.discountable and line.net > 0 and covers(coupon, line.product)
    ]
    if coupon["percent_off"] is not None:
        amounts = [half_up(share(line.net, coupon["percent_off"])) for line in covered]
    else:
        amounts = _spread(_amount_off(coupon, currency), [each.net for each in covered])
    for line, amount in zip(covered, amounts, strict=True):
        line.reductions.append((discount_id, amount))


def _amount_off(coupon: Json, currency: str) -> int:
    """Give the amount in an invoice's currency; a coupon in another takes nothing."""
    if coupon["currency"] == currency:
        return int(coupon["amount_off"])
    options = coupon.get("currency_options") or {}
    return int(options.get(currency, {}).get("amount_off", 0))


def _spread(amount: int, nets: list[int]) -> list[int]:
    """Share an amount among lines by their size, to the last cent."""
    total = sum(nets)
    left = min(amount, total)
    parts = []
    for net in nets:
        part = half_up(Fraction(left * net, total)) if total else 0
        parts.append(part)
        left, total = left - part, total - net
    return parts
