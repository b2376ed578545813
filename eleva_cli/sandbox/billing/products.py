"""Products; the caller may choose the id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing import price_making as prices
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.price_params import DEFAULT_PRICE, TAX_DETAILS
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
    boolean,
    created,
    filled,
    list_of,
    metadata,
    number,
    one_of,
    record,
    records,
    text,
)
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/products"
_PLAIN: tuple[str, ...] = (
    "active",
    "default_price",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "tax_details",
    "type",
    "unit_label",
    "url",
)
_SIDES = ("height", "length", "weight", "width")
_ACCEPTS = {
    "active": boolean,
    "description": text,
    "images": list_of(text),
    "marketing_features": records({"name": filled}, ("name",)),
    "metadata": metadata,
    "name": filled,
    "package_dimensions": record(dict.fromkeys(_SIDES, number), _SIDES),
    "shippable": boolean,
    "statement_descriptor": text,
    "tax_code": text,
    "tax_details": TAX_DETAILS,
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


def made(call: Call, params: Json, *, inside: str = "") -> Json:
    """Store a new product, with its default price if one is described."""
    chosen = params.get("id")
    if chosen and call.session.text("product", chosen) is not None:
        raise invalid(
            f"Product already exists: {chosen}",
            code="resource_already_exists",
            param=f"{inside}[id]" if inside else "id",
        )
    body = new(
        {
            "id": chosen or call.session.new_id("product"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, params),
        }
    )
    assigned(body, params, _PLAIN)
    data = params.get("default_price_data")
    price = data and prices.made(call, data, body["id"], inside="default_price_data")
    body["default_price"] = price["id"] if price else None
    call.session.put("product", body)
    emit(call, "product.created", body)
    if price:
        prices.announce(call, price)
    return body


def _create(call: Call) -> Answer:
    return expand.expanded(call, made(call, call.params))


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "product", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "product", call.id)
    if price := call.params.get("default_price"):
        _check_default(call, price)
    body = assigned({**before}, call.params, _PLAIN)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    if body != before:
        body["updated"] = call.seconds
    call.session.put("product", body)
    emit(call, "product.updated", body, before)
    return expand.expanded(call, body)


def _check_default(call: Call, price_id: str) -> None:
    """Let only a price of this product that is for sale be its default."""
    price = find(call, "price", price_id, param="default_price")
    if price["product"] != call.id:
        raise invalid(
            f"The price {price_id} belongs to another product.", param="default_price"
        )
    if not price["active"]:
        raise invalid(f"The price {price_id} is inactive.", param="default_price")


def _delete(call: Call) -> Answer:
    """Take a product away that was never priced, and its features' attachments."""
    body = find(call, "product", call.id)
    if call.session.find("price", "product", call.id) is not None:
        raise invalid(
            "This product cannot be deleted because it has one or more user-created"
            " prices.",
            param="id",
        )
    attachments = call.session.rows(
        "SELECT o.id, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'product_feature' AND r.name = 'product' AND r.value = ?",
        (call.id,),
    )
    for attachment, _ in attachments:
        call.session.remove("product_feature", attachment)
    call.session.remove("product", call.id)
    emit(call, "product.deleted", body)
    return Answer.of({"id": call.id, "object": "product", "deleted": True})


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    for name in ("active", "shippable", "type", "url"):
        if name in call.params:
            value = call.params[name]
            wanted = int(value) if isinstance(value, bool) else value
            where.append((f"json_extract(o.body, '$.{name}') = ?", (wanted,)))
    if ids := call.params.get("ids"):
        marks = ",".join("?" * len(ids))
        where.append((f"o.id IN ({marks})", tuple(ids)))
    return expand.plain_list(call, URL, page(call, "product", where=where))


_TYPE = one_of("good", "service")
_LIST = {
    **LISTING,
    "active": boolean,
    "created": created,
    "ids": list_of(text),
    "shippable": boolean,
    "type": _TYPE,
    "url": text,
}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {**_ACCEPTS, "default_price_data": DEFAULT_PRICE, "id": filled, "type": _TYPE},
        requires=("name",),
        permission="product",
    ),
    route("GET", URL, _list, _LIST, permission="product"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="product"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_ACCEPTS, "default_price": text},
        permission="product",
    ),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="product"),
)
