"""Events: what our writes tell others, and the list of them.

Stored, an event holds its object in the newest shape; sent, in that of its version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, versions
from eleva_cli.sandbox.billing.resource import (
    Condition,
    find,
    page,
    route,
)
from eleva_cli.sandbox.delivery import queue
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import LISTING, boolean, created, list_of, text
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/events"
RETENTION_S = 30 * 86_400
# private field: the previous attributes as versions before basil write them
_PREVIOUS_OLD = "previous_old"


def new(given: Json) -> Json:
    """Complete an event."""
    return {
        "id": "",
        "object": "event",
        "api_version": None,
        "created": 0,
        "data": {"object": {}},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": "",
        **given,
    }


def emit(call: Call, name: str, body: Json, before: Json | None = None) -> None:
    """Record an event and its deliveries; an update that changed nothing makes none."""
    data: Json = {"object": body}
    private: Json = {}
    if before is not None:
        previous = previous_attributes(before, body)
        if not previous:
            return
        data["previous_attributes"] = previous
        if versions.changes_shape(str(body.get("object"))):
            private[_PREVIOUS_OLD] = _previous_old(call.session, before, body)
    endpoints = queue.listening(call, name)
    event_id = call.session.new_id("event")
    call.session.put(
        "event",
        {
            "id": event_id,
            "object": "event",
            "api_version": call.settings.api_version,
            "created": call.seconds,
            "data": data,
            "livemode": call.live,
            "pending_webhooks": len(endpoints),
            "request": {
                "id": call.request_id,
                "idempotency_key": call.idempotency_key,
            },
            "type": name,
            **private,
        },
    )
    for endpoint in endpoints:
        queue.add(call, event_id, endpoint)


def previous_attributes(before: Json, after: Json) -> Json:
    """Give the old values of what changed; of nested objects only the changed keys."""
    previous: Json = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            old = previous_attributes(old, new)
        previous[name] = old
    return previous


def _previous_old(session: Session, before: Json, after: Json) -> Json:
    kind = str(after["object"])
    old, new = (
        versions.render(body, kind, versions.OLDEST, session.get)
        for body in (before, after)
    )
    return previous_attributes(old, new)


def rendered(session: Session, event: Json, version: str | None) -> Json:
    """Give an event as it is sent in a version."""
    data: Json = event["data"]
    body: Json = data["object"]
    kind = str(body.get("object"))
    data = {**data, "object": versions.render(body, kind, version, session.get)}
    if versions.is_old(version) and _PREVIOUS_OLD in event:
        data["previous_attributes"] = event[_PREVIOUS_OLD]
    sent = {**event, "api_version": version, "data": data}
    sent.pop(_PREVIOUS_OLD, None)
    return sent


def _list(call: Call) -> Answer:
    where = [*_of_types(call), _kept(call)]
    if "delivery_success" in call.params:
        sign = "=" if call.params["delivery_success"] else ">"
        where.append((f"json_extract(o.body, '$.pending_webhooks') {sign} 0", ()))
    if cursor := call.params.get("starting_after") or call.params.get("ending_before"):
        _find(call, cursor)
    texts, has_more = page(call, "event", where=where)
    sent = [_own(call, load(text)) for text in texts]
    return expand.expanded_list(call, URL, sent, has_more=has_more)


def _kept(call: Call) -> Condition:
    return ("o.created >= ?", (int((call.now - RETENTION_S) * 1000),))


def _of_types(call: Call) -> list[Condition]:
    if "type" in call.params and "types" in call.params:
        raise invalid("You may only specify one of these: type, types.", param="types")
    types: list[str] = call.params.get("types", [])
    if len(types) > 20:
        raise invalid("You may specify at most 20 types.", param="types")
    at = "json_extract(o.body, '$.type')"
    if types:
        return [(f"{at} IN ({', '.join('?' * len(types))})", tuple(types))]
    if pattern := call.params.get("type"):
        # only the asterisk stands for anything
        literal = pattern.replace("[", "[[]").replace("?", "[?]")
        return [(f"{at} GLOB ?", (literal,))]
    return []


def _find(call: Call, event_id: str) -> Json:
    """Give an event of the last 30 days."""
    event = find(call, "event", event_id)
    if event["created"] < call.now - RETENTION_S:
        raise no_such("event", event_id)
    return event


def _own(call: Call, event: Json) -> Json:
    """Show an event in its own version, whatever the request's is."""
    return rendered(call.session, event, event["api_version"])


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, _own(call, _find(call, call.id)))


def _retry(call: Call) -> Answer:
    """Deliver an event to an endpoint again, as the Stripe CLI asks."""
    event = _find(call, call.id)
    endpoint_id = call.params.get("webhook_endpoint")
    if not endpoint_id and not call.params.get("for_stripecli"):
        raise invalid(
            "Missing required param: webhook_endpoint.",
            code="parameter_missing",
            param="webhook_endpoint",
        )
    if endpoint_id:
        endpoint = find(call, "webhook_endpoint", endpoint_id, param="webhook_endpoint")
        queue.again(call, event["id"], endpoint)
    return expand.expanded(call, _own(call, event))


ROUTES = (
    route(
        "GET",
        URL,
        _list,
        {
            **LISTING,
            "created": created,
            "delivery_success": boolean,
            "type": text,
            "types": list_of(text),
        },
        permission="event",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="event"),
    route(
        "POST",
        f"{URL}/{{id}}/retry",
        _retry,
        {"account": text, "for_stripecli": boolean, "webhook_endpoint": text},
        permission="event",
    ),
)
