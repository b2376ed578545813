"""Customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, subscriptions
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    assigned,
    find,
    find_living,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.params import (
    LISTING,
    anything,
    created,
    integer,
    list_of,
    metadata,
    one_of,
    text,
)
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
    "shipping",
    "tax_exempt",
)
_ACCEPTS = {
    **dict.fromkeys(
        ("business_name", "description", "email", "individual_name", "name"), text
    ),
    **dict.fromkeys(("invoice_prefix", "phone", "source"), text),
    **dict.fromkeys(
        ("address", "cash_balance", "invoice_settings", "shipping", "tax"), anything
    ),
    "balance": integer,
    "metadata": metadata,
    "next_invoice_sequence": integer,
    "preferred_locales": list_of(text),
    "tax_exempt": one_of("exempt", "none", "reverse"),
    "validate": anything,
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
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
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


def _create(call: Call) -> Answer:
    body = new(
        {
            "id": call.session.new_id("customer"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
        }
    )
    assigned(body, call.params, _PLAIN)
    call.session.put("customer", body)
    emit(call, "customer.created", body)
    return expand.expanded(call, body)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, _shown(find(call, "customer", call.id)))


def _update(call: Call) -> Answer:
    before = find_living(call, "customer", call.id)
    body = assigned({**before}, call.params, _PLAIN)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    call.session.put("customer", body)
    emit(call, "customer.updated", body, before)
    return expand.expanded(call, body)


def _delete(call: Call) -> Answer:
    before = find_living(call, "customer", call.id)
    subscriptions.cancel_all(call, call.id)
    body = deleted(before)
    call.session.put("customer", body)
    emit(call, "customer.deleted", before)
    return Answer.of(_shown(body))


def _list(call: Call) -> Answer:
    email = call.params.get("email")
    reference = ("email", email) if email else None
    return expand.plain_list(call, URL, page(call, "customer", reference=reference))


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {
            **_ACCEPTS,
            "payment_method": text,
            "tax_id_data": anything,
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
