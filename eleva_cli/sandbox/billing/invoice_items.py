"""Pending invoice items: what the next invoice will add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import discounts, expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.invoice_lines import pricing_of
from eleva_cli.sandbox.billing.item_change import tax_rates
from eleva_cli.sandbox.billing.money import amount_of
from eleva_cli.sandbox.billing.resource import (
    Condition,
    find,
    find_living,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.jsons import load
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
    timestamp,
)
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.billing.invoice_lines import Line
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

URL = "/v1/invoiceitems"


def new(given: Json) -> Json:
    """Complete an invoice item as it is stored; `created` is never sent."""
    at = given.get("created", 0)
    return {
        "id": "",
        "object": "invoiceitem",
        "amount": 0,
        "created": at,
        "currency": "eur",
        "customer": "",
        "customer_account": None,
        "date": at,
        "description": None,
        "discountable": True,
        "discounts": [],
        "frozen_fields": [],
        "invoice": None,
        "invoicing_rules": None,
        "livemode": False,
        "metadata": {},
        "net_amount": given.get("amount", 0),
        "parent": None,
        "period": {"end": at, "start": at},
        "pricing": None,
        "proration": False,
        "proration_details": None,
        "quantity": 1,
        "quantity_decimal": str(given.get("quantity", 1)),
        "tax_rates": [],
        "test_clock": None,
        **given,
    }


def of_proration(line: Line, customer: Json, at: int) -> Json:
    """Make the item of a proration; it has no id yet."""
    quantity = line.quantity or 0
    return new(
        {
            "amount": line.amount,
            "created": at,
            "currency": line.currency,
            "customer": customer["id"],
            "description": line.description,
            "discountable": False,
            "livemode": customer["livemode"],
            "metadata": line.metadata,
            "parent": {
                "subscription_details": {
                    "subscription": line.subscription,
                    "subscription_item": line.item,
                },
                "type": "subscription_details",
            },
            "period": {"end": line.period[1], "start": line.period[0]},
            "pricing": None if line.price is None else pricing_of(line.price),
            "proration": True,
            "proration_details": {"credited_items": None, "discount_amounts": []},
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "tax_rates": line.tax_rates,
            "test_clock": customer["test_clock"],
        }
    )


def shown(body: Json) -> Json:
    """Show a stored item."""
    sent = dict(body)
    del sent["created"]
    return sent


expand.SHOWN["invoice_item"] = lambda _, body: shown(body)


def add(call: Call, body: Json) -> Json:
    """Store a new item and tell."""
    body = {**body, "id": call.session.new_id("invoice_item")}
    call.session.put("invoice_item", body)
    emit(call, "invoiceitem.created", shown(body))
    return body


def pending(session: Session, customer_id: str, subscription_id: str) -> list[Json]:
    """Give what waits for the next invoice of a subscription, the oldest first.

    That is its own items, and those of the customer that name no subscription.
    """
    rows = session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'invoice_item' AND r.name = 'customer' AND r.value = ?"
        " AND json_extract(o.body, '$.invoice') IS NULL AND o.shelf <> 'deleted'"
        " ORDER BY r.created, r.seq",
        (customer_id,),
    )
    bodies = [load(row[0]) for row in rows]
    return [each for each in bodies if _owner(each) in (None, subscription_id)]


def _owner(body: Json) -> str | None:
    parent = body["parent"]
    return str(parent["subscription_details"]["subscription"]) if parent else None


def take(call: Call, items: list[Json], invoice_id: str) -> None:
    """Put pending items on an invoice."""
    for item in items:
        call.session.put("invoice_item", {**item, "invoice": invoice_id})


def added(call: Call) -> Json:
    """Make the pending item that the parameters describe."""
    params = call.params
    customer = find_living(call, "customer", params["customer"], param="customer")
    body = new({"created": call.seconds, "customer": customer["id"]})
    body |= _costs(call)
    if "subscription" in params:
        owner = find(call, "subscription", params["subscription"], param="subscription")
        details = {"subscription": owner["id"], "subscription_item": None}
        body["parent"] = {
            "subscription_details": details,
            "type": "subscription_details",
        }
    body |= {
        "description": params.get("description") or None,
        "discountable": params.get("discountable", True),
        "discounts": discounts.redeemed(
            call, params.get("discounts", []), "discounts", customer=customer["id"]
        ),
        "livemode": call.live,
        "metadata": merge_metadata({}, params),
        "period": params.get("period") or body["period"],
        "tax_rates": tax_rates(call, params.get("tax_rates", []), "tax_rates"),
        "test_clock": customer["test_clock"],
    }
    return add(call, body)


def _create(call: Call) -> Answer:
    return expand.expanded(call, shown(added(call)))


def _costs(call: Call) -> Json:
    """Read an amount, or a price and a quantity."""
    params = call.params
    if "invoice" in params or "price_data" in params:
        raise invalid("The sandbox only makes pending items of prices and amounts.")
    quantity: int = params.get("quantity", 1)
    priced: str | None = (params.get("pricing") or {}).get("price")
    if priced is None:
        if "amount" not in params:
            raise invalid(
                "Missing required param: amount.",
                code="parameter_missing",
                param="amount",
            )
        currency = params.get("currency", "eur")
        amount, pricing = params["amount"], None
    else:
        price = find(call, "price", priced, param="pricing[price]")
        currency, pricing = price["currency"], pricing_of(price)
        amount = amount_of(price, quantity)
    return {
        "amount": amount,
        "currency": currency,
        "net_amount": amount,
        "pricing": pricing,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
    }


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, shown(find_living(call, "invoice_item", call.id)))


def _update(call: Call) -> Answer:
    before = _pending_one(call)
    params = call.params
    if "pricing" in params or "price_data" in params or "quantity" in params:
        raise invalid("The sandbox only changes the amounts of invoice items.")
    body = {**before}
    if "amount" in params:
        body |= {"amount": params["amount"], "net_amount": params["amount"]}
    for name in ("description", "discountable", "period"):
        if name in params:
            body[name] = params[name] or (None if name == "description" else False)
    if "tax_rates" in params:
        body["tax_rates"] = tax_rates(call, params["tax_rates"], "tax_rates")
    if "discounts" in params:
        body["discounts"] = discounts.redeemed(
            call, params["discounts"], "discounts", customer=before["customer"]
        )
    body["metadata"] = merge_metadata(before["metadata"], params)
    call.session.put("invoice_item", body)
    return expand.expanded(call, shown(body))


def _delete(call: Call) -> Answer:
    before = _pending_one(call)
    call.session.put("invoice_item", {**before, "deleted": True})
    emit(call, "invoiceitem.deleted", shown(before))
    return Answer.of({"id": before["id"], "object": "invoiceitem", "deleted": True})


def _pending_one(call: Call) -> Json:
    """Find an item that is on no invoice yet; on one, it is fixed."""
    body = find_living(call, "invoice_item", call.id)
    if body["invoice"] is not None:
        raise invalid(
            f"The invoice item {call.id} is on an invoice and can no longer be changed."
        )
    return body


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    if "pending" in call.params:
        sign = "IS" if call.params["pending"] else "IS NOT"
        where.append((f"json_extract(o.body, '$.invoice') {sign} NULL", ()))
    if invoice := call.params.get("invoice"):
        where.append(("json_extract(o.body, '$.invoice') = ?", (invoice,)))
    customer = call.params.get("customer")
    reference = ("customer", customer) if customer else None
    texts, has_more = page(call, "invoice_item", reference=reference, where=where)
    bodies = [shown(load(each)) for each in texts]
    return expand.expanded_list(call, URL, bodies, has_more=has_more)


_PERIOD = record({"end": timestamp, "start": timestamp}, ("end", "start"))
_CREATE = {
    "amount": integer,
    "currency": text,
    "customer": text,
    "customer_account": text,
    "description": text,
    "discountable": boolean,
    "discounts": discounts.GIVEN,
    "invoice": text,
    "metadata": metadata,
    "period": _PERIOD,
    "price_data": anything,
    "pricing": record({"price": text}),
    "quantity": integer,
    "quantity_decimal": text,
    "subscription": text,
    "tax_behavior": one_of("exclusive", "inclusive", "unspecified"),
    "tax_code": text,
    "tax_rates": list_of(text),
    "unit_amount_decimal": text,
}
_NEW_ONLY = ("currency", "customer", "customer_account", "invoice", "subscription")
_UPDATE = {
    **{name: check for name, check in _CREATE.items() if name not in _NEW_ONLY},
    "invoicing_rules": text,
}
_LIST = {
    **LISTING,
    "created": created,
    "customer": text,
    "customer_account": text,
    "invoice": text,
    "pending": boolean,
}

ROUTES = (
    route(
        "POST", URL, _create, _CREATE, requires=("customer",), permission="invoiceitem"
    ),
    route("GET", URL, _list, _LIST, permission="invoiceitem"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="invoiceitem"),
    route("POST", f"{URL}/{{id}}", _update, _UPDATE, permission="invoiceitem"),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="invoiceitem"),
)
