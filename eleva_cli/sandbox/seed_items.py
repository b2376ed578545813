"""Subscription items of a seed document, in the API's shape or in short."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.subscription_change import period_end
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json


class ItemError(ValueError):
    """An item that cannot be."""


def with_items(body: Json, price_of: Callable[[str], Json | None]) -> Json:
    """Store a subscription's items by the prices' ids, each with its period."""
    given = body["items"]
    if isinstance(given, Mapping):
        given = given.get("data")
    if not isinstance(given, list) or not given:
        raise ItemError("items: must be a list, or a list object with data")
    items = [_item(body, number, each, price_of) for number, each in enumerate(given)]
    return {**body, "items": items, "currency": _currency(items[0], price_of)}


def _currency(item: Json, price_of: Callable[[str], Json | None]) -> str:
    price = price_of(item["price"])
    assert price is not None
    return str(price["currency"])


def _item(
    body: Json, number: int, given: object, price_of: Callable[[str], Json | None]
) -> Json:
    place = f"items[{number}]"
    if not isinstance(given, Mapping):
        raise ItemError(f"{place}: must be an object")
    named = given.get("price")
    price_id = named.get("id") if isinstance(named, Mapping) else named
    price = price_of(price_id) if isinstance(price_id, str) else None
    if price is None:
        raise ItemError(f"{place}.price: price {price_id!r} is not in the document")
    if price["recurring"] is None:
        raise ItemError(f"{place}.price: price {price_id!r} does not recur")
    start = given.get("current_period_start", body["created"])
    metered = price["recurring"]["usage_type"] == "metered"
    return {
        "id": given.get("id") or make_id("si", f"{body['id']}/{number}"),
        "created": given.get("created", body["created"]),
        "current_period_start": start,
        "current_period_end": given.get(
            "current_period_end", period_end(start, price["recurring"])
        ),
        "metadata": dict(given.get("metadata", {})),
        "price": price_id,
        "quantity": None if metered else given.get("quantity", 1),
    }
