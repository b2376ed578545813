"""A small shop for tests of money: two products, a few prices, who can pay."""

from __future__ import annotations

from typing import Any

from tests.sandbox.harness import Sandbox

DAY = 86_400
PAYING = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}


def price(
    price_id: str, amount: int | None, product: str = "prod_old", **more: Any
) -> Any:
    """Give a price as a seed has it, monthly unless told."""
    rhythm = {"recurring": {"interval": "month"}}
    return {"id": price_id, "product": product, "unit_amount": amount, **rhythm, **more}


SHOP: Any = {
    "products": [
        {"id": "prod_old", "name": "Old"},
        {"id": "prod_new", "name": "New"},
    ],
    "prices": [
        price("price_old", 2990),
        price("price_new", 2990, "prod_new"),
        price("price_dear", 4990, "prod_new"),
        price("price_free", 0, "prod_new"),
        price("price_year", 29900, "prod_new", recurring={"interval": "year"}),
        price("price_in", 1234, tax_behavior="inclusive"),
        price("price_ex", 1234, tax_behavior="exclusive"),
    ],
    "coupons": [
        {"id": "quarter", "percent_off": 25, "duration": "forever"},
        {"id": "five", "amount_off": 500, "currency": "eur", "duration": "forever"},
        {"id": "first", "percent_off": 50, "duration": "once"},
        {
            "id": "months",
            "percent_off": 10,
            "duration": "repeating",
            "duration_in_months": 2,
        },
        {
            "id": "old_only",
            "percent_off": 20,
            "duration": "forever",
            "applies_to": {"products": ["prod_old"]},
        },
        {"id": "all", "percent_off": 100, "duration": "forever"},
    ],
    "tax_rates": [
        {"id": "txr_in", "display_name": "VAT", "percentage": 23, "inclusive": True},
        {"id": "txr_ex", "display_name": "VAT", "percentage": 23, "inclusive": False},
    ],
    "customers": [
        {"id": "cus_pays", "email": "pays@example.test", **PAYING},
        {"id": "cus_poor", "email": "poor@example.test"},
        {
            "id": "cus_broke",
            "email": "broke@example.test",
            "invoice_settings": {"default_payment_method": "pm_card_chargeDeclined"},
        },
    ],
}


def stocked(sandbox: Sandbox) -> Any:
    """Seed the shop, and give the SDK."""
    sandbox.seed({"stripe": SHOP})
    return sandbox.stripe()


def subscribed(sdk: Any, *prices: str, customer: str = "cus_pays", **more: Any) -> Any:
    """Subscribe a customer to prices; the first invoice comes with it."""
    items = [{"price": each} for each in prices]
    expand = {"expand": ["latest_invoice"]}
    return sdk.subscriptions.create(
        {"customer": customer, "items": items, **expand, **more}
    )


def to_end_of(sandbox: Sandbox, subscription: Any) -> None:
    """Move the clock to the end of a subscription's period."""
    sandbox.post("clock", to=subscription["items"].data[0].current_period_end)


def latest(sdk: Any, subscription: Any) -> Any:
    """Give the latest invoice of a subscription."""
    found = sdk.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    return found.latest_invoice


def types_of(sdk: Any) -> list[str]:
    """Give the types of all events, the oldest first."""
    return [each.type for each in sdk.events.list({"limit": 100}).data][::-1]
