"""The one way to keep a subscription, and whose time it lives in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.entitlements import watching
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.subscription_shape import Rendering

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

_SUBSCRIPTION = "customer.subscription"


def keep(
    call: Call, before: Json | None, after: Json, *, tell: tuple[str, ...] = ()
) -> Json:
    """Store a subscription and tell of it; give it as it is sent.

    `tell` names the events: `deleted`, `paused` and so on; without it `created` or
    `updated`, as there was something before or not.
    """
    _note_past_due(call, before, after)
    rendering = Rendering(call.session)
    retold = call.settings.summary_on_price_change and _is_repriced(before, after)
    with watching(call, after["customer"], retold=retold):
        old = None if before is None else rendering.subscription(before)
        call.session.put("subscription", after)
        sent = rendering.subscription(after)
        for name in tell or (("created",) if before is None else ("updated",)):
            previous = old if name == "updated" else None
            emit(call, f"{_SUBSCRIPTION}.{name}", sent, previous)
    return sent


def _is_repriced(before: Json | None, after: Json) -> bool:
    """Say whether an item is on another price than before."""
    if before is None:
        return False
    old = {item["id"]: item["price"] for item in before["items"]}
    return any(
        old.get(each["id"], each["price"]) != each["price"] for each in after["items"]
    )


def _note_past_due(call: Call, before: Json | None, after: Json) -> None:
    """Remember since when payments fail; dunning counts from there."""
    if after["status"] != "past_due":
        after.pop("past_due_since", None)
    elif before is None or before["status"] != "past_due":
        after["past_due_since"] = call.seconds


def in_time_of(call: Call, clock_id: str | None) -> Call:
    """Give the call at the time of a test clock; without one, at its own."""
    clock = call.session.get("test_clock", clock_id) if clock_id else None
    return call if clock is None else replace(call, now=float(clock["frozen_time"]))
