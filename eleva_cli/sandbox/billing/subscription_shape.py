"""Subscriptions as stored and as sent.

Stored, a subscription keeps its items with the prices' ids, and what only the sandbox
must know; sent, each item shows its whole price, and the nested list is cut at ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import price_shape

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
# what is stored and never sent
PRIVATE = ("past_due_since", "pending_change", "schedule_dues")

# declared by the API, null until something sets them
ABSENT = (
    "application",
    "application_fee_percent",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "cancel_at",
    "canceled_at",
    "cancellation_details",
    "customer_account",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "ended_at",
    "latest_invoice",
    "next_pending_invoice_item_invoice",
    "on_behalf_of",
    "pause_collection",
    "pending_invoice_item_interval",
    "pending_setup_intent",
    "pending_update",
    "schedule",
    "status_details",
    "test_clock",
    "transfer_data",
    "trial_end",
    "trial_start",
)


def new(given: Json) -> Json:
    """Complete a subscription as it is stored."""
    created = given.get("created", 0)
    return {
        **dict.fromkeys(ABSENT),
        "id": "",
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "eur",
        "customer": "",
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": [],
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": created,
        "status": "active",
        "trial_settings": {
            "end_behavior": {"missing_payment_method": "create_invoice"}
        },
        **given,
    }


def new_item(given: Json) -> Json:
    """Complete a subscription's item as it is stored."""
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "quantity": None,
        "tax_rates": [],
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
            "url": f"/v1/subscription_items?subscription={body['id']}",
        }
        sent = {**body, "items": nested}
        for name in PRIVATE:
            sent.pop(name, None)
        return sent

    def item(self, subscription_id: str, item: Json) -> Json:
        """Show a stored item."""
        price, plan = self._price(item["price"])
        shown = {
            "id": item["id"],
            "object": "subscription_item",
            "billing_thresholds": item.get("billing_thresholds"),
            "created": item["created"],
            "current_period_end": item["current_period_end"],
            "current_period_start": item["current_period_start"],
            "discounts": item.get("discounts", []),
            "metadata": item["metadata"],
            "plan": plan,
            "price": price,
            "subscription": subscription_id,
            "tax_rates": item.get("tax_rates", []),
        }
        if item["quantity"] is not None:
            shown["quantity"] = item["quantity"]
        return shown

    def _price(self, price_id: str) -> tuple[Json, Json]:
        if price_id not in self._prices:
            price = self._session.get("price", price_id)
            assert price is not None, price_id
            shown, plan = price_shape.shown(price), price_shape.plan_of(price)
            self._prices[price_id] = (shown, plan)
        return self._prices[price_id]
