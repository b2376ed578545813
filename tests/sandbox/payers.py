"""A business with customers who can pay, cannot, or need not; and what time does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.sandbox.harness import Sandbox

DAY_S = 86_400
CARD = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
BAD_CARD = {"invoice_settings": {"default_payment_method": "pm_card_chargeDeclined"}}
ADDONS = [
    {
        "id": f"price_a{n:02}",
        "product": "prod_1",
        "unit_amount": n,
        "recurring": {"interval": "month"},
    }
    for n in range(22)
]
PRICES = [
    {
        "id": "price_free",
        "product": "prod_1",
        "unit_amount": 0,
        "recurring": {"interval": "month"},
    },
    {
        "id": "price_dear",
        "product": "prod_2",
        "unit_amount": 5_900,
        "recurring": {"interval": "month"},
    },
    {
        "id": "price_year",
        "product": "prod_1",
        "unit_amount": 24_000,
        "recurring": {"interval": "year"},
    },
    {
        "id": "price_day",
        "product": "prod_1",
        "unit_amount": 100,
        "recurring": {"interval": "day"},
    },
    {
        "id": "price_dollar",
        "product": "prod_1",
        "unit_amount": 900,
        "currency": "usd",
        "recurring": {"interval": "month"},
    },
    {
        "id": "price_metered",
        "product": "prod_1",
        "unit_amount": 50,
        "recurring": {
            "interval": "month",
            "usage_type": "metered",
            "meter": "mtr_seats",
        },
    },
    {"id": "price_once", "product": "prod_1", "unit_amount": 100},
    {
        "id": "price_gone",
        "product": "prod_1",
        "unit_amount": 100,
        "active": False,
        "recurring": {"interval": "month"},
    },
]
SHOP = {
    "products": [{"id": "prod_2", "name": "Top"}],
    "prices": PRICES + ADDONS,
    "meters": [{"id": "mtr_seats", "event_name": "seats"}],
    "customers": [
        {"id": "cus_pays", "created": 3_000, **CARD},
        {"id": "cus_fails", "created": 3_001, **BAD_CARD},
        {"id": "cus_bare", "created": 3_002},
    ],
    "features": [
        {"id": f"feat_{key}", "lookup_key": key, "name": key.title()}
        for key in ("courses", "support")
    ],
    "product_features": [{"product": "prod_1", "entitlement_feature": "feat_courses"}],
}


def open_shop(sandbox: Sandbox) -> Sandbox:
    sandbox.seed({"stripe": SHOP})
    return sandbox


def subscribe(
    sandbox: Sandbox, price: str = "price_1", customer: str = "cus_pays", **more: Any
) -> Any:
    params = {"customer": customer, "items": [{"price": price}], **more}
    return sandbox.stripe().subscriptions.create(params)


def now(sandbox: Sandbox) -> int:
    return int(sandbox.get("clock")["now"])


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def days(*moments: int) -> list[str]:
    return [f"{datetime.fromtimestamp(each, UTC):%Y-%m-%d}" for each in moments]


def period_of(subscription: Any, number: int = 0) -> tuple[int, int]:
    item = subscription["items"].data[number]
    return item.current_period_start, item.current_period_end


def told(sandbox: Sandbox, subscription: Any) -> list[Any]:
    """The events about a subscription, oldest first."""
    listed = sandbox.stripe().events.list(
        {"limit": 100, "type": "customer.subscription.*"}
    )
    found = [each for each in listed.data if each.data.object.id == subscription.id]
    return found[::-1]


def types(sandbox: Sandbox, subscription: Any) -> list[str]:
    """What was told of a subscription, in short."""
    return [each.type.rpartition(".")[2] for each in told(sandbox, subscription)]


def keys_of(sandbox: Sandbox, customer: str = "cus_pays") -> list[str]:
    listed = sandbox.stripe().entitlements.active_entitlements.list(
        {"customer": customer}
    )
    return [each.lookup_key for each in listed.data]


def on_clock(sandbox: Sandbox, text: str, **more: Any) -> tuple[str, str]:
    """Make a test clock at a time and a customer that lives by it."""
    client = sandbox.stripe()
    clock = client.test_helpers.test_clocks.create({"frozen_time": at(text)})
    customer = client.customers.create({"test_clock": clock.id, **CARD, **more})
    return clock.id, customer.id


def advance(sandbox: Sandbox, clock: str, text: str) -> Any:
    clocks = sandbox.stripe().test_helpers.test_clocks
    return clocks.advance(clock, {"frozen_time": at(text)})
