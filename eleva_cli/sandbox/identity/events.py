"""Events of WorkOS, told oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import Condition, iso, listing, page, route
from eleva_cli.sandbox.kinds import milliseconds
from eleva_cli.sandbox.refusals import denied, unfit_field

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/events"


def emit(call: Call, name: str, body: Json, before: Json | None = None) -> None:
    """Record an event, with the old values of what an update changed."""
    context: Json = {}
    if before is not None:
        previous = {key: before.get(key) for key in body if key in before}
        changed = {k: v for k, v in previous.items() if v != body[k]}
        context["previous_attributes"] = changed
    call.session.put(
        "workos_event",
        {
            "object": "event",
            "id": call.session.new_id("workos_event"),
            "event": name,
            "data": body,
            "created_at": iso(call.now),
            "context": context,
        },
    )


def _list(call: Call) -> Answer:
    params = call.params
    wanted = [name for name in params.get("events", "").split(",") if name]
    if not wanted:
        raise denied(400, "At least one event is required.", code="events_required")
    marks = ",".join("?" * len(wanted))
    where: list[Condition] = [
        (f"json_extract(o.body, '$.event') IN ({marks})", tuple(wanted))
    ]
    for name, sign in (("range_start", ">="), ("range_end", "<")):
        if name in params:
            where.append((f"o.created {sign} ?", (_moment(params[name], name),)))
    if organization := params.get("organization_id"):
        holds = "? IN (json_extract(o.body, '$.data.organization_id'),"
        holds += " json_extract(o.body, '$.data.id'))"
        where.append((holds, (organization,)))
    return listing(*page(call, "workos_event", where=where))


def _moment(text: str, name: str) -> int:
    if not text.endswith("Z"):
        raise unfit_field(name, f"{name} must end in Z", code="invalid_date")
    return milliseconds(text)


ROUTES = (route("GET", URL, _list),)
