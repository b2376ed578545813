"""Taxes on invoices, to the cent: rates, automatic tax, who is spared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from eleva_cli.sandbox.billing.money import half_up
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor
from tests.sandbox.till import stocked, subscribed


def sums(invoice: Any) -> tuple[int, int, int]:
    """Give subtotal, total and total without tax."""
    return invoice.subtotal, invoice.total, invoice.total_excluding_tax


@vendor("B", "stripe 16.1, TaxRate.inclusive")
@pytest.mark.parametrize(
    ("rate", "expected", "tax"),
    [("txr_in", (2990, 2990, 2431), 559), ("txr_ex", (2990, 3678, 2990), 688)],
)
def test_a_rate_is_inside_or_on_top(
    sandbox: Sandbox, rate: str, expected: tuple[int, int, int], tax: int
) -> None:
    """23 % of 29.90: 5.59 are in it, or 6.88 come on top."""
    made = subscribed(stocked(sandbox), "price_old", default_tax_rates=[rate])
    invoice = made.latest_invoice
    assert sums(invoice) == expected
    total = invoice.total_taxes[0]
    assert (total.amount, total.tax_rate_details.tax_rate) == (tax, rate)
    assert invoice.lines.data[0].taxes[0].amount == tax
    assert invoice.amount_due == expected[1]


@vendor("D3", "stripe 16.1, default_tax_rates")
def test_an_items_rates_replace_the_default(sandbox: Sandbox) -> None:
    """The other item keeps the subscription's."""
    items = [{"price": "price_old", "tax_rates": ["txr_in"]}, {"price": "price_new"}]
    made = subscribed(stocked(sandbox), items=items, default_tax_rates=["txr_ex"])
    invoice = made.latest_invoice
    assert sums(invoice) == (5980, 5980 + 688, 2431 + 2990)
    assert {each.amount for each in invoice.total_taxes} == {559, 688}


@vendor("B", "docs.stripe.com/tax/products-prices-tax-codes-tax-behavior")
@pytest.mark.parametrize(
    ("price", "expected"),
    [("price_in", (1234, 1234, 1003)), ("price_ex", (1234, 1518, 1234))],
)
def test_automatic_tax_goes_by_the_price(
    sandbox: Sandbox, price: str, expected: tuple[int, int, int]
) -> None:
    """`tax_behavior` says whether the amount has it inside."""
    tax: Any = {"automatic_tax": {"enabled": True}}
    invoice = subscribed(stocked(sandbox), price, **tax).latest_invoice
    assert sums(invoice) == expected
    assert invoice.automatic_tax.status == "complete"


@belief("an account can choose how it takes unspecified prices; we take them net")
def test_an_unspecified_price_is_net(sandbox: Sandbox) -> None:
    """Automatic tax comes on top of it, at the rate the switch says."""
    sdk = stocked(sandbox)
    sandbox.post("settings", automatic_tax_percent=19.5)
    tax: Any = {"automatic_tax": {"enabled": True}}
    assert sums(subscribed(sdk, "price_old", **tax).latest_invoice) == (
        2990,
        3573,
        2990,
    )


@vendor("D3", "stripe 16.1, Customer.tax_exempt")
@pytest.mark.parametrize(
    ("exempt", "reason"), [("exempt", "customer_exempt"), ("reverse", "reverse_charge")]
)
def test_a_customer_can_be_spared(sandbox: Sandbox, exempt: str, reason: str) -> None:
    """No tax is added, and the line says why."""
    sdk = stocked(sandbox)
    sdk.customers.update("cus_pays", {"tax_exempt": exempt})
    made = subscribed(sdk, "price_old", default_tax_rates=["txr_ex"])
    invoice = made.latest_invoice
    assert sums(invoice) == (2990, 2990, 2990)
    assert invoice.total_taxes[0].taxability_reason == reason


@vendor("D3", "stripe 16.1, Invoice.total_taxes")
def test_tax_is_on_what_is_left_after_discounts(sandbox: Sandbox) -> None:
    """A quarter off first, then 23 % of the rest."""
    made = subscribed(
        stocked(sandbox),
        "price_old",
        default_tax_rates=["txr_ex"],
        discounts=[{"coupon": "quarter"}],
    )
    # 29.90 less 7.48 (half a cent up) is 22.42, and 5.16 of tax
    assert sums(made.latest_invoice) == (2990, 2758, 2242)


@belief("nobody says how a half of a cent is rounded; up, line by line")
@pytest.mark.parametrize(
    ("value", "cents"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(149, 100), 1),
        (Fraction(-151, 100), -2),
    ],
)
def test_halves_are_rounded_away_from_zero(value: Fraction, cents: int) -> None:
    """So that a credit takes back exactly its charge."""
    assert half_up(value) == cents


@ours
def test_tax_rates_are_made_listed_and_archived(sandbox: Sandbox) -> None:
    """What a rate charges cannot be changed."""
    rates = stocked(sandbox).tax_rates
    made = rates.create(
        {"display_name": "IVA", "percentage": 6.5, "inclusive": True, "country": "PT"}
    )
    assert (made.percentage, made.active) == (6.5, True)
    assert rates.update(made.id, {"active": False}).active is False
    assert [each.id for each in rates.list({"active": False}).data] == [made.id]
    assert len(rates.list({"inclusive": True}).data) == 2
    assert rates.retrieve("txr_ex").display_name == "VAT"
