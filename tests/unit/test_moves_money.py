"""What a plan comes to in money, added up and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.catalog.sales import a_month
from eleva_cli.moves import Money, Terms
from eleva_cli.moves.money import Sums, read
from eleva_cli.moves.terms import differing, same, shown
from tests.moves_world import RULES, TOP, item

TERMS = RULES.targets[TOP].terms


def test_sums_are_rounded_once() -> None:
    """Three thirds of a cent are one cent, each currency for itself."""
    sums = Sums()
    for _ in range(3):
        sums.add(Money(currency="eur", monthly_before=33, renewal_before=5, moved=1))
    sums.add(Money(currency="eur", monthly_before=1, renewal_after=-7))
    sums.add(Money(currency="usd", previewed=1))
    counts = sums.counts()

    assert counts["money.eur.monthly_before"] == 1
    assert (counts["money.eur.moved"], counts["money.eur.renewal_before"]) == (3, 15)
    assert read({**counts, "lanes": 3, "money.eur.odd": 1, "money.eur": 1}) == (
        Money(
            currency="eur",
            monthly_before=1,
            renewal_before=15,
            renewal_after=-7,
            moved=3,
        ),
        Money(currency="usd", previewed=1),
    )


def test_nothing_comes_to_nothing() -> None:
    """A plan without subscribers has no figures."""
    assert Sums().counts() == {}
    assert read({}) == ()


def test_prices_are_the_same_in_all_nine_fields() -> None:
    """Each of them alone makes another price, and so does an unknown amount."""
    others = {
        "currency": "usd",
        "amount": 1,
        "interval": "week",
        "interval_count": 2,
        "usage": "metered",
        "scheme": "tiered",
        "transform": "10 up",
        "tax": "exclusive",
        "tax_code": "txcd_1",
    }
    for name, value in others.items():
        other: Terms = replace(TERMS, **{name: value})  # type: ignore[arg-type]
        assert differing(TERMS, other) == (name,)
    unknown = replace(TERMS, amount=None)
    assert same(TERMS, TERMS)
    assert not same(unknown, unknown)


def test_terms_are_written_for_people() -> None:
    """Amount and rhythm, or that there is not one amount."""
    assert shown(TERMS) == "€59.00 every month"
    assert shown(replace(TERMS, interval_count=3)) == "€59.00 every 3 months"
    assert shown(replace(TERMS, amount=None)) == "no single amount every month"


@pytest.mark.parametrize(
    ("transform", "quantity", "cents"),
    [("", 21, 2100), ("10 up", 21, 300), ("10 down", 21, 200), ("10 up", 0, 0)],
)
def test_packages_are_paid_by_the_package(
    transform: str, quantity: int, cents: int
) -> None:
    """What is left over makes another one, or none."""
    packed = item(unit_amount=100, transform=transform, quantity=quantity)

    assert a_month(packed) == cents
