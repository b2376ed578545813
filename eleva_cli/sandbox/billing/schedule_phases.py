"""The phases of a subscription schedule: made of a subscription, or as they are given.

A phase says all of what its subscription will be: what is left out is as if there were
none, but for metadata, which is merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.item_change import tax_rates
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.billing.rhythm import shifted
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

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
_KEPT = (
    "add_invoice_items",
    "automatic_tax",
    "billing_cycle_anchor",
    "collection_method",
    "default_payment_method",
    "description",
    "invoice_settings",
    "metadata",
    "proration_behavior",
    "trial",
    "trial_end",
)
_NO_DISCOUNT: Json = {"coupon": None, "discount": None, "promotion_code": None}


def phase_of(owner: Json) -> Json:
    """Make the phase that a subscription is in."""
    ends = max(item["current_period_end"] for item in owner["items"])
    return _phase(
        {
            "automatic_tax": dict(owner["automatic_tax"]),
            "collection_method": owner["collection_method"],
            "currency": owner["currency"],
            "default_payment_method": owner["default_payment_method"],
            "default_tax_rates": owner["default_tax_rates"],
            "description": owner["description"],
            "discounts": _named(owner["discounts"]),
            "end_date": ends,
            "invoice_settings": {
                **owner["invoice_settings"],
                "days_until_due": owner["days_until_due"],
            },
            "items": [_as_it_is(item) for item in owner["items"]],
            "metadata": dict(owner["metadata"]),
            "start_date": min(item["current_period_start"] for item in owner["items"]),
            "trial": owner["trial_end"] == ends,
            "trial_end": owner["trial_end"],
        }
    )


def phases_of(call: Call, wanted: list[Json], start: int) -> list[Json]:
    """Make phases that follow on one another; without an end they last one interval."""
    phases = []
    for number, given in enumerate(wanted):
        phase = _given(call, given, start, f"phases[{number}]")
        phases.append(phase)
        start = phase["end_date"]
    return phases


def _given(call: Call, given: Json, start: int, place: str) -> Json:
    prices = [_price(call, item, f"{place}[items]") for item in given["items"]]
    length = given.get("duration") or prices[0]["recurring"]
    end = given.get("end_date") or shifted(start, {"interval_count": 1, **length})
    return _phase(
        {
            **{name: given[name] for name in _KEPT if given.get(name)},
            "currency": prices[0]["currency"],
            "default_tax_rates": _rates(call, given, place, "default_tax_rates"),
            "discounts": _discounts(call, given, place),
            "end_date": call.seconds if end == "now" else end,
            "items": [
                _item(call, item, f"{place}[items][{number}]")
                for number, item in enumerate(given["items"])
            ],
            "start_date": start,
            **({"trial_end": end} if given.get("trial") else {}),
        }
    )


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
        "trial": False,
        **given,
    }


def _as_it_is(item: Json) -> Json:
    """Show an item of a subscription as one of a phase."""
    return {
        "billing_thresholds": item.get("billing_thresholds"),
        "discounts": _named(item.get("discounts", [])),
        "metadata": dict(item["metadata"]),
        "plan": item["price"],
        "price": item["price"],
        "quantity": item["quantity"],
        "tax_rates": item.get("tax_rates", []),
    }


def _item(call: Call, given: Json, place: str) -> Json:
    price = find(call, "price", given["price"])
    is_metered = price["recurring"]["usage_type"] == "metered"
    return {
        "billing_thresholds": None,
        "discounts": _discounts(call, given, place),
        "metadata": dict(given.get("metadata") or {}),
        "plan": given["price"],
        "price": given["price"],
        "quantity": None if is_metered else given.get("quantity", 1),
        "tax_rates": _rates(call, given, place, "tax_rates"),
    }


def _named(ids: list[str]) -> list[Json]:
    return [{**_NO_DISCOUNT, "discount": each} for each in ids]


def _discounts(call: Call, given: Json, place: str) -> list[Json]:
    """Check and keep what is taken off; it is redeemed when the phase is entered."""
    found = []
    for number, each in enumerate(given.get("discounts") or []):
        where = f"{place}[discounts][{number}]"
        for name in ("coupon", "discount"):
            if name in each:
                find(call, name, each[name], param=f"{where}[{name}]")
        found.append({**_NO_DISCOUNT, **each})
    return found


def _rates(call: Call, given: Json, place: str, name: str) -> list[Json]:
    return tax_rates(call, given.get(name) or [], f"{place}[{name}]")


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
