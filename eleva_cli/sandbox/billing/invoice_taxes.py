"""Taxes of an invoice's lines, inclusive and exclusive, by rates or automatic."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.money import exact, half_up

if TYPE_CHECKING:
    from eleva_cli.sandbox.billing.invoice_lines import Line
    from eleva_cli.sandbox.jsons import Json

_SPARED = {"exempt": "customer_exempt", "reverse": "reverse_charge"}


def tax_lines(
    lines: list[Line], *, exempt: str | None, automatic: float | None
) -> None:
    """Write into each line its taxes; rates that are named win over automatic tax."""
    for line in lines:
        rates = line.tax_rates or _automatic(line, automatic)
        line.taxes = _taxes(line.net, rates, _SPARED.get(exempt or ""))


def _automatic(line: Line, percent: float | None) -> list[Json]:
    """Make the rate that automatic tax finds; an unspecified price is exclusive."""
    if percent is None:
        return []
    behaviour = "exclusive" if line.price is None else line.price["tax_behavior"]
    return [
        {
            "id": None,
            "percentage": percent,
            "inclusive": behaviour == "inclusive",
        }
    ]


def _taxes(net: int, rates: list[Json], spared: str | None) -> list[Json]:
    included = sum(exact(each["percentage"]) for each in rates if each["inclusive"])
    # what inclusive rates are counted on, and exclusive ones on top of
    base = Fraction(net) * 100 / (100 + included)
    taxes = []
    for rate in rates:
        tax = base * exact(rate["percentage"]) / 100
        taxes.append(_tax(rate, 0 if spared else half_up(tax), half_up(base), spared))
    return taxes


def _tax(rate: Json, amount: int, base: int, spared: str | None) -> Json:
    is_named = rate["id"] is not None
    return {
        "amount": amount,
        "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]} if is_named else None,
        "taxability_reason": spared
        or ("not_available" if is_named else "standard_rated"),
        "taxable_amount": base,
        "type": "tax_rate_details",
    }


def exclusive(taxes: list[Json]) -> int:
    """Add up what taxes come on top."""
    return sum(each["amount"] for each in taxes if each["tax_behavior"] == "exclusive")


def inclusive(taxes: list[Json]) -> int:
    """Add up what taxes are inside the price."""
    return sum(each["amount"] for each in taxes if each["tax_behavior"] == "inclusive")


def added_up(lines: list[Line]) -> list[Json]:
    """Sum the lines' taxes by rate, behaviour and reason."""
    totals: dict[tuple[object, ...], Json] = {}
    for tax in (each for line in lines for each in line.taxes):
        details = tax["tax_rate_details"]
        name = (
            details and details["tax_rate"],
            tax["tax_behavior"],
            tax["taxability_reason"],
        )
        total = totals.setdefault(name, {**tax, "amount": 0, "taxable_amount": 0})
        total["amount"] += tax["amount"]
        total["taxable_amount"] += tax["taxable_amount"]
    return list(totals.values())
