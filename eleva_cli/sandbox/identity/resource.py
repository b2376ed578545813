"""What WorkOS's endpoints share: routes, finding, pages, metadata, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eleva_cli.sandbox.refusals import denied, not_found, unfit_field
from eleva_cli.sandbox.session import Query, Value
from eleva_cli.sandbox.wire import Answer, Call, Handler, Route, Service

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

Condition = tuple[str, tuple[Value, ...]]
NOUNS = {
    "organization": "Organization",
    "user": "User",
    "organization_membership": "Organization Membership",
    "role": "Role",
    "workos_event": "Event",
}


def route(method: str, template: str, handler: Handler) -> Route:
    """Declare one of WorkOS's endpoints."""
    return Route(
        service=Service.WORKOS, method=method, template=template, handler=handler
    )


def iso(seconds: float) -> str:
    """Write a time as WorkOS does."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


EPOCH = iso(0)


def find(call: Call, kind: str, object_id: str) -> Json:
    """Give an object, or refuse as WorkOS does."""
    body = call.session.get(kind, object_id)
    if body is None:
        raise not_found(NOUNS[kind], object_id)
    return body


def find_external(call: Call, kind: str, external_id: str) -> Json:
    """Give an object by the id the application gave it."""
    body = call.session.find(kind, "external_id", external_id)
    if body is None:
        raise not_found(NOUNS[kind], external_id)
    return body


def text_field(body: Json, name: str) -> str:
    """Read a required text of a request."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise unfit_field(name, f"{name} must be a string", code=f"{name}_required")
    return value


def page(
    call: Call,
    kind: str,
    *,
    reference: tuple[str, str] | None = None,
    where: Iterable[Condition] = (),
) -> tuple[list[str], Json]:
    """Read the page the query asks for, and its cursors."""
    after, before = call.params.get("after"), call.params.get("before")
    if after and before:
        raise denied(400, "Only one of before and after can be given.")
    cursor = after or before
    if cursor:
        find(call, kind, cursor)
    query = Query(
        kind=kind,
        shelf=kind,
        limit=_limit(call.params),
        reference=reference,
        where=tuple(where),
        newest_first=_newest_first(call.params, kind),
        cursor=cursor,
        forward=not before,
    )
    texts, has_more = call.session.page(query)
    has_earlier, has_later = bool(after), has_more
    if before:
        has_earlier, has_later = has_more, True
    return texts, {
        "before": _id_of(texts[0]) if texts and has_earlier else None,
        "after": _id_of(texts[-1]) if texts and has_later else None,
    }


def _id_of(text: str) -> str:
    from eleva_cli.sandbox.jsons import load  # noqa: PLC0415

    return str(load(text)["id"])


def _limit(query: Json) -> int:
    text = query.get("limit", "10")
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise unfit_field(
            "limit", "limit must be between 1 and 100", code="invalid_limit"
        )
    return int(text)


def _newest_first(query: Json, kind: str) -> bool:
    # Events are told oldest first unless asked otherwise, everything else newest.
    order = query.get("order", "asc" if kind == "workos_event" else "desc")
    if order not in {"asc", "desc", "normal"}:
        raise unfit_field("order", "order must be asc, desc or normal", code="order")
    return bool(order == "desc")


def listing(texts: Iterable[str], cursors: Mapping[str, str | None]) -> Answer:
    """Answer with a list of objects that are JSON text already."""
    before, after = (
        "null" if cursors[name] is None else f'"{cursors[name]}"'
        for name in ("before", "after")
    )
    return Answer(
        body=f'{{"object":"list","data":[{",".join(texts)}],'
        f'"list_metadata":{{"before":{before},"after":{after}}}}}'
    )


def checked_metadata(value: object, *, present: Json, merge: bool) -> Json:
    """Hold metadata to the limits; merge or replace as switched."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unfit_field("metadata", "must be an object", code="invalid_metadata")
    merged = {**present, **value} if merge else value
    merged = {key: each for key, each in merged.items() if each not in (None, "")}
    fits = len(merged) <= 50 and all(
        isinstance(each, str) and len(each) <= 600 and each.isascii() and len(key) <= 40
        for key, each in merged.items()
    )
    if not fits:
        raise denied(400, "Metadata is over its limits.", code="invalid_metadata")
    return merged


def checked_external_id(
    call: Call, kind: str, own_id: str | None, value: object
) -> str | None:
    """Hold an external id to its limits: short, ASCII, one object only."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 128 or not value.isascii():
        raise unfit_field("external_id", "is not valid", code="invalid_external_id")
    holder = call.session.find(kind, "external_id", value)
    if holder is not None and holder["id"] != own_id:
        raise denied(
            400,
            "The external_id provided is already in use.",
            code="external_id_already_used",
        )
    return value
