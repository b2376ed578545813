"""Billing meters: what is counted, under which event name, and how it adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, meter_summaries
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import Condition, find, page, route
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import CLEARED, LISTING, integer, one_of, record, text
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/billing/meters"
FORMULAS = ("count", "last", "sum")
_LENGTHS = {"display_name": 250, "event_name": 100}


def _by_id(value: object, place: str) -> str:
    if value == "by_id":
        return "by_id"
    raise invalid(f"Invalid {place}: must be by_id", param=place, is_stored=False)


_ACCEPTS = {
    "customer_mapping": record(
        {"event_payload_key": text, "type": _by_id},
        ("event_payload_key", "type"),
    ),
    "default_aggregation": record({"formula": one_of(*FORMULAS)}, ("formula",)),
    "display_name": text,
    "event_name": text,
    "event_time_window": one_of("day", "hour"),
    "value_settings": record({"event_payload_key": text}, ("event_payload_key",)),
}
_SUMMARIES = {
    **LISTING,
    "customer": text,
    "end_time": integer,
    "start_time": integer,
    "value_grouping_window": one_of("day", "hour"),
}


def new(given: Json) -> Json:
    """Complete a meter."""
    return {
        "id": "",
        "object": "billing.meter",
        "created": 0,
        "customer_mapping": {
            "event_payload_key": "stripe_customer_id",
            "type": "by_id",
        },
        "default_aggregation": {"formula": "sum"},
        "display_name": given.get("event_name", ""),
        "event_name": "",
        "event_time_window": None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": given.get("created", 0),
        "value_settings": {"event_payload_key": "value"},
        **given,
    }


def add(call: Call, given: Json) -> Json:
    """Create a meter; `event_name`, `display_name`, `default_aggregation` say which."""
    for name, length in _LENGTHS.items():
        _check_length(given, name, length)
    refuse_taken(call, given["event_name"])
    body = new(
        {
            "id": call.session.new_id("meter"),
            "created": call.seconds,
            "livemode": call.live,
            **given,
        }
    )
    call.session.put("meter", body)
    emit(call, "billing.meter.created", body)
    return body


def active(call: Call, event_name: str) -> Json | None:
    """Give the one active meter of an event name."""
    found = of_name(call, event_name)
    return next((each for each in found if each["status"] == "active"), None)


def of_name(call: Call, event_name: str) -> list[Json]:
    """Give all meters that ever had an event name, in the mode of the key."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq) WHERE r.kind = 'meter'"
        " AND r.name = 'event_name' AND r.value = ? AND o.shelf = ?",
        (event_name, call.shelf("meter")),
    )
    return [load(row[0]) for row in rows]


def value(
    session: Session, meter_id: str, customer_id: str, start: int, end: int
) -> float:
    """Add up a customer's events from `start` until before `end`.

    A meter of the `last` value without any event in that time gives 0.
    """
    return meter_summaries.value(session, meter_id, customer_id, start, end)


def refuse_taken(call: Call, event_name: str) -> None:
    """Refuse a second active meter of one event name."""
    taken = active(call, event_name)
    if taken is not None:
        raise invalid(
            "There is already an active meter with this event name"
            f" (`{taken['id']}`): {event_name}.",
            param="event_name",
        )


def _check_length(given: Json, name: str, length: int) -> None:
    if len(given.get(name, "")) > length:
        raise invalid(
            f"Invalid string: {name} must be at most {length} characters.", param=name
        )


def _create(call: Call) -> Answer:
    given = {k: v for k, v in call.params.items() if k != "expand" and v != CLEARED}
    return expand.expanded(call, add(call, given))


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "meter", call.id))


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    if status := call.params.get("status"):
        where.append(("json_extract(o.body, '$.status') = ?", (status,)))
    return expand.plain_list(call, URL, page(call, "meter", where=where))


def _update(call: Call) -> Answer:
    before = find(call, "meter", call.id)
    _check_length(call.params, "display_name", _LENGTHS["display_name"])
    if not call.params.get("display_name"):
        return expand.expanded(call, before)
    body = {**before, "display_name": call.params["display_name"]}
    return _changed(call, before, body, "updated")


def _deactivate(call: Call) -> Answer:
    before = find(call, "meter", call.id)
    if before["status"] == "inactive":
        raise invalid("The meter is already inactive.")
    transitions = {"deactivated_at": call.seconds}
    body = {**before, "status": "inactive", "status_transitions": transitions}
    return _changed(call, before, body, "deactivated")


def _reactivate(call: Call) -> Answer:
    before = find(call, "meter", call.id)
    if before["status"] == "active":
        raise invalid("The meter is already active.")
    refuse_taken(call, before["event_name"])
    transitions = {"deactivated_at": None}
    body = {**before, "status": "active", "status_transitions": transitions}
    return _changed(call, before, body, "reactivated")


def _changed(call: Call, before: Json, body: Json, what: str) -> Answer:
    if body != before:
        body["updated"] = call.seconds
        call.session.put("meter", body)
        emit(call, f"billing.meter.{what}", body, before)
    return expand.expanded(call, body)


def _list_summaries(call: Call) -> Answer:
    meter = find(call, "meter", call.id)
    find(call, "customer", call.params["customer"], param="customer")
    return meter_summaries.listed(call, f"{URL}/{call.id}/event_summaries", meter)


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        _ACCEPTS,
        requires=("default_aggregation", "display_name", "event_name"),
        permission="billing_meter",
    ),
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "status": one_of("active", "inactive")},
        permission="billing_meter",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="billing_meter"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {"display_name": text},
        permission="billing_meter",
    ),
    route("POST", f"{URL}/{{id}}/deactivate", _deactivate, permission="billing_meter"),
    route("POST", f"{URL}/{{id}}/reactivate", _reactivate, permission="billing_meter"),
    route(
        "GET",
        f"{URL}/{{id}}/event_summaries",
        _list_summaries,
        _SUMMARIES,
        requires=("customer", "end_time", "start_time"),
        permission="billing_meter",
    ),
)
