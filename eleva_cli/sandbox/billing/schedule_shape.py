"""Subscription schedules as stored and sent, and what their endpoints accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.billing.rhythm import shifted
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
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.params import Check
    from eleva_cli.sandbox.wire import Call

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
_ABSENT_IN_PHASE: tuple[str, ...] = (
    "application_fee_percent",
    "automatic_tax",
    "billing_cycle_anchor",
    "billing_thresholds",
    "collection_method",
    "default_payment_method",
    "description",
    "invoice_settings",
    "on_behalf_of",
    "transfer_data",
    "trial_end",
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


def _phase(given: Json) -> Json:
    """Complete a phase."""
    return {
        **dict.fromkeys(_ABSENT_IN_PHASE),
        "add_invoice_items": [],
        "currency": "eur",
        "default_tax_rates": [],
        "discounts": [],
        "items": [],
        "metadata": {},
        "proration_behavior": "create_prorations",
        **given,
    }


def _item(given: Json) -> Json:
    price = given["price"]
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": dict(given.get("metadata") or {}),
        "plan": price,
        "price": price,
        "quantity": given.get("quantity", 1),
        "tax_rates": [],
    }


def phase_of(owner: Json) -> Json:
    """Make the phase that a subscription is in."""
    return _phase(
        {
            "collection_method": owner["collection_method"],
            "currency": owner["currency"],
            "default_payment_method": owner["default_payment_method"],
            "end_date": max(item["current_period_end"] for item in owner["items"]),
            "items": [_item(item) for item in owner["items"]],
            "start_date": min(item["current_period_start"] for item in owner["items"]),
            "trial_end": owner["trial_end"],
        }
    )


def phases_of(call: Call, wanted: list[Json], start: int) -> list[Json]:
    """Make phases that follow on one another; without an end they last one interval."""
    phases = []
    for number, given in enumerate(wanted):
        place = f"phases[{number}][items]"
        prices = [_price(call, item, place) for item in given["items"]]
        length = given.get("duration") or prices[0]["recurring"]
        length = {"interval_count": 1, **length}
        end = given.get("end_date") or shifted(start, length)
        if end == "now":
            end = call.seconds
        plain = {k: v for k, v in given.items() if k in _KEPT and v}
        phases.append(
            _phase(
                {
                    **plain,
                    "currency": prices[0]["currency"],
                    "end_date": end,
                    "items": [_item(item) for item in given["items"]],
                    "start_date": start,
                }
            )
        )
        start = end
    return phases


_KEPT: tuple[str, ...] = (
    "collection_method",
    "default_payment_method",
    "description",
    "metadata",
    "proration_behavior",
)


def _price(call: Call, item: Json, place: str) -> Json:
    price_id = item.get("price") or item.get("plan")
    if not price_id:
        raise invalid(
            f"Missing required param: {place}[price].",
            code="parameter_missing",
            param=place,
        )
    item["price"] = price_id
    price = find(call, "price", price_id, param=place)
    if price["recurring"] is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts"
            " prices with `type=recurring`.",
            param=place,
        )
    return price
