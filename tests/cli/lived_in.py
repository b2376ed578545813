"""A Stripe account of many years, and the catalogue that knows its ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eleva_cli.catalog import Catalogue
from eleva_cli.inputs.catalogue import packaged, read
from tests.cli.console import Console
from tests.cli.stocked import CREATED, find, stocked

CATALOGUE = read(None)


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
