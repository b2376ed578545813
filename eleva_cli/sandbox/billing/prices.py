"""Prices: amount and rhythm never change; a lookup key belongs to one price."""

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
    integer,
    list_of,
    metadata,
    one_of,
    record,
    text,
)
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/prices"
_RECURRING = record(
    {
        "interval": one_of("day", "month", "week", "year"),
        "interval_count": integer,
        "meter": text,
        "trial_period_days": integer,
        "usage_type": one_of("licensed", "metered"),
    },
    ("interval",),
)
_BEHAVIOUR = one_of("exclusive", "inclusive", "unspecified")
_UPDATE = {
    "active": boolean,
    "currency_options": anything,
    "lookup_key": text,
    "metadata": metadata,
    "nickname": text,
    "tax_behavior": _BEHAVIOUR,
    "transfer_lookup_key": boolean,
}
_CREATE = {
    **_UPDATE,
    "billing_scheme": one_of("per_unit", "tiered"),
    "currency": text,
    "custom_unit_amount": anything,
    "product": text,
    "product_data": anything,
    "recurring": _RECURRING,
    "tiers": list_of(anything),
    "tiers_mode": text,
    "transform_quantity": anything,
    "unit_amount": integer,
    "unit_amount_decimal": text,
}
_PLAIN = ("active", "lookup_key", "nickname", "tax_behavior")


def new(given: Json) -> Json:
    """Complete a price."""
    amount = given.get("unit_amount")
    body = {
        "id": "",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 0,
        "currency": "eur",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": "",
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if given.get("recurring") else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": None if amount is None else str(amount),
        **given,
    }
    if body["recurring"]:
        body["recurring"] = {**_RHYTHM, **body["recurring"]}
    return body


_RHYTHM = {
    "interval": "month",
    "interval_count": 1,
    "meter": None,
    "trial_period_days": None,
    "usage_type": "licensed",
}


def plan_of(price: Json) -> Json:
    """Show a price as the plan that subscription items still carry."""
    same = ("active", "billing_scheme", "created", "currency", "id", "livemode")
    recurring = price["recurring"] or _RHYTHM
    return {
        "object": "plan",
        **{name: price[name] for name in same},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "metadata": price["metadata"],
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


def _take_lookup_key(call: Call, price_id: str) -> None:
    """Free the lookup key a price wants; an archived holder keeps it, too."""
    key = call.params.get("lookup_key")
    holder = call.session.find("price", "lookup_key", key) if key else None
    if holder is None or holder["id"] == price_id:
        return
    if not call.params.get("transfer_lookup_key"):
        raise invalid(
            f"A price (`{holder['id']}`) already uses that lookup key.",
            param="lookup_key",
        )
    body = {**holder, "lookup_key": None}
    call.session.put("price", body)
    emit(call, "price.updated", body, holder)


def _create(call: Call) -> Answer:
    params = call.params
    if "product" not in params:
        raise invalid(
            "You must specify either `product` or `product_data`.",
            code="parameter_missing",
            param="product",
            is_stored=False,
        )
    find(call, "product", params["product"], param="product")
    if "unit_amount" not in params and "unit_amount_decimal" not in params:
        raise invalid(
            "Missing required param: unit_amount.",
            code="parameter_missing",
            param="unit_amount",
            is_stored=False,
        )
    recurring = params.get("recurring")
    if (
        recurring
        and recurring.get("usage_type") == "metered"
        and not recurring.get("meter")
    ):
        raise invalid("Metered prices need a meter.", param="recurring[meter]")
    body = new(_given(call))
    _take_lookup_key(call, body["id"])
    call.session.put("price", body)
    emit(call, "price.created", body)
    return expand.expanded(call, body)


def _given(call: Call) -> Json:
    params = call.params
    same = ("billing_scheme", "currency", "product", "recurring", "unit_amount")
    given = {name: params[name] for name in same if name in params}
    given |= {
        "id": call.session.new_id("price"),
        "created": call.seconds,
        "livemode": call.live,
        "metadata": merge_metadata({}, params),
    }
    return assigned(given, params, _PLAIN)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "price", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "price", call.id)
    _take_lookup_key(call, call.id)
    body = assigned({**before}, call.params, _PLAIN)
    if before["tax_behavior"] not in ("unspecified", body["tax_behavior"]):
        raise invalid("You cannot change `tax_behavior`.", param="tax_behavior")
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    call.session.put("price", body)
    emit(call, "price.updated", body, before)
    return expand.expanded(call, body)


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    for name in ("active", "currency", "type"):
        if name in call.params:
            value = call.params[name]
            value = int(value) if isinstance(value, bool) else value
            where.append((f"json_extract(o.body, '$.{name}') = ?", (value,)))
    if keys := call.params.get("lookup_keys"):
        if len(keys) > 10:
            raise invalid(
                "You may specify at most 10 lookup keys.", param="lookup_keys"
            )
        marks = ",".join("?" * len(keys))
        where.append(
            (f"json_extract(o.body, '$.lookup_key') IN ({marks})", tuple(keys))
        )
    product = call.params.get("product")
    reference = ("product", product) if product else None
    return expand.plain_list(
        call, URL, page(call, "price", reference=reference, where=where)
    )


_LIST = {
    **LISTING,
    "active": boolean,
    "created": created,
    "currency": text,
    "lookup_keys": list_of(text),
    "product": text,
    "recurring": anything,
    "type": one_of("one_time", "recurring"),
}

ROUTES = (
    route("POST", URL, _create, _CREATE, requires=("currency",), permission="plan"),
    route("GET", URL, _list, _LIST, permission="plan"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="plan"),
    route("POST", f"{URL}/{{id}}", _update, _UPDATE, permission="plan"),
)
