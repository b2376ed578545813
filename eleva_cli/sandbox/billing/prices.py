"""Prices: amount and rhythm never change; a lookup key belongs to one price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, price_params, products
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.price_making import (
    announce,
    made,
    merged_options,
    take_lookup_key,
)
from eleva_cli.sandbox.billing.price_shape import new, plan_of, shown
from eleva_cli.sandbox.billing.resource import (
    Condition,
    assigned,
    find,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

__all__ = ["ROUTES", "new", "plan_of", "shown"]

URL = "/v1/prices"
MOST_KEYS = 10
_PLAIN = ("active", "lookup_key", "nickname", "tax_behavior")


def _create(call: Call) -> Answer:
    body = made(call, call.params, _product(call))
    announce(call, body)
    return expand.expanded(call, shown(body))


def _product(call: Call) -> str:
    """Give the id of the product a price is for; it may be made with it."""
    params = call.params
    if ("product" in params) == ("product_data" in params):
        raise invalid(
            "You must specify either `product` or `product_data`.",
            code=None if "product" in params else "parameter_missing",
            param="product",
            is_stored=False,
        )
    if data := params.get("product_data"):
        return str(products.made(call, data, inside="product_data")["id"])
    return str(find(call, "product", params["product"], param="product")["id"])


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, shown(find(call, "price", call.id)))


def _update(call: Call) -> Answer:
    before = find(call, "price", call.id)
    _check_change(call, before)
    take_lookup_key(call, call.params, call.id)
    body = assigned({**before}, call.params, _PLAIN)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    if "currency_options" in call.params:
        present: Json = before.get("currency_options") or {}
        body["currency_options"] = merged_options(
            present, call.params["currency_options"]
        )
    call.session.put("price", body)
    emit(call, "price.updated", shown(body), shown(before))
    return expand.expanded(call, shown(body))


def _check_change(call: Call, before: Json) -> None:
    """Hold a change to what may change; the default price stays for sale."""
    behaviour = call.params.get("tax_behavior", before["tax_behavior"])
    if before["tax_behavior"] not in ("unspecified", behaviour):
        raise invalid("You cannot change `tax_behavior`.", param="tax_behavior")
    if call.params.get("active") is False:
        product = call.session.get("product", before["product"])
        if product is not None and product["default_price"] == before["id"]:
            raise invalid(
                "This price cannot be archived because it is the default price of its"
                " product.",
                param="active",
            )


def _list(call: Call) -> Answer:
    params = call.params
    names = ("active", "currency", "type")
    given = {name: params[name] for name in names if name in params}
    for name, value in (params.get("recurring") or {}).items():
        given[f"recurring.{name}"] = value
    where: list[Condition] = [_equal(name, value) for name, value in given.items()]
    if keys := params.get("lookup_keys"):
        if len(keys) > MOST_KEYS:
            raise invalid(
                f"You may specify at most {MOST_KEYS} lookup keys.",
                param="lookup_keys",
            )
        marks = ",".join("?" * len(keys))
        where.append(
            (f"json_extract(o.body, '$.lookup_key') IN ({marks})", tuple(keys))
        )
    product = params.get("product")
    reference = ("product", product) if product else None
    found = page(call, "price", reference=reference, where=where)
    return expand.plain_list(call, URL, found, shown)


def _equal(name: str, value: str | bool) -> Condition:  # noqa: FBT001  # a JSON value
    wanted = int(value) if isinstance(value, bool) else value
    return f"json_extract(o.body, '$.{name}') = ?", (wanted,)


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        price_params.CREATE,
        requires=("currency",),
        permission="plan",
    ),
    route("GET", URL, _list, price_params.LIST, permission="plan"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="plan"),
    route("POST", f"{URL}/{{id}}", _update, price_params.UPDATE, permission="plan"),
)
