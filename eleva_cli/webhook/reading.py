"""Reads an event, whatever version its object is written in.

Since 2025-03-31.basil a subscription's periods stand on its items, and an invoice names
its subscription under its parent; an event keeps the shape of its own day for ever.
What is not there is `None`: only an id, a type and a time are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from eleva_cli.errors import UsageError
from eleva_cli.ports import RawEvent, Service
from eleva_cli.webhook import Event

Json = Mapping[str, object]
NOTHING: Json = {}
LONGEST_ID = 255
ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
LATEST = 1 << 37  # in the year 6325; calendars end at 9999


def raw_of(text: str) -> RawEvent:
    """
    Read an event's outside, of either service, from its JSON text.

    Raises `UsageError` (`event-text`) where it is none.
    """
    row = _parsed(text)
    if "event" in row and "type" not in row:
        return _raw_of_workos(row, text)
    if row.get("object") not in ("event", "v2.core.event"):
        raise _no_event("it is not an event object")
    pending, livemode = row.get("pending_webhooks"), row.get("livemode")
    return RawEvent(
        id=_id(row),
        type=_name(row, "type"),
        created=_moment(row.get("created")),
        service="stripe",
        text=text,
        version=_text(row, "api_version"),
        pending=pending if type(pending) is int else None,
        livemode=livemode if isinstance(livemode, bool) else None,
    )


def _raw_of_workos(row: Json, text: str) -> RawEvent:
    return RawEvent(
        id=_id(row),
        type=_name(row, "event"),
        created=_moment(row.get("created_at")),
        service="workos",
        text=text,
    )


def read(raw: RawEvent, source: str = "api") -> Event:
    """Say what an event is about; raises `UsageError` where its text is no event."""
    row = _parsed(raw.text)
    about = _about(row, raw.service)
    found = Event(
        id=raw.id,
        service=raw.service,
        type=raw.type,
        created=raw.created,
        about=_text(about, "id") or "",
        version=raw.version,
        pending=raw.pending,
        livemode=raw.livemode,
        source=source,
    )
    fields = _of_workos(raw.type, about) if raw.service == "workos" else _of(about)
    return replace(found, **fields)


def _about(row: Json, service: Service) -> Json:
    """Return the object that an event is about; a thin one only points at it."""
    data = _record(row, "data")
    if service == "workos":
        return data
    if row.get("object") == "v2.core.event":
        related = _record(row, "related_object")
        return {"id": related.get("id"), "object": related.get("type")}
    return _record(data, "object")


def _of(about: Json) -> dict[str, Any]:
    """Read an object of Stripe's in either shape."""
    kind = _text(about, "object") or ""
    own = _id_in(about, "id")
    items = _items(about)
    item = items[0] if items else NOTHING
    price = _record(item, "price") or _record(item, "plan") or _record(about, "plan")
    return {
        "object": kind,
        "customer": own if kind == "customer" else _linked(about, "customer"),
        "subscription": own if kind == "subscription" else _subscription(about),
        "status": _text(about, "status"),
        "price": _text(price, "id"),
        "ends_at": _end(about, items),
    }


def _subscription(about: Json) -> str | None:
    parent = _record(_record(about, "parent"), "subscription_details")
    return _linked(about, "subscription") or _linked(parent, "subscription")


def _items(about: Json) -> Sequence[Json]:
    rows = _record(about, "items").get("data")
    listed = rows if isinstance(rows, list) else []
    return [cast("Json", row) for row in listed if isinstance(row, dict)]


def _end(about: Json, items: Sequence[Json]) -> int | None:
    """Return when the paid time ends: of items that differ, the last one's."""
    ends = (row.get("current_period_end") for row in (about, *items))
    return max((end for end in ends if type(end) is int), default=None)


def _of_workos(kind: str, data: Json) -> dict[str, Any]:
    own, noun = _id_in(data, "id"), kind.partition(".")[0]
    fields: dict[str, Any] = {"object": noun, "status": _text(data, "status")}
    match noun:
        case "organization":
            fields |= {
                "organization": own,
                "customer": _id_in(data, "stripe_customer_id"),
            }
        case "user":
            fields |= {"user": own}
        case _:
            fields |= {
                "organization": _id_in(data, "organization_id"),
                "user": _id_in(data, "user_id"),
            }
    return fields


def _parsed(text: str) -> Json:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_event("it is not JSON") from None
    if not isinstance(row, dict):
        raise _no_event("it is not a JSON object")
    return row


def _id(row: Json) -> str:
    found = _name(row, "id")
    if " " in found:
        raise _no_event("its id is no id")
    return found


def _name(row: Json, name: str) -> str:
    found = _text(row, name)
    if not found:
        raise _no_event(f"it has no {name} that could be one")
    return found


def _moment(value: object) -> int:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
            value = int(at.replace(tzinfo=at.tzinfo or UTC).timestamp())
        except (ValueError, OverflowError):
            value = None
    if type(value) is int and 0 < value < LATEST:
        return value
    raise _no_event("it does not say when it was made")


def _record(row: Json, name: str) -> Json:
    found = row.get(name)
    return found if isinstance(found, dict) else NOTHING


def _text(row: Json, name: str) -> str | None:
    """Return an id or a word; what is none is shown to nobody, and names nothing."""
    found = row.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        return None
    return found if found.isascii() and found.isprintable() else None


def _linked(row: Json, name: str) -> str | None:
    """Return the id of something that is linked or expanded."""
    return _id_in(row, name) or _id_in(_record(row, name), "id")


def _id_in(row: Json, name: str) -> str | None:
    """Return an id that a service can be asked for; anything else names nobody."""
    found = _text(row, name)
    return found if found and ID.fullmatch(found) else None


def _no_event(why: str) -> UsageError:
    return UsageError(
        f"this is no event: {why}",
        code="event-text",
        hint="one JSON object a line, as the service's API gives it",
    )
