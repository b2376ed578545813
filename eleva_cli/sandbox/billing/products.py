"""Products; the caller may choose the id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    Condition,
    assigned,
    find,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.params import (
    LISTING,
    anything,
    boolean,
    created,
    list_of,
    metadata,
    text,
)
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/products"
_PLAIN: tuple[str, ...] = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
    "default_price",
)
_ACCEPTS = {
    "active": boolean,
    "description": text,
    "images": list_of(text),
    "marketing_features": list_of(anything),
    "metadata": metadata,
    "name": text,
    "package_dimensions": anything,
    "shippable": boolean,
    "statement_descriptor": text,
    "tax_code": text,
    "tax_details": anything,
    "unit_label": text,
    "url": text,
}


def new(given: Json) -> Json:
    """Complete a product."""
    return {
        "id": "",
        "object": "product",
        "active": True,
        "created": 0,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": given.get("created", 0),
        "url": None,
        **given,
    }


def _create(call: Call) -> Answer:
    chosen = call.params.get("id")
    if chosen and call.session.text("product", chosen) is not None:
        raise invalid(
            f"Product already exists: {chosen}",
            code="resource_already_exists",
            param="id",
        )
    body = new(
        {
            "id": chosen or call.session.new_id("product"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
        }
    )
    assigned(body, call.params, _PLAIN)
    call.session.put("product", body)
    emit(call, "product.created", body)
    return expand.expanded(call, body)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "product", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "product", call.id)
    if price := call.params.get("default_price"):
        find(call, "price", price, param="default_price")
    body = assigned({**before}, call.params, _PLAIN)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    if body != before:
        body["updated"] = call.seconds
    call.session.put("product", body)
    emit(call, "product.updated", body, before)
    return expand.expanded(call, body)


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    if "active" in call.params:
        active = int(call.params["active"])
        where.append(("json_extract(o.body, '$.active') = ?", (active,)))
    if ids := call.params.get("ids"):
        marks = ",".join("?" * len(ids))
        where.append((f"o.id IN ({marks})", tuple(ids)))
    return expand.plain_list(call, URL, page(call, "product", where=where))


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {**_ACCEPTS, "id": text, "type": text},
        requires=("name",),
        permission="product",
    ),
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "active": boolean, "created": created, "ids": list_of(text)},
        permission="product",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="product"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_ACCEPTS, "default_price": text},
        permission="product",
    ),
)
