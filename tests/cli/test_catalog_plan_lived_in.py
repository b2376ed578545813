"""`eleva catalog plan` on an account of many years, with one mess of every kind."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.catalog import Catalogue
from eleva_cli.inputs.catalogue import packaged, read
from tests.cli.console import Console, World
from tests.cli.stocked import (
    CREATED,
    find,
    findings,
    paths,
    rows,
    stocked,
    subscribed,
)

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
MONTH_S = 30 * 86_400


def adopted() -> Catalogue:
    """Return a catalogue with an account's own product ids, as adopting writes it."""
    ids = {one.id: f"prod_{number}x" for number, one in enumerate(CATALOGUE.products)}
    return replace(
        CATALOGUE,
        products=tuple(replace(one, id=ids[one.id]) for one in CATALOGUE.products),
        prices=tuple(
            replace(one, product=ids[one.product]) for one in CATALOGUE.prices
        ),
    )


def adopt(eleva: Console, catalogue: Catalogue) -> None:
    """Write that catalogue down, and name it."""
    text = packaged()
    for old, new in zip(CATALOGUE.products, catalogue.products, strict=True):
        text = text.replace(f"[products.{old.id}]", f"[products.{new.id}]")
        text = text.replace(f'product = "{old.id}"', f'product = "{new.id}"')
    (eleva.folder / "mine.toml").write_text(text, encoding="utf-8")
    eleva.environment.setenv("ELEVA_CATALOG", "mine.toml")


def lived_in(catalogue: Catalogue, unrelated: int = 150) -> dict[str, Any]:
    """Return an account of many years, with one mess of every kind."""
    document = stocked(catalogue, owned=False)
    stripe = document["stripe"]
    find(document, "prices", "price_community-expert-annual")["lookup_key"] = None
    find(document, "prices", "price_top-expert-annual")["lookup_key"] = None
    find(document, "prices", "price_top-expert-monthly")["unit_amount"] = 4900
    find(document, "prices", "price_team-starter-annual")["currency"] = "usd"
    find(document, "features", "feat_analytics_access")["active"] = False
    find(document, "products", catalogue.products[0].id)["description"] = "Since 2019"
    community = catalogue.products[0]
    twin = {"id": "prod_twin", "name": community.name, "created": CREATED}
    free = {"id": "prod_free", "name": "Free", "created": CREATED}
    others = [
        {"id": f"prod_other{n}", "name": f"Other {n}", "created": CREATED}
        for n in range(unrelated)
    ]
    stripe["products"] += [twin, free, *others]
    stripe["prices"] += [
        {
            "id": f"price_of_{one['id']}",
            "product": one["id"],
            "currency": "eur",
            "unit_amount": 0 if one is free else 1000,
            "recurring": {"interval": "month"},
            "created": CREATED,
        }
        for one in (twin, free, *others)
    ]
    stripe["prices"].append(
        {
            "id": "price_once",
            "product": "prod_twin",
            "currency": "eur",
            "unit_amount": 9000,
            "created": CREATED,
        }
    )
    return document


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
