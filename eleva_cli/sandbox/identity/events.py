"""Events of WorkOS, told oldest first and kept for some days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import (
    Condition,
    listing,
    optional_text,
    page,
    route,
)
from eleva_cli.sandbox.kinds import iso, milliseconds
from eleva_cli.sandbox.refusals import unfit_field

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/events"
_DAY_S = 86_400
# a field of organizations that their events do not have
_UNTOLD = frozenset({"allow_profiles_outside_organization"})


def emit(call: Call, name: str, body: Json, before: Json | None = None) -> None:
    """Record an event, with the old values of what an update changed."""
    context: Json = {}
    if before is not None:
        context["previous_attributes"] = {
            each: before.get(each)
            for each in {**before, **body}
            if before.get(each) != body.get(each) and each not in _UNTOLD
        }
    call.session.put(
        "workos_event",
        {
            "object": "event",
            "id": call.session.new_id("workos_event"),
            "event": name,
            "data": {k: v for k, v in body.items() if k not in _UNTOLD},
            "created_at": iso(call.now),
            "context": context,
        },
    )


def _list(call: Call) -> Answer:
    params = call.params
    named = optional_text(params, "events") or ""
    wanted = [name for name in named.split(",") if name]
    if not wanted:
        raise unfit_field("events", "events must not be empty", code="required")
    marks = ",".join("?" * len(wanted))
    kept_from = (call.now - call.settings.events_retention_days * _DAY_S) * 1000
    where: list[Condition] = [
        (f"json_extract(o.body, '$.event') IN ({marks})", tuple(wanted)),
        ("o.created >= ?", (round(kept_from),)),
    ]
    for name, sign in (("range_start", ">="), ("range_end", "<")):
        if moment := optional_text(params, name):
            where.append((f"o.created {sign} ?", (_moment(moment, name),)))
    if organization := optional_text(params, "organization_id"):
        holds = "? IN (json_extract(o.body, '$.data.organization_id'),"
        holds += " json_extract(o.body, '$.data.id'))"
        where.append((holds, (organization,)))
    texts, cursors = page(call, "workos_event", where=where)
    # unlike other lists this one does not say where to go back
    return listing(texts, {"after": cursors["after"]})


def _moment(text: str, name: str) -> int:
    if not text.endswith("Z"):
        raise unfit_field(name, f"{name} must end in Z", code="invalid_date")
    try:
        return milliseconds(text)
    except ValueError:
        message = f"{name} must be an ISO 8601 date"
        raise unfit_field(name, message, code="invalid_date") from None


ROUTES = (route("GET", URL, _list),)
