"""Customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, lifecycle
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    Condition,
    assigned,
    find,
    find_living,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.billing.subscription_store import in_time_of
from eleva_cli.sandbox.params import (
    LISTING,
    boolean,
    created,
    integer,
    list_of,
    metadata,
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

URL = "/v1/customers"
_PLAIN: tuple[str, ...] = (
    "address",
    "balance",
    "business_name",
    "description",
    "email",
    "name",
    "individual_name",
    "invoice_prefix",
    "phone",
    "preferred_locales",
    "next_invoice_sequence",
    "tax_exempt",
)
_ADDRESS_PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
_ADDRESS = record(dict.fromkeys(_ADDRESS_PARTS, text))
_INVOICE_SETTINGS = record(
    {
        "custom_fields": records({"name": text, "value": text}),
        "default_payment_method": text,
        "footer": text,
        "rendering_options": record({"amount_tax_display": text, "template": text}),
    }
)
_MOST_FIELDS = 4
_ACCEPTS = {
    **dict.fromkeys(
        ("business_name", "description", "email", "individual_name", "name"), text
    ),
    **dict.fromkeys(("invoice_prefix", "phone", "source"), text),
    "address": _ADDRESS,
    "balance": integer,
    "cash_balance": record({"settings": record({"reconciliation_mode": text})}),
    "invoice_settings": _INVOICE_SETTINGS,
    "metadata": metadata,
    "next_invoice_sequence": integer,
    "preferred_locales": list_of(text),
    "shipping": record({"address": _ADDRESS, "name": text, "phone": text}),
    "tax": record({"ip_address": text, "validate_location": text}),
    "tax_exempt": one_of("exempt", "none", "reverse", ""),
    "validate": boolean,
}


def new(given: Json) -> Json:
    """Complete a customer."""
    return {
        "id": "",
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": 0,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": None,
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **given,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
            **(given.get("invoice_settings") or {}),
        },
    }


def deleted(body: Json) -> Json:
    """Give what is left of a customer; the mode and the time are not shown."""
    return {
        "id": body["id"],
        "object": "customer",
        "deleted": True,
        "created": body["created"],
        "livemode": body["livemode"],
    }


def _shown(body: Json) -> Json:
    if body.get("deleted"):
        return {name: body[name] for name in ("id", "object", "deleted")}
    return body


expand.SHOWN["customer"] = lambda _, body: _shown(body)


def _set(call: Call, body: Json) -> None:
    """Set what the parameters give; nested fields that are not named stay."""
    params = call.params
    assigned(body, params, _PLAIN)
    body["tax_exempt"] = body["tax_exempt"] or "none"
    if body["address"]:
        body["address"] = {**dict.fromkeys(_ADDRESS_PARTS), **body["address"]}
    if "shipping" in params:
        body["shipping"] = _shipping(params["shipping"])
    if settings := params.get("invoice_settings"):
        _check_fields(settings)
        cleared = {name: value or None for name, value in settings.items()}
        body["invoice_settings"] = {**body["invoice_settings"], **cleared}
    for name in ("default_source", "source"):
        if name in params:
            body["default_source"] = params[name] or None
    body["metadata"] = merge_metadata(body["metadata"], params)


def _shipping(given: Json | str) -> Json | None:
    if not isinstance(given, dict):
        return None
    for name in ("address", "name"):
        if not given.get(name):
            place = f"shipping[{name}]"
            raise invalid(
                f"Missing required param: {place}.",
                code="parameter_missing",
                param=place,
            )
    address = {**dict.fromkeys(_ADDRESS_PARTS), **given["address"]}
    absent = dict.fromkeys(("carrier", "phone", "tracking_number"))
    return {**absent, **given, "address": address}


def _check_fields(settings: Json) -> None:
    if len(settings.get("custom_fields") or ()) > _MOST_FIELDS:
        raise invalid(
            f"You can give up to {_MOST_FIELDS} custom fields.",
            param="invoice_settings[custom_fields]",
        )


def _create(call: Call) -> Answer:
    clock = call.params.get("test_clock") or None
    if clock is not None:
        find_living(call, "test_clock", clock, param="test_clock")
    call = in_time_of(call, clock)
    body = new(
        {
            "id": call.session.new_id("customer"),
            "created": call.seconds,
            "livemode": call.live,
            "test_clock": clock,
        }
    )
    _set(call, body)
    call.session.put("customer", body)
    emit(call, "customer.created", body)
    return expand.expanded(call, body)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, _shown(find(call, "customer", call.id)))


def _update(call: Call) -> Answer:
    before = find_living(call, "customer", call.id)
    body = {**before}
    _set(call, body)
    call.session.put("customer", body)
    emit(call, "customer.updated", body, before)
    return expand.expanded(call, body)


def _delete(call: Call) -> Answer:
    return Answer.of(delete(call, find_living(call, "customer", call.id)))


def delete(call: Call, before: Json) -> Json:
    """Delete a customer for good, after ending the subscriptions."""
    call = in_time_of(call, before["test_clock"])
    lifecycle.end_all(call, before["id"])
    body = deleted(before)
    call.session.put("customer", body)
    emit(call, "customer.deleted", before)
    return _shown(body)


def _list(call: Call) -> Answer:
    """List by address, as it is written, or by clock; else who lives by no clock."""
    email, clock = call.params.get("email"), call.params.get("test_clock")
    reference = ("email", email) if email else None
    where: list[Condition] = [("json_extract(o.body, '$.test_clock') IS NULL", ())]
    if clock:
        find(call, "test_clock", clock, param="test_clock")
        where = [("json_extract(o.body, '$.test_clock') = ?", (clock,))]
    found = page(call, "customer", reference=reference, where=where)
    return expand.plain_list(call, URL, found)


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {
            **_ACCEPTS,
            "payment_method": text,
            "tax_id_data": records({"type": text, "value": text}),
            "test_clock": text,
        },
        permission="customer",
    ),
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "created": created, "email": text, "test_clock": text},
        permission="customer",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="customer"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_ACCEPTS, "default_source": text},
        permission="customer",
    ),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="customer"),
)
