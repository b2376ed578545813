"""What a subscription schedule does as time passes: phases are entered, and it ends.

A phase that begins where a period ends changes what the renewal then bills; one that
begins elsewhere is a change like any other, prorated as the phase says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import invoicing, lifecycle
from eleva_cli.sandbox.billing.discounts import redeemed
from eleva_cli.sandbox.billing.entitlements import features_of
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.resource import merge_metadata
from eleva_cli.sandbox.billing.rhythm import period_around
from eleva_cli.sandbox.billing.subscription_change import set_fields
from eleva_cli.sandbox.billing.subscription_shape import new_item
from eleva_cli.sandbox.billing.subscription_store import keep

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

DUES = "schedule_dues"  # of a subscription: when its schedule does something next
_NO_SETTINGS: Json = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": {"type": "self"},
}


def dues(owner: Json) -> list[int]:
    """Give the times at which the schedule of a subscription does something."""
    found: list[int] = owner.get(DUES, [])
    return found


def attached(owner: Json, schedule: Json) -> Json:
    """Give a subscription that a schedule rules from now on."""
    present = (schedule["current_phase"] or {"start_date": 0})["start_date"]
    phases = schedule["phases"]
    times = [each["start_date"] for each in phases] + [phases[-1]["end_date"]]
    later = [at for at in times if at > present]
    return {**owner, "schedule": schedule["id"], DUES: later}


def detached(owner: Json) -> Json:
    """Give a subscription that no schedule rules any more."""
    return {**owner, "schedule": None, DUES: []}


def play(call: Call, owner: Json) -> None:
    """Do what a schedule is to do now: enter its next phase, or end."""
    schedule = call.session.get("subscription_schedule", owner["schedule"] or "")
    if schedule is None or schedule["status"] != "active":
        return
    phases = schedule["phases"]
    phase = next((p for p in phases if p["start_date"] == call.seconds), None)
    if phase is None:
        _finish(call, owner, schedule)
        return
    bounds = {name: phase[name] for name in ("end_date", "start_date")}
    begun = {**schedule, "current_phase": bounds}
    call.session.put("subscription_schedule", begun)
    emit(call, "subscription_schedule.updated", begun, schedule)
    become(call, attached(owner, begun), phase, before=owner)


def become(call: Call, owner: Json, phase: Json, *, before: Json) -> None:
    """Make a subscription what a phase says, and keep it."""
    body = {**owner, "items": _items(call, owner, phase)}
    set_fields(replace(call, params=_fields(phase)), body)
    _set_anchor(call, body, phase, owner["items"])
    same = {**body, DUES: before.get(DUES, [])} == before
    if same:
        call.session.put("subscription", body)
        return
    ends = {item["current_period_end"] for item in body["items"]}
    if body["items"] != owner["items"] and call.seconds not in ends:
        params = {"proration_behavior": phase["proration_behavior"]}
        body = invoicing.change(replace(call, params=params), owner, body)
    keep(call, before, body)


def _fields(phase: Json) -> Json:
    settings = {**_NO_SETTINGS, **(phase["invoice_settings"] or {})}
    return {
        "automatic_tax": phase["automatic_tax"] or {"enabled": False},
        "collection_method": phase["collection_method"] or "charge_automatically",
        "days_until_due": settings.pop("days_until_due", None),
        "default_payment_method": phase["default_payment_method"],
        "default_tax_rates": [each["id"] for each in phase["default_tax_rates"]],
        "description": phase["description"],
        "discounts": _wanted(phase["discounts"]),
        "invoice_settings": settings,
        "metadata": phase["metadata"],
    }


def _wanted(discounts: list[Json]) -> list[Json | str]:
    return [{name: each[name] for name in each if each[name]} for each in discounts]


def _items(call: Call, owner: Json, phase: Json) -> list[Json]:
    """Give the items of a phase: on its price one stays, on another it is a new one.

    A new one takes over the period of one that goes.
    """
    present = {item["price"]: item for item in owner["items"]}
    wanted = {each["price"] for each in phase["items"]}
    going = [item for item in owner["items"] if item["price"] not in wanted]
    items = []
    for given in phase["items"]:
        item = present.get(given["price"])
        if item is None:
            item = _made(call, owner, given, going.pop(0) if going else None)
        items.append(_as_given(call, owner, dict(item), given))
    return items


def _made(call: Call, owner: Json, given: Json, old: Json | None) -> Json:
    item = new_item(
        {
            "id": call.session.new_id("subscription", prefix="si"),
            "created": call.seconds,
            "price": given["price"],
        }
    )
    price = price_of(call.session, item)
    item["features"] = features_of(call.session, price["product"])
    if old is not None:
        names = ("current_period_start", "current_period_end")
        return {**item, **{name: old[name] for name in names}}
    anchor = owner["billing_cycle_anchor"]
    start, end = period_around(anchor, price["recurring"], call.seconds)
    return {**item, "current_period_start": start, "current_period_end": end}


def _as_given(call: Call, owner: Json, item: Json, given: Json) -> Json:
    item["quantity"] = given["quantity"]
    item["metadata"] = merge_metadata(item["metadata"], given)
    item["tax_rates"] = given["tax_rates"]
    item["discounts"] = redeemed(
        call,
        _wanted(given["discounts"]),
        "discounts",
        customer=owner["customer"],
        subscription=owner["id"],
        subscription_item=item["id"],
    )
    return item


def _set_anchor(call: Call, body: Json, phase: Json, old: list[Json]) -> None:
    """Bill from this day on where the phase says so.

    Otherwise another rhythm keeps the old day, and what is left until then is not
    billed.
    """
    if phase["billing_cycle_anchor"] == "phase_start":
        body["billing_cycle_anchor"] = call.seconds
        return
    rhythms = {_rhythm(call, item) for item in old}
    for item in body["items"]:
        rhythm = _rhythm(call, item)
        if item["current_period_end"] == call.seconds and rhythm not in rhythms:
            recurring = price_of(call.session, item)["recurring"]
            anchor = body["billing_cycle_anchor"]
            _, end = period_around(anchor, recurring, call.seconds)
            item |= {"current_period_start": call.seconds, "current_period_end": end}


def _rhythm(call: Call, item: Json) -> tuple[str, int]:
    recurring = price_of(call.session, item)["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _finish(call: Call, owner: Json, before: Json) -> None:
    """Let go of the subscription, or end it, as the schedule says."""
    body = {
        **before,
        "completed_at": call.seconds,
        "current_phase": None,
        "released_subscription": owner["id"],
        "status": "completed",
        "subscription": None,
    }
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.completed", body)
    if before["end_behavior"] == "cancel":
        lifecycle.end(call, detached(owner), asked=False)
    else:
        keep(call, owner, detached(owner))
