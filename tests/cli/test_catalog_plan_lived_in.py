"""`eleva catalog plan` on an account of many years, with one mess of every kind."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.cli.console import Console, World
from tests.cli.lived_in import adopt, adopted, lived_in
from tests.cli.stocked import findings, paths, rows, subscribed

pytestmark = pytest.mark.usefixtures("unhurried")

MONTH_S = 30 * 86_400


def test_a_lived_in_account_shows_exactly_the_true_differences(
    eleva: Console, world: World
) -> None:
    """Conflicts by name, an archived feature made anew, and all the rest left alone."""
    catalogue = adopted()
    adopt(eleva, catalogue)
    people = {"price_top-expert-monthly": 2}
    ends = int(time.time()) + MONTH_S
    world.load(subscribed(lived_in(catalogue), people, ends=ends))
    said = eleva.json("catalog", "plan")

    assert findings(said) == [
        ("amount-differs", "top-expert-monthly"),
        ("currency-differs", "team-starter-annual"),
        ("price-without-key", "community-expert-annual"),
        ("price-without-key", "top-expert-annual"),
    ]
    assert findings(said, "warning") == [("feature-archived", "analytics_access")]
    assert said.data["headline"] == (
        "1 to recreate, 1 to attach, 1 to detach, 4 conflicts, 2 reserved"
    )
    (amount,) = (f for f in said.json["findings"] if f["code"] == "amount-differs")
    assert amount["evidence"] == {
        "price": "price_top-expert-monthly",
        "product": "prod_1x",
        "subscribers": "2",
        "a month": "€98.00",
    }
    assert {
        name: [(row["change"], row["key"], row["risk"]) for row in each]
        for name, each in rows(said).items()
    } == {
        "feature_changes": [("recreate", "analytics_access", "safe")],
        "attachment_changes": [
            ("attach", "analytics_access", "safe"),
            ("detach", "analytics_access", "safe"),
        ],
    }
    assert said.data["not_in_the_catalogue"] == {
        "features": 0,
        "products": 152,
        "prices": 154,
    }
    assert world.effects() == []


def test_the_packaged_catalogue_guesses_nothing_on_a_lived_in_account(
    eleva: Console, world: World
) -> None:
    """Products of its names under other ids: one, or two of which neither is chosen."""
    world.load(lived_in(adopted()))
    said = eleva.json("catalog", "plan")
    codes = Counter(code for code, _ in findings(said))

    assert codes == {"product-unadopted": 6, "two-candidates": 1}
    assert rows(said).keys() == {"feature_changes"}


@pytest.mark.parametrize("unrelated", [10, 250])
def test_calls_grow_with_pages_not_with_products(
    eleva: Console, world: World, unrelated: int
) -> None:
    """But for one list of each product that the catalogue names."""
    catalogue = adopted()
    adopt(eleva, catalogue)
    world.load(lived_in(catalogue, unrelated))
    assert eleva.json("catalog", "plan").code == 0

    pages = 1 if unrelated == 10 else 3
    calls = paths(world)
    attachments = sum(n for path, n in calls.items() if path.endswith("/features"))
    assert calls["/v1/products"] == pages
    assert calls["/v1/prices"] == pages + 2
    assert attachments == len(catalogue.products) + 2
    assert calls["/v1/subscriptions"] == 1
