"""What WorkOS's endpoints share: routes, finding, pages, metadata, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.kinds import iso
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


def route(
    method: str, template: str, handler: Handler, *, is_public: bool = False
) -> Route:
    """Declare one of WorkOS's endpoints."""
    return Route(
        service=Service.WORKOS,
        method=method,
        template=template,
        handler=handler,
        is_public=is_public,
    )


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


def optional_text(body: Json, name: str) -> str | None:
    """Read a text that need not be there."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise unfit_field(name, f"{name} must be a string", code=f"{name}_invalid")


def page(
    call: Call,
    kind: str,
    *,
    reference: tuple[str, str] | None = None,
    where: Iterable[Condition] = (),
) -> tuple[list[str], Json]:
    """Read the page the query asks for, and its cursors."""
    order = _order(call.params, kind)
    onward, back = _cursors(call, kind, order)
    query = Query(
        kind=kind,
        shelf=kind,
        limit=_limit(call.params),
        reference=reference,
        where=tuple(where),
        newest_first=order != "asc",
        cursor=onward or back,
        forward=not back,
    )
    texts, has_more = call.session.page(query)
    has_earlier, has_later = bool(onward), has_more
    if back:
        has_earlier, has_later = has_more, True
    first = str(load(texts[0])["id"]) if texts and has_earlier else None
    last = str(load(texts[-1])["id"]) if texts and has_later else None
    if order == "normal":
        first, last = last, first
    return texts, {"before": first, "after": last}


def _cursors(call: Call, kind: str, order: str) -> tuple[str | None, str | None]:
    """Give the id to go on after, or the id to go back from."""
    after, before = (optional_text(call.params, name) for name in ("after", "before"))
    if after and before:
        message = "only one of before and after can be given"
        raise unfit_field("before", message, code="invalid_cursor")
    cursor, name = after or before, "after" if after else "before"
    if cursor and call.session.get(kind, cursor) is None:
        # lists have no 404: what cannot be read of a query is unfit
        raise unfit_field(name, f"{name} is not in the list", code="invalid_cursor")
    # `normal` shows the newest first, and its `after` fetches what is newer
    return (before, after) if order == "normal" else (after, before)


def _limit(query: Json) -> int:
    text = optional_text(query, "limit") or "10"
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise unfit_field(
            "limit", "limit must be between 1 and 100", code="invalid_limit"
        )
    return int(text)


def _order(query: Json, kind: str) -> str:
    # Events are told oldest first unless asked otherwise, everything else newest.
    order = optional_text(query, "order")
    order = order or ("asc" if kind == "workos_event" else "desc")
    if order not in {"asc", "desc", "normal"}:
        raise unfit_field("order", "order must be asc, desc or normal", code="order")
    return order


def listing(texts: Iterable[str], cursors: Mapping[str, str | None]) -> Answer:
    """Answer with a list of objects that are JSON text already."""
    return Answer(
        body=f'{{"object":"list","data":[{",".join(texts)}],'
        f'"list_metadata":{dump(dict(cursors))}}}'
    )


def checked_metadata(value: object, *, present: Json, merge: bool) -> Json:
    """Hold metadata to the published limits; merge or replace as switched.

    WorkOS's page on metadata says 10 pairs where its contract says 50: the sandbox
    takes the wider, so that whoever keeps to the narrower is safe with both.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unfit_field("metadata", "must be an object", code="invalid_metadata")
    merged = {**present, **value} if merge else value
    merged = {key: each for key, each in merged.items() if each not in (None, "")}
    fits = len(merged) <= 50 and all(
        isinstance(each, str)
        and len(each) <= 600
        and len(key) <= 40
        and (key + each).isascii()
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
