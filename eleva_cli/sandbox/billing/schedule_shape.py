"""Subscription schedules as stored and sent, and what their endpoints accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.params import (
    LISTING,
    anything,
    between,
    boolean,
    created,
    integer,
    list_of,
    metadata,
    moment,
    one_of,
    record,
    records,
    text,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.params import Check

Table = dict[str, "Check"]
_ANCHOR = one_of("automatic", "phase_start")
_METHOD = one_of("charge_automatically", "send_invoice")
_PRORATION = one_of("always_invoice", "create_prorations", "none")
_END = one_of("cancel", "none", "release", "renew")
_DURATION = record(
    {
        "interval": one_of("day", "month", "week", "year"),
        "interval_count": between(1, 1095),
    },
    ("interval",),
)
_DISCOUNTS = list_of(record({"coupon": text, "discount": text, "promotion_code": text}))
_ITEMS = records(
    {
        "billing_thresholds": anything,
        "discounts": _DISCOUNTS,
        "metadata": metadata,
        "plan": text,
        "price": text,
        "price_data": anything,
        "quantity": integer,
        "tax_rates": list_of(text),
    }
)
_SETTINGS = record(
    {
        "application_fee_percent": anything,
        "automatic_tax": anything,
        "billing_cycle_anchor": _ANCHOR,
        "billing_thresholds": anything,
        "collection_method": _METHOD,
        "default_payment_method": text,
        "description": text,
        "invoice_settings": anything,
        "on_behalf_of": text,
        "transfer_data": anything,
    }
)
_NEW_PHASE: Table = {
    "add_invoice_items": anything,
    "application_fee_percent": anything,
    "automatic_tax": anything,
    "billing_cycle_anchor": _ANCHOR,
    "billing_thresholds": anything,
    "collection_method": _METHOD,
    "currency": text,
    "default_payment_method": text,
    "default_tax_rates": list_of(text),
    "description": text,
    "discounts": _DISCOUNTS,
    "duration": _DURATION,
    "end_date": timestamp,
    "invoice_settings": anything,
    "items": _ITEMS,
    "metadata": metadata,
    "on_behalf_of": text,
    "proration_behavior": _PRORATION,
    "transfer_data": anything,
    "trial": boolean,
    "trial_end": timestamp,
}
_PHASE: Table = {
    **_NEW_PHASE,
    "end_date": moment("now"),
    "start_date": moment("now"),
    "trial_end": moment("now"),
}
CREATE: Mapping[str, Check] = {
    "billing_mode": record(
        {"flexible": anything, "type": one_of("classic", "flexible")}
    ),
    "customer": text,
    "customer_account": text,
    "default_settings": _SETTINGS,
    "end_behavior": _END,
    "from_subscription": text,
    "metadata": metadata,
    "pause_schedules": anything,
    "phases": records(_NEW_PHASE, ("items",)),
    "start_date": moment("now"),
}
UPDATE: Mapping[str, Check] = {
    "default_settings": _SETTINGS,
    "end_behavior": _END,
    "metadata": metadata,
    "pause_schedules": anything,
    "phases": records(_PHASE, ("items",)),
    "proration_behavior": _PRORATION,
}
LIST: Mapping[str, Check] = {
    **LISTING,
    **dict.fromkeys(("canceled_at", "completed_at", "created", "released_at"), created),
    "customer": text,
    "customer_account": text,
    "scheduled": boolean,
}
RELEASE: Mapping[str, Check] = {"preserve_cancel_date": boolean}
CANCEL: Mapping[str, Check] = {"invoice_now": boolean, "prorate": boolean}


# declared by the API, null until something sets them
_ABSENT: tuple[str, ...] = (
    "application",
    "canceled_at",
    "completed_at",
    "current_phase",
    "customer_account",
    "released_at",
    "released_subscription",
    "subscription",
    "test_clock",
)


def new(given: Json) -> Json:
    """Complete a schedule."""
    return {
        **dict.fromkeys(_ABSENT),
        "id": "",
        "object": "subscription_schedule",
        "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
        "created": 0,
        "customer": "",
        "default_settings": {
            "application_fee_percent": None,
            "automatic_tax": {
                "disabled_reason": None,
                "enabled": False,
                "liability": None,
            },
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "description": None,
            "invoice_settings": {
                "account_tax_ids": None,
                "custom_fields": None,
                "days_until_due": None,
                "description": None,
                "footer": None,
                "issuer": {"type": "self"},
            },
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": "release",
        "livemode": False,
        "metadata": {},
        "pause_schedules": [],
        "phases": [],
        "status": "active" if given.get("subscription") else "not_started",
        **given,
    }
