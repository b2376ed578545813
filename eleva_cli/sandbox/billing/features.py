"""Entitlement features: archived they still grant, and are never edited again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import (
    Condition,
    find,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.params import LISTING, boolean, metadata, short, text
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.session import Query

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/entitlements/features"
_LIVING: Condition = ("json_extract(o.body, '$.active')", ())
_ARCHIVED: Condition = ("NOT json_extract(o.body, '$.active')", ())


def new(given: Json) -> Json:
    """Complete a feature as it is stored."""
    return {
        "id": "",
        "object": "entitlements.feature",
        "active": True,
        "created": 0,
        "livemode": False,
        "lookup_key": "",
        "metadata": {},
        "name": "",
        **given,
    }


def shown(body: Json) -> Json:
    """Show a feature; the API does not tell when it was made."""
    return {name: value for name, value in body.items() if name != "created"}


expand.SHOWN["feature"] = lambda _, body: shown(body)


def _refuse_taken(call: Call, lookup_key: str) -> None:
    """Refuse a key that a feature has; an archived one gave it up."""
    query = Query(
        kind="feature",
        shelf=call.shelf("feature"),
        limit=1,
        reference=("lookup_key", lookup_key),
        where=(_LIVING,),
    )
    if call.session.page(query)[0]:
        raise invalid(
            f"A feature with the lookup key `{lookup_key}` exists already.",
            param="lookup_key",
        )


def _create(call: Call) -> Answer:
    _refuse_taken(call, call.params["lookup_key"])
    body = new(
        {
            "id": call.session.new_id("feature"),
            "created": call.seconds,
            "livemode": call.live,
            "lookup_key": call.params["lookup_key"],
            "metadata": merge_metadata({}, call.params),
            "name": call.params["name"],
        }
    )
    call.session.put("feature", body)
    return expand.expanded(call, shown(body))


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, shown(find(call, "feature", call.id)))


def _update(call: Call) -> Answer:
    before = find(call, "feature", call.id)
    if not before["active"]:
        raise invalid("An archived feature cannot be changed.", param="id")
    body = {
        **before,
        "active": call.params.get("active", True),
        "metadata": merge_metadata(before["metadata"], call.params),
        "name": call.params.get("name", before["name"]),
    }
    call.session.put("feature", body)
    return expand.expanded(call, shown(body))


def _list(call: Call) -> Answer:
    """List what is not archived, or what is."""
    key = call.params.get("lookup_key")
    where = _ARCHIVED if call.params.get("archived") else _LIVING
    reference = ("lookup_key", key) if key else None
    found = page(call, "feature", reference=reference, where=[where])
    return expand.plain_list(call, URL, found, shown)


_NAMED = {"metadata": metadata, "name": short(80)}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {**_NAMED, "lookup_key": short(80)},
        requires=("lookup_key", "name"),
        permission="entitlement",
    ),
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "archived": boolean, "lookup_key": text},
        permission="entitlement",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="entitlement"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_NAMED, "active": boolean},
        permission="entitlement",
    ),
)
