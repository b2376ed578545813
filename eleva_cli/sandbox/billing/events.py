"""Events: what our writes tell others, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import Condition, find, page, route
from eleva_cli.sandbox.params import LISTING, boolean, created, list_of, text
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/events"


def emit(call: Call, name: str, body: Json, before: Json | None = None) -> None:
    """Record an event; an update that changed nothing makes none."""
    data: Json = {"object": body}
    if before is not None:
        previous = previous_attributes(before, body)
        if not previous:
            return
        data["previous_attributes"] = previous
    call.session.put(
        "event",
        {
            "id": call.session.new_id("event"),
            "object": "event",
            "api_version": call.settings.api_version,
            "created": call.seconds,
            "data": data,
            "livemode": call.live,
            "pending_webhooks": 0,
            "request": {
                "id": call.request_id,
                "idempotency_key": call.idempotency_key,
            },
            "type": name,
        },
    )


def previous_attributes(before: Json, after: Json) -> Json:
    """Give the old values of what changed; of metadata only the changed keys."""
    previous: Json = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "metadata" and isinstance(old, dict) and isinstance(new, dict):
            old = {
                key: old.get(key)
                for key in {**old, **new}
                if old.get(key) != new.get(key)
            }
        previous[name] = old
    return previous


def _list(call: Call) -> Answer:
    if "type" in call.params and "types" in call.params:
        raise invalid("You may only specify one of these: type, types.", param="types")
    types: list[str] = call.params.get("types", [])
    if len(types) > 20:
        raise invalid("You may specify at most 20 types.", param="types")
    if pattern := call.params.get("type"):
        types = [pattern]
    where: list[Condition] = []
    if types:
        tests = " OR ".join(["json_extract(o.body, '$.type') GLOB ?"] * len(types))
        where.append((f"({tests})", tuple(types)))
    return expand.plain_list(call, URL, page(call, "event", where=where))


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "event", call.id))


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
)
