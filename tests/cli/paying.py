"""Accounts where people pay old prices, in all the ways that matter to a move."""

from __future__ import annotations

import time
from typing import Any

from eleva_cli.catalog import Catalogue
from tests.cli.stocked import CREATED, find, stocked

MONTHLY = "community-expert-monthly"  # 25.00, tax inclusive
TEAM = "team-starter-monthly"  # 99.00, tax exclusive
SEAT = "team-practitioner-seat-monthly"
ENDS = int(time.time()) + 20 * 86_400
DUE = time.strftime("%Y-%m-%d", time.gmtime(ENDS))
PAYS = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
MONEY = {
    "coupons": [
        {"id": "once", "percent_off": 100, "duration": "once"},
        {"id": "ever", "percent_off": 20, "duration": "forever"},
    ],
    "tax_rates": [
        {"id": "txr_23", "display_name": "VAT", "percentage": 23, "inclusive": False}
    ],
}


def paying(
    catalogue: Catalogue, amounts: dict[str, int], subscribers: dict[str, Any]
) -> dict[str, Any]:
    """
    Return an account of ours that still asks other amounts, and who pays them.

    Subscribers are by name; `on` is the lookup key, `item` and the rest what is seeded
    otherwise than for somebody who simply pays.
    """
    document = stocked(catalogue)
    for key, amount in amounts.items():
        find(document, "prices", f"price_{key}")["unit_amount"] = amount
    stripe = document["stripe"]
    stripe.update(MONEY)
    stripe["customers"] = [
        {"id": f"cus_{name}", "created": CREATED, **PAYS} for name in subscribers
    ]
    stripe["subscriptions"] = [_subscription(*pair) for pair in subscribers.items()]
    return document


def _subscription(name: str, given: dict[str, Any]) -> dict[str, Any]:
    more = dict(given)
    on, item = more.pop("on", MONTHLY), more.pop("item", {})
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": "active",
        "created": CREATED,
        "items": [
            {
                "id": f"si_{name}",
                "price": f"price_{on}",
                "current_period_end": ENDS,
                **item,
            }
        ],
        **more,
    }
