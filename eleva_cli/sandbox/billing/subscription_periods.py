"""When a subscription's periods begin and end: at its start, by changes, in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.entitlements import features_of
from eleva_cli.sandbox.billing.money import amount_of
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.rhythm import DAY_S, period_around, period_end, shifted
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

RENEWING = ("active", "past_due", "trialing", "unpaid")
_MONTHLY = {"interval": "month", "interval_count": 1}


def begin(call: Call, body: Json, trial_end: int | None) -> None:
    """Set the first periods of a new subscription, or its trial."""
    prices = [price_of(call.session, item) for item in body["items"]]
    body["billing_cycle_anchor"] = _first_anchor(call, body, prices)
    if trial_end is not None:
        _begin_trial(call, body, trial_end)
        return
    for item, price in zip(body["items"], prices, strict=True):
        anchor, recurring = body["billing_cycle_anchor"], price["recurring"]
        _, end = period_around(anchor, recurring, call.seconds)
        item |= {"current_period_start": call.seconds, "current_period_end": end}


def _begin_trial(call: Call, body: Json, trial_end: int) -> None:
    """Put all items into a trial; a longer one goes on from its beginning."""
    if body["status"] != "trialing":
        body |= {"trial_start": call.seconds, "status": "trialing"}
        for item in body["items"]:
            item["current_period_start"] = call.seconds
    if body["trial_end"] != trial_end and "billing_cycle_anchor" not in call.params:
        body["billing_cycle_anchor"] = trial_end
    body["trial_end"] = trial_end
    for item in body["items"]:
        item.setdefault("current_period_start", body["trial_start"] or body["created"])
        item["current_period_end"] = trial_end


def _first_anchor(call: Call, body: Json, prices: list[Json]) -> int:
    now, params = call.seconds, call.params
    config = params.get("billing_cycle_anchor_config")
    if config:
        absent = dict.fromkeys((*_CLOCK, "month"))
        body["billing_cycle_anchor_config"] = {**absent, **config}
        return _next_on(now, config)
    if "billing_cycle_anchor" not in params:
        return now
    anchor: int = params["billing_cycle_anchor"]
    if anchor <= now:
        raise invalid(
            "billing_cycle_anchor must be in the future.", param="billing_cycle_anchor"
        )
    latest = min(shifted(now, price["recurring"]) for price in prices)
    if anchor > latest:
        raise invalid(
            "billing_cycle_anchor cannot be later than next natural billing date"
            f" ({latest}) for plan",
            param="billing_cycle_anchor",
        )
    return anchor


def _next_on(now: int, config: Json) -> int:
    """Find the next time that has the configured day and hour."""
    hours = {name: config[name] for name in _CLOCK if name in config}
    today = datetime.fromtimestamp(now, UTC).replace(**hours)
    first = int(today.replace(day=1).timestamp())
    for months in range(14):
        start = shifted(first, _MONTHLY, months)
        month = datetime.fromtimestamp(start, UTC).month
        if config.get("month") not in (None, month):
            continue
        days = (shifted(start, _MONTHLY) - start) // DAY_S
        found: int = start + DAY_S * (min(config["day_of_month"], days) - 1)
        if found > now:
            return found
    raise invalid(
        "billing_cycle_anchor_config names no day.", param="billing_cycle_anchor_config"
    )


_CLOCK = ("hour", "minute", "second")


def adjust(call: Call, before: Json, body: Json, trial_end: int | None) -> None:
    """Set the periods of a changed subscription; new items have none yet."""
    if call.params.get("trial_end") == "now":
        body["trial_end"] = call.seconds
        if before["status"] == "trialing":
            body["status"] = "active"
            restart(call, body)
    elif trial_end is not None:
        _begin_trial(call, body, trial_end)
    elif before["status"] == "trialing":
        _begin_trial(call, body, before["trial_end"])
    elif _restarts(call, before, body):
        restart(call, body)
    for item in body["items"]:
        if "current_period_end" not in item:
            recurring = price_of(call.session, item)["recurring"]
            anchor = body["billing_cycle_anchor"]
            start, end = period_around(anchor, recurring, call.seconds)
            start = max(start, body["start_date"])
            item |= {"current_period_start": start, "current_period_end": end}


def restart(call: Call, body: Json, items: list[Json] | None = None) -> None:
    """Begin a new period of every item now, and bill on this day from now on."""
    body["billing_cycle_anchor"] = call.seconds
    for item in body["items"] if items is None else items:
        begin_period(call, body, item)


def begin_period(call: Call, body: Json, item: Json) -> None:
    """Begin an item's next period now, with the features its product has now."""
    price = price_of(call.session, item)
    anchor, recurring = body["billing_cycle_anchor"], price["recurring"]
    item |= {
        "current_period_start": call.seconds,
        "current_period_end": period_end(anchor, recurring, call.seconds),
        "features": features_of(call.session, price["product"]),
    }


def _restarts(call: Call, before: Json, body: Json) -> bool:
    """Say whether a change moves the billing date: Stripe names three reasons."""
    anchor = call.params.get("billing_cycle_anchor") or {}
    if anchor.get("type") == "now":
        return True
    session = call.session
    rhythms = {item["id"]: _rhythm(session, item) for item in before["items"]}
    for item in body["items"]:
        if _rhythm(session, item) != rhythms.get(item["id"], _rhythm(session, item)):
            return True
    return _amount(session, before) == 0 < _amount(session, body)


def _rhythm(session: Session, item: Json) -> tuple[str, int]:
    recurring = price_of(session, item)["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _amount(session: Session, body: Json) -> int:
    """Give what a period costs, without what is metered."""
    counted = [item for item in body["items"] if item["quantity"] is not None]
    return sum(amount_of(price_of(session, each), each["quantity"]) for each in counted)


def brought_forward(session: Session, body: Json, at: int) -> Json:
    """Move periods that ended long ago to those that contain a time, silently.

    Seeds have them; the sandbox did not see the renewals, so nothing is billed.
    """
    ends = [item["current_period_end"] for item in body["items"]]
    if body["status"] not in RENEWING or min(ends) > at:
        return body
    items = [_forward(session, body, item, at) for item in body["items"]]
    moved = {**body, "items": items}
    if body["cancel_at_period_end"]:
        moved["cancel_at"] = max(item["current_period_end"] for item in items)
    return moved


def _forward(session: Session, body: Json, item: Json, at: int) -> Json:
    present: int = item["current_period_end"]
    if present > at:
        return item
    recurring = price_of(session, item)["recurring"]
    anchor: int = body["billing_cycle_anchor"]
    if period_around(anchor, recurring, present)[0] != present:
        anchor = present
    start, end = period_around(anchor, recurring, at)
    return {**item, "current_period_start": start, "current_period_end": end}
