"""Subscriptions as stored and as sent.

Stored, a subscription keeps its items with the prices' ids; sent, each item shows its
whole price, and the nested list is cut at ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.prices import plan_of

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session

NESTED_LIMIT = 10
ENDED = ("canceled", "incomplete_expired")
STATUSES: tuple[str, ...] = (
    "active",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)


def new(given: Json) -> Json:
    """Complete a subscription as it is stored."""
    created = given.get("created", 0)
    return {
        "id": "",
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": None,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "eur",
        "customer": "",
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": [],
        "latest_invoice": None,
        "livemode": False,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": created,
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {
            "end_behavior": {"missing_payment_method": "create_invoice"}
        },
        "trial_start": None,
        **given,
    }


class Rendering:
    """Shows subscriptions; prices are read once per request."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._prices: dict[str, tuple[Json, Json]] = {}

    def subscription(self, body: Json) -> Json:
        """Show a stored subscription."""
        items: list[Json] = body["items"]
        shown = [self.item(body["id"], item) for item in items[:NESTED_LIMIT]]
        nested = {
            "object": "list",
            "data": shown,
            "has_more": len(items) > NESTED_LIMIT,
            "total_count": len(items),
            "url": f"/v1/subscription_items?subscription={body['id']}",
        }
        return {**body, "items": nested}

    def item(self, subscription_id: str, item: Json) -> Json:
        """Show a stored item."""
        price, plan = self._price(item["price"])
        shown = {
            "id": item["id"],
            "object": "subscription_item",
            "billing_thresholds": None,
            "created": item["created"],
            "current_period_end": item["current_period_end"],
            "current_period_start": item["current_period_start"],
            "discounts": [],
            "metadata": item["metadata"],
            "plan": plan,
            "price": price,
            "subscription": subscription_id,
            "tax_rates": [],
        }
        if item["quantity"] is not None:
            shown["quantity"] = item["quantity"]
        return shown

    def _price(self, price_id: str) -> tuple[Json, Json]:
        if price_id not in self._prices:
            price = self._session.get("price", price_id)
            assert price is not None, price_id
            self._prices[price_id] = (price, plan_of(price))
        return self._prices[price_id]
