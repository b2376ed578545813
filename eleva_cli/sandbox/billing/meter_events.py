"""Meter events, and taking one back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, meters
from eleva_cli.sandbox.billing.resource import find_living, route
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import integer, text
from eleva_cli.sandbox.params import record as fields
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/billing/meter_events"
ADJUSTMENTS = "/v1/billing/meter_event_adjustments"
_DAY = 86_400
PAST_S = 35 * _DAY
AHEAD_S = 5 * 60
# how long an identifier is unique, and how long an event can be taken back
UNIQUE_S = CANCEL_S = _DAY
_PRIVATE = ("id", "customer", "meter", "value", "cancelled")


def _payload(value: object, place: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        isinstance(each, str) for each in value.values()
    ):
        raise invalid(
            f"Invalid {place}: must be an object of texts",
            param=place,
            is_stored=False,
        )
    return dict(value)


def _cancel_type(value: object, place: str) -> str:
    if value == "cancel":
        return "cancel"
    raise invalid(f"Invalid {place}: must be cancel", param=place, is_stored=False)


def new(given: Json) -> Json:
    """Complete a stored meter event: what is sent, and what it is counted by."""
    return {
        "id": "",
        "object": "billing.meter_event",
        "cancelled": False,
        "created": 0,
        "customer": None,
        "event_name": "",
        "identifier": given.get("id", ""),
        "livemode": False,
        "meter": None,
        "payload": {},
        "timestamp": given.get("created", 0),
        "value": 0,
        **given,
    }


def measured(meter: Json, payload: Mapping[str, str]) -> Json:
    """Read the customer and the value of a payload as a meter counts it."""
    return {
        "customer": payload.get(meter["customer_mapping"]["event_payload_key"]),
        "meter": meter["id"],
        "value": _value(meter, payload),
    }


def _value(meter: Json, payload: Mapping[str, str]) -> float | None:
    if meter["default_aggregation"]["formula"] == "count":
        return 1
    try:
        number = float(payload.get(meter["value_settings"]["event_payload_key"], ""))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def record_at(
    call: Call,
    event_name: str,
    payload: Mapping[str, str],
    *,
    identifier: str | None = None,
    timestamp: int | None = None,
) -> Json:
    """Store an event and give it as it is sent, or refuse it as Stripe does."""
    at = call.seconds if timestamp is None else timestamp
    _check_time(call, at)
    counted = _counted(call, _meter(call, event_name), payload)
    if identifier is not None:
        _check_identifier(call, identifier)
    event_id = call.session.new_id("meter_event")
    body = new(
        {
            "id": event_id,
            "created": call.seconds,
            "event_name": event_name,
            "identifier": identifier or event_id,
            "livemode": call.live,
            "payload": dict(payload),
            "timestamp": at,
            **counted,
        }
    )
    call.session.put("meter_event", body)
    return _shown(body)


def record(
    call: Call,
    event_name: str,
    payload: Mapping[str, str],
    identifier: str | None = None,
) -> Json:
    """Store an event that happens now; raises `RefusedError` as the endpoint would.

    The meter must be active and the customer of the payload must exist.
    """
    return record_at(call, event_name, payload, identifier=identifier)


def _shown(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in _PRIVATE}


def _meter(call: Call, event_name: str) -> Json:
    meter = meters.active(call, event_name)
    if meter is None:
        raise invalid(
            f"No active meter found for event name: '{event_name}'.",
            param="event_name",
        )
    return meter


def _counted(call: Call, meter: Json, payload: Mapping[str, str]) -> Json:
    counted = measured(meter, payload)
    if not counted["customer"]:
        key = meter["customer_mapping"]["event_payload_key"]
        raise invalid(
            f"The payload must name the customer as `{key}`.",
            code="parameter_missing",
            param=f"payload[{key}]",
        )
    if counted["value"] is None:
        key = meter["value_settings"]["event_payload_key"]
        raise invalid(
            f"The payload must have a number as `{key}`.", param=f"payload[{key}]"
        )
    find_living(call, "customer", counted["customer"], param="payload")
    return counted


def _check_time(call: Call, at: int) -> None:
    if at < call.seconds - PAST_S:
        raise invalid(
            "The timestamp must be within the past 35 calendar days.",
            param="timestamp",
        )
    if at > call.seconds + AHEAD_S:
        raise invalid(
            "The timestamp must not be more than 5 minutes in the future.",
            param="timestamp",
        )


def _check_identifier(call: Call, identifier: str) -> None:
    if any(
        event["created"] > call.seconds - UNIQUE_S
        for event in _identified(call, identifier)
    ):
        raise invalid(
            f"An event already exists with identifier {identifier}.",
            param="identifier",
        )


def _identified(call: Call, identifier: str) -> list[Json]:
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'meter_event' AND r.name = 'identifier' AND r.value = ?"
        " AND o.shelf = ? ORDER BY o.seq DESC",
        (identifier, call.shelf("meter_event")),
    )
    return [load(row[0]) for row in rows]


def _create(call: Call) -> Answer:
    params = call.params
    sent = record_at(
        call,
        params["event_name"],
        params["payload"],
        identifier=params.get("identifier") or None,
        timestamp=params.get("timestamp"),
    )
    return expand.expanded(call, sent)


def _adjust(call: Call) -> Answer:
    """Take an event back; it counts no more from now on."""
    event_name = call.params["event_name"]
    identifier = (call.params.get("cancel") or {}).get("identifier")
    found = [
        event
        for event in _identified(call, identifier or "")
        if event["event_name"] == event_name
    ]
    if not found:
        raise invalid(
            f"No event was found with identifier {identifier}.",
            param="cancel[identifier]",
        )
    if found[0]["created"] < call.seconds - CANCEL_S:
        raise invalid(
            "Only events of the last 24 hours can be cancelled.",
            param="cancel[identifier]",
        )
    call.session.put("meter_event", {**found[0], "cancelled": True})
    sent = {
        "object": "billing.meter_event_adjustment",
        "cancel": {"identifier": identifier},
        "event_name": event_name,
        "livemode": call.live,
        "status": "complete",
        "type": "cancel",
    }
    return expand.expanded(call, sent)


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {
            "event_name": text,
            "identifier": text,
            "payload": _payload,
            "timestamp": integer,
        },
        requires=("event_name", "payload"),
        permission="billing_meter_event",
    ),
    route(
        "POST",
        ADJUSTMENTS,
        _adjust,
        {
            "cancel": fields({"identifier": text}),
            "event_name": text,
            "type": _cancel_type,
        },
        requires=("event_name", "type"),
        permission="billing_meter_event_adjustment",
    ),
)
