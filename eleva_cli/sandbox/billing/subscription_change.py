"""What creating and updating does to a subscription's items, trial and end."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.resource import find, merge_metadata
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_PLAIN: tuple[str, ...] = (
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "description",
)


def period_end(start: int, recurring: Json) -> int:
    """Add one interval to a time, keeping the day of the month where it exists."""
    count: int = recurring["interval_count"]
    if recurring["interval"] in _DAYS:
        return start + 86_400 * count * _DAYS[recurring["interval"]]
    at = datetime.fromtimestamp(start, UTC)
    months = at.month - 1 + count * _MONTHS[recurring["interval"]]
    year, month = at.year + months // 12, months % 12 + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    return int(at.replace(year=year, month=month, day=day).timestamp())


def first_items(call: Call) -> list[Json]:
    """Start without items; all that are given are new."""
    if any("id" in item for item in call.params["items"]):
        raise invalid("Received unknown parameter: items[0][id]", param="items[0][id]")
    return []


def changed(call: Call, body: Json, items: list[Json]) -> Json:
    """Apply the parameters to a subscription."""
    params = call.params
    body["items"] = _items(call, items)
    for name in _PLAIN:
        if name in params:
            body[name] = params[name] or None
    _set_trial(call, body)
    _set_end(call, body)
    return body


def _items(call: Call, present: list[Json]) -> list[Json]:
    items = [dict(item) for item in present]
    for number, wanted in enumerate(call.params.get("items", [])):
        if "id" not in wanted:
            items.append(_new_item(call, wanted, f"items[{number}][price]"))
            continue
        item = next((each for each in items if each["id"] == wanted["id"]), None)
        if item is None:
            raise no_such("subscription_item", wanted["id"], param=f"items[{number}]")
        if wanted.get("deleted"):
            items.remove(item)
        else:
            _change_item(call, item, wanted, f"items[{number}][price]")
    if len(items) > 20:
        raise invalid("A subscription can have up to 20 items.", param="items")
    return items


def _new_item(call: Call, wanted: Json, place: str) -> Json:
    if not wanted.get("price"):
        raise invalid(
            f"Missing required param: {place}.", code="parameter_missing", param=place
        )
    recurring = _rhythm(call, wanted["price"], place)
    metered = recurring["usage_type"] == "metered"
    return {
        "id": call.session.new_id("subscription", prefix="si"),
        "created": call.seconds,
        "current_period_start": call.seconds,
        "current_period_end": period_end(call.seconds, recurring),
        "metadata": merge_metadata({}, wanted),
        "price": wanted["price"],
        "quantity": None if metered else wanted.get("quantity", 1),
    }


def _change_item(call: Call, item: Json, wanted: Json, place: str) -> None:
    price: str = wanted.get("price") or item["price"]
    if price != item["price"]:
        recurring = _rhythm(call, price, place)
        before = find(call, "price", item["price"])["recurring"]
        # A new price resets the quantity unless one is given, as Stripe does.
        item |= {"price": price, "quantity": 1}
        if recurring["interval"] != before["interval"]:
            item["current_period_start"] = call.seconds
            item["current_period_end"] = period_end(call.seconds, recurring)
    if "quantity" in wanted:
        item["quantity"] = wanted["quantity"]
    item["metadata"] = merge_metadata(item["metadata"], wanted)


def _rhythm(call: Call, price_id: str, place: str) -> Json:
    price = find(call, "price", price_id, param=place)
    if not price["active"]:
        raise invalid("The price specified is inactive.", param=place)
    recurring: Json | None = price["recurring"]
    if recurring is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts"
            " prices with `type=recurring`.",
            param=place,
        )
    return recurring


def _set_trial(call: Call, body: Json) -> None:
    end = call.params.get("trial_end")
    if days := call.params.get("trial_period_days"):
        end = call.seconds + days * 86_400
    if end == "now":
        body["trial_end"] = call.seconds
        if body["status"] == "trialing":
            body["status"] = "active"
    elif isinstance(end, int):
        body |= {"trial_start": call.seconds, "trial_end": end, "status": "trialing"}
        for item in body["items"]:
            item["current_period_end"] = end


def _set_end(call: Call, body: Json) -> None:
    params = call.params
    if "cancel_at" not in params and "cancel_at_period_end" not in params:
        return
    ends = [item["current_period_end"] for item in body["items"]]
    if "cancel_at_period_end" in params:
        body["cancel_at_period_end"] = params["cancel_at_period_end"]
        body["cancel_at"] = max(ends) if params["cancel_at_period_end"] else None
    if "cancel_at" in params:
        named = {"": None, "min_period_end": min(ends), "max_period_end": max(ends)}
        body["cancel_at"] = named.get(params["cancel_at"], params["cancel_at"])
    body["canceled_at"] = None if body["cancel_at"] is None else call.seconds
