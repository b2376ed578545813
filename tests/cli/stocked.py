"""Stripe accounts that sell what a catalogue says, and what a plan said of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from eleva_cli.catalog import Catalogue, Price, Product
from eleva_cli.catalog.shop import OWNER
from tests.cli.console import Said, World

CREATED = 1_760_000_000  # autumn 2025
SEATS = "workos_seat_count"
METER = {
    "id": "mtr_1",
    "event_name": SEATS,
    "default_aggregation": {"formula": "last"},
    "created": CREATED,
}


def stocked(
    catalogue: Catalogue, *, owned: bool = True, live: bool = False
) -> dict[str, Any]:
    """Return an account that is as the catalogue says; `owned` as we would make it."""
    mode = {"created": CREATED, "livemode": live}
    seats = [price for price in catalogue.prices if price.meter]
    products = [product(one, catalogue, owned=owned) for one in catalogue.products]
    return {
        "stripe": {
            "features": [
                {
                    "id": f"feat_{one.key}",
                    "lookup_key": one.key,
                    "name": one.name,
                    "metadata": {**one.metadata, **mark(one.key, owned=owned)},
                    **mode,
                }
                for one in catalogue.features
            ],
            "products": [{**one, **mode} for one in products],
            "product_features": [
                {
                    "product": one.id,
                    "entitlement_feature": f"feat_{key}",
                    **mode,
                }
                for one in catalogue.products
                for key in one.features
            ],
            "meters": [{**METER, "livemode": live}] if seats else [],
            "prices": [
                {**price(one, owned=owned), **mode}
                for one in catalogue.prices
                if not one.is_reserved
            ],
        }
    }


def mark(name: str, *, owned: bool) -> dict[str, str]:
    """Return the metadata of what is ours."""
    return {OWNER: name} if owned else {}


def product(one: Product, catalogue: Catalogue, *, owned: bool) -> dict[str, Any]:
    """Return a product as it is seeded."""
    offered = (price for price in catalogue.prices_of(one.id) if price.default)
    default = next(offered, None)
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "default_price": f"price_{default.key}" if default else None,
        "metadata": {**one.metadata, **mark(one.id, owned=owned)},
    }


def price(one: Price, *, owned: bool) -> dict[str, Any]:
    """Return a price as it is seeded."""
    metered = {"usage_type": "metered", "meter": METER["id"]} if one.meter else {}
    return {
        "id": f"price_{one.key}",
        "product": one.product,
        "currency": one.currency,
        "unit_amount": one.amount,
        "recurring": {
            "interval": one.interval,
            "interval_count": one.interval_count,
            **metered,
        },
        "tax_behavior": one.tax,
        "lookup_key": one.key,
        "metadata": {**one.metadata, **mark(one.key, owned=owned)},
    }


def subscribed(
    document: dict[str, Any], prices: dict[str, int], *, ends: int
) -> dict[str, Any]:
    """Add so many subscribers to each price; their periods end then."""
    mode = {
        "created": CREATED,
        "livemode": document["stripe"]["products"][0]["livemode"],
    }
    people = [
        (f"{price_id}_{number}", price_id)
        for price_id, count in prices.items()
        for number in range(count)
    ]
    document["stripe"]["customers"] = [
        {"id": f"cus_{name}", **mode} for name, _ in people
    ]
    document["stripe"]["subscriptions"] = [
        {
            "id": f"sub_{name}",
            "customer": f"cus_{name}",
            "status": "active",
            "items": [{"price": price_id, "current_period_end": ends}],
            **mode,
        }
        for name, price_id in people
    ]
    return document


def find(document: dict[str, Any], section: str, object_id: str) -> dict[str, Any]:
    """Return an object of a seed document, to be changed."""
    found: dict[str, Any] = next(
        one for one in document["stripe"][section] if one["id"] == object_id
    )
    return found


def findings(said: Said, severity: str = "error") -> list[tuple[str, str]]:
    """Return code and subject of the findings of one severity."""
    return sorted(
        (str(one["code"]), str(one["subject"]))
        for one in said.json["findings"]
        if one["severity"] == severity
    )


def rows(said: Said) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that are not empty, by name."""
    tables = {name: each for name, each in said.data.items() if isinstance(each, list)}
    return {name: each for name, each in tables.items() if each and name != "next"}


def paths(world: World) -> Counter[str]:
    """Count calls by path; only reads are there."""
    calls = world.calls()
    assert {method for method, _ in calls} == {"GET"}
    return Counter(path for _, path in calls)
