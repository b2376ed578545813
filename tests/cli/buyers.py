"""Experts who pay the catalogue's prices, linked and stamped, by a card that works."""

from __future__ import annotations

import time
from typing import Any

import httpx2

from eleva_cli.catalog.stamping import of_subscription
from tests.cli.console import World
from tests.cli.experts import CATALOGUE, customer, experts, link
from tests.cli.stocked import CREATED

DAY_S = 86_400
ENDS = int(time.time()) + 20 * DAY_S
MONTHLY, ANNUAL = "community-expert-monthly", "community-expert-annual"
TOP = "top-expert-monthly"
CARD = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}


def buyers(
    paying: dict[str, Any], *others: str, roles: dict[str, str] | None = None
) -> dict[str, Any]:
    """
    Return a seed: who pays, by name, with what is otherwise about the subscription.

    `on` is the lookup key; `others` are experts without a customer.
    """
    brought = {name: _role(given) for name, given in paying.items()}
    document = experts(*paying, *others, roles={**brought, **(roles or {})})
    stripe = document["stripe"]
    stripe["coupons"] = [{"id": "free", "percent_off": 100, "duration": "forever"}]
    stripe["tax_rates"] = [
        {"id": "txr_23", "display_name": "VAT", "percentage": 23, "inclusive": False}
    ]
    stripe["subscriptions"] = [_paid(name, given) for name, given in paying.items()]
    for name in paying:
        stripe["customers"].append(customer(f"cus_{name}", **{**CARD, **whose(name)}))
        link(document, name, f"cus_{name}")
    return document


def whose(name: str) -> dict[str, Any]:
    """Return what a customer says of whose it is."""
    user = f"user_{name}"
    named = {"workos_org_id": f"org_{name}", "workos_user_id": user}
    return {"metadata": {**named, "workosUserId": user}}


def _role(given: dict[str, Any]) -> str:
    is_top = given.get("on", MONTHLY).startswith("top")
    return "expert_top" if is_top else "expert_community"


def _paid(name: str, given: dict[str, Any]) -> dict[str, Any]:
    more = dict(given)
    key, item = more.pop("on", MONTHLY), more.pop("item", {})
    price = CATALOGUE.price(key)
    assert price is not None
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": "active",
        "created": CREATED,
        "metadata": of_subscription(
            CATALOGUE, price, user=f"user_{name}", organization=f"org_{name}"
        ),
        "items": [
            {
                "id": f"si_{name}",
                "price": f"price_{key}",
                "current_period_start": ENDS - 30 * DAY_S,
                "current_period_end": ENDS,
                **item,
            }
        ],
        **more,
    }


def pay(world: World, invoice: str) -> None:
    """Pay an invoice as its customer would, on the hosted page."""
    place = f"{world.server.base_url}/_sandbox/pay"
    answer = httpx2.post(place, json={"invoice": invoice})
    assert answer.status_code == 200, answer.text


def role(world: World, name: str) -> str:
    """Return an expert's primary role."""
    return str(world.stored(f"om_{name}_{name}")["role"]["slug"])


def invoices(world: World) -> list[dict[str, Any]]:
    """Return all invoices that the sandbox keeps."""
    with world.front.store.read() as session:
        rows = session.rows("SELECT id FROM objects WHERE id LIKE 'in_%'")
    return [world.stored(str(row[0])) for row in rows]
