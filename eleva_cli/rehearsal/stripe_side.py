"""Stripe's side of a rehearsal: customers, what they pay, and who hears of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from eleva_cli.rehearsal.making import Making, address_of, listed

CUSTOMERS = "select * from customers where snapshot = :s order by id"
ABSENT = "select id, state from absent where snapshot = :s order by id"
SUBSCRIPTIONS = "select * from subscriptions where snapshot = :s order by id"
ENDPOINTS = "select * from endpoints where snapshot = :s order by id"
UNSOLD = "prod_rehearsal"  # what a subscription without items is given
PERIOD_S = 30 * 86_400
AFTER_ALL_SCANS = 4_102_444_800  # 2100-01-01: created, and in no list yet
CARD = {"default_payment_method": "pm_card_visa"}

Json = dict[str, Any]


def objects(making: Making) -> dict[str, list[Json]]:
    """Make the lists of a seed document; what was of the plan's mode is test mode."""
    customers = [*_customers(making), *_absent(making)]
    known = {row["id"] for row in customers}
    shelf = _Shelf()
    subscriptions = list(_subscriptions(making, known, shelf))
    making.stand_ins["products without a name"] += len(shelf.products)
    making.stand_ins["prices, one for each amount of a product"] += len(shelf.prices)
    return {
        "products": list(shelf.products.values()),
        "prices": list(shelf.prices.values()),
        "customers": customers,
        "subscriptions": subscriptions,
        "webhook_endpoints": list(_endpoints(making)),
    }


def _customers(making: Making) -> Iterator[Json]:
    for row in making.rows(CUSTOMERS):
        email = row["email_hash"] and address_of(row["email_hash"])
        making.stand_ins["customers' e-mails, one for each hash"] += bool(email)
        making.stand_ins["customers' payment methods"] += 1
        yield {
            "id": row["id"],
            "created": row["created"],
            "email": email,
            "livemode": bool(row["is_live"]) != making.is_live,
            "metadata": json.loads(row["stamp"]),
            "invoice_settings": {
                "custom_fields": None,
                "footer": None,
                "rendering_options": None,
                **CARD,
            },
        }


def _absent(making: Making) -> Iterator[Json]:
    """Make those that no list shows as they were found when asked for by id."""
    for row in making.rows(ABSENT):
        match row["state"]:
            case "deleted":
                yield {"id": row["id"], "deleted": True, "livemode": False}
            case "other-mode":
                yield {"id": row["id"], "livemode": True}
            case "new":
                yield {"id": row["id"], "created": AFTER_ALL_SCANS, "livemode": False}
            case _:
                pass  # it is as missing there


class _Shelf:
    """Products and prices as far as subscriptions tell of them."""

    def __init__(self) -> None:
        self.products: dict[str, Json] = {}
        self.prices: dict[tuple[str, int, str], Json] = {}

    def price(self, product: str, amount_cents: int, currency: str) -> str:
        """Name the price of a product for an amount, putting both on the shelf."""
        key = (product, amount_cents, currency)
        if key not in self.prices:
            self.products.setdefault(
                product, {"id": product, "name": product, "livemode": False}
            )
            self.prices[key] = {
                "id": f"price_rehearsal{len(self.prices) + 1}",
                "product": product,
                "currency": currency,
                "unit_amount": amount_cents,
                "recurring": {"interval": "month"},
                "livemode": False,
            }
        found: str = self.prices[key]["id"]
        return found


def _subscriptions(making: Making, known: set[str], shelf: _Shelf) -> Iterator[Json]:
    for row in making.rows(SUBSCRIPTIONS):
        if row["customer"] not in known:
            making.left_out["subscriptions of customers that are not there"] += 1
            continue
        start = _period_start(row["created"], making.at)
        making.stand_ins["monthly periods of subscriptions"] += 1
        yield {
            "id": row["id"],
            "customer": row["customer"],
            "status": row["status"],
            "created": row["created"],
            "livemode": False,
            "items": [
                {"price": price, "current_period_start": start}
                for price in _prices(making, row, shelf)
            ],
        }


def _prices(making: Making, row: Any, shelf: _Shelf) -> list[str]:  # noqa: ANN401
    """Name an item's price for each product; the first one carries the amount."""
    products = listed(row["products"])
    if not products:
        making.stand_ins["products of subscriptions without items"] += 1
        products = [UNSOLD]
    currency = row["currency"] or "usd"
    amounts = [row["amount_cents"], *[0] * (len(products) - 1)]
    return [
        shelf.price(product, amount, currency)
        for product, amount in zip(products, amounts, strict=True)
    ]


def _period_start(created: int, at: int) -> int:
    """Begin the period that was running when it was observed."""
    return at - (at - created) % PERIOD_S


def _endpoints(making: Making) -> Iterator[Json]:
    for row in making.rows(ENDPOINTS):
        making.stand_ins["paths of webhook addresses"] += 1
        yield {
            "id": row["id"],
            "url": f"https://{row['host']}/",
            "status": "enabled" if row["is_enabled"] else "disabled",
            "enabled_events": listed(row["events"]),
            "livemode": False,
        }
