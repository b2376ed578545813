"""Subscription items of a seed document, in the API's shape or in short."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.rhythm import shifted
from eleva_cli.sandbox.billing.subscription_shape import new_item
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json


class ItemError(ValueError):
    """An item that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What items refer to: prices, and the features of their products."""

    price: Callable[[str], Json | None]
    features: Callable[[str], list[str]]
    knows_feature: Callable[[object], bool]


def with_items(body: Json, catalogue: Catalogue) -> Json:
    """Store a subscription's items by the prices' ids, each with its period."""
    given = body["items"]
    if isinstance(given, Mapping):
        given = given.get("data")
    if not isinstance(given, list) or not given:
        raise ItemError("items: must be a list, or a list object with data")
    items = [_item(body, number, each, catalogue) for number, each in enumerate(given)]
    if body["cancel_at_period_end"] and body["cancel_at"] is None:
        body["cancel_at"] = max(item["current_period_end"] for item in items)
    return {**body, "items": items, "currency": _currency(items[0], catalogue)}


def _currency(item: Json, catalogue: Catalogue) -> str:
    price = catalogue.price(item["price"])
    assert price is not None
    return str(price["currency"])


def _features(given: Json, place: str, price: Json, catalogue: Catalogue) -> list[str]:
    """Read the features an older period granted; by default those granted now."""
    features = given.get("features")
    if features is None:
        return catalogue.features(price["product"])
    if not isinstance(features, list):
        raise ItemError(f"{place}.features: must be a list of ids")
    for each in features:
        if not catalogue.knows_feature(each):
            raise ItemError(f"{place}.features: feature {each!r} is not there")
    return features


def _item(body: Json, number: int, given: object, catalogue: Catalogue) -> Json:
    place = f"items[{number}]"
    if not isinstance(given, Mapping):
        raise ItemError(f"{place}: must be an object")
    named = given.get("price")
    price_id = named.get("id") if isinstance(named, Mapping) else named
    price = catalogue.price(price_id) if isinstance(price_id, str) else None
    if price is None:
        raise ItemError(f"{place}.price: price {price_id!r} is not in the document")
    if price["recurring"] is None:
        raise ItemError(f"{place}.price: price {price_id!r} does not recur")
    start = given.get("current_period_start", body["created"])
    metered = price["recurring"]["usage_type"] == "metered"
    return new_item(
        {
            "id": given.get("id") or make_id("si", f"{body['id']}/{number}"),
            "created": given.get("created", body["created"]),
            "current_period_start": start,
            "current_period_end": given.get(
                "current_period_end", shifted(start, price["recurring"])
            ),
            "discounts": list(given.get("discounts", ())),
            "features": _features(dict(given), place, price, catalogue),
            "metadata": dict(given.get("metadata", {})),
            "price": price_id,
            "quantity": None if metered else given.get("quantity", 1),
            "tax_rates": list(given.get("tax_rates", ())),
        }
    )
