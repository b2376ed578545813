"""Subscriptions: list, show, create, change, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    Condition,
    find,
    find_living,
    listing,
    merge_metadata,
    page,
    route,
    shown,
)
from eleva_cli.sandbox.billing.subscription_change import changed, first_items
from eleva_cli.sandbox.billing.subscription_shape import (
    ENDED,
    NESTED_LIMIT,
    STATUSES,
    Rendering,
    new,
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
    moment,
    one_of,
    record,
    text,
)
from eleva_cli.sandbox.refusals import invalid, no_such
from eleva_cli.sandbox.session import Query

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/subscriptions"
_ITEM = {
    "clear_usage": boolean,
    "deleted": boolean,
    "discounts": anything,
    "id": text,
    "metadata": metadata,
    "price": text,
    "quantity": integer,
    "tax_rates": anything,
}
_ACCEPTS = {
    **dict.fromkeys(
        ("add_invoice_items", "automatic_tax", "billing_mode", "discounts"), anything
    ),
    **dict.fromkeys(
        ("invoice_settings", "payment_settings", "trial_settings"), anything
    ),
    **dict.fromkeys(("cancellation_details", "default_tax_rates"), anything),
    "billing_cycle_anchor": moment("now", "unchanged"),
    "cancel_at": moment("min_period_end", "max_period_end", "max_billed_until"),
    "cancel_at_period_end": boolean,
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "days_until_due": integer,
    "default_payment_method": text,
    "description": text,
    "items": list_of(record(_ITEM)),
    "metadata": metadata,
    "off_session": boolean,
    "payment_behavior": one_of(
        "allow_incomplete",
        "default_incomplete",
        "error_if_incomplete",
        "pending_if_incomplete",
    ),
    "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
    "trial_end": moment("now"),
}


def of_customer(call: Call, customer_id: str) -> Json:
    """Give a customer's living subscriptions as a nested list."""
    query = Query(
        kind="subscription",
        shelf=call.shelf("subscription"),
        limit=NESTED_LIMIT,
        reference=("customer", customer_id),
        where=(_living(),),
    )
    texts, has_more = call.session.page(query)
    rendering = Rendering(call.session)
    return {
        "object": "list",
        "data": [rendering.subscription(load(text)) for text in texts],
        "has_more": has_more,
        "url": f"/v1/customers/{customer_id}/subscriptions",
    }


def cancel_all(call: Call, customer_id: str) -> None:
    """End a customer's subscriptions, as deleting the customer does."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'subscription' AND r.name = 'customer' AND r.value = ?",
        (customer_id,),
    )
    for body in [load(row[0]) for row in rows]:
        if body["status"] not in ENDED:
            _end(call, body)


def _end(call: Call, before: Json) -> Json:
    at = call.seconds
    body = {**before, "status": "canceled", "canceled_at": at, "ended_at": at}
    body["cancellation_details"] = {
        "comment": None,
        "feedback": None,
        "reason": "cancellation_requested",
    }
    call.session.put("subscription", body)
    sent = Rendering(call.session).subscription(body)
    emit(call, "customer.subscription.deleted", sent)
    return sent


def _living() -> Condition:
    return ("json_extract(o.body, '$.status') <> 'canceled'", ())


def _of_status(status: str | None) -> list[Condition]:
    """Select by status; without one, everything that is not canceled."""
    match status:
        case "all":
            return []
        case None | "":
            return [_living()]
        case "ended":
            return [("json_extract(o.body, '$.status') IN (?, ?)", ENDED)]
        case _:
            return [("json_extract(o.body, '$.status') = ?", (status,))]


def _list(call: Call) -> Answer:
    where = _of_status(call.params.get("status"))
    customer, price = call.params.get("customer"), call.params.get("price")
    reference = None
    if customer:
        find(call, "customer", customer, param="customer")
        reference = ("customer", customer)
    if price:
        holds = "EXISTS (SELECT 1 FROM refs p WHERE p.seq = o.seq AND p.kind ="
        holds += " 'subscription' AND p.name = 'price' AND p.value = ?)"
        where.append((holds, (price,)))
    texts, has_more = page(call, "subscription", reference=reference, where=where)
    rendering = Rendering(call.session)
    if not call.params.get("expand"):
        sent = shown(texts, rendering.subscription)
        return listing(URL, sent, has_more=has_more)
    bodies = [rendering.subscription(load(text)) for text in texts]
    return expand.expanded_list(call, URL, bodies, has_more=has_more)


def _retrieve(call: Call) -> Answer:
    body = find(call, "subscription", call.id)
    return expand.expanded(call, Rendering(call.session).subscription(body))


def _create(call: Call) -> Answer:
    customer = call.params["customer"]
    if find(call, "customer", customer, param="customer").get("deleted"):
        raise no_such("customer", customer, param="customer")
    body = new(
        {
            "id": call.session.new_id("subscription"),
            "created": call.seconds,
            "customer": customer,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
        }
    )
    body = changed(call, body, first_items(call))
    call.session.put("subscription", body)
    sent = Rendering(call.session).subscription(body)
    emit(call, "customer.subscription.created", sent)
    return expand.expanded(call, sent)


def _update(call: Call) -> Answer:
    before = find_living(call, "subscription", call.id)
    if before["status"] in ENDED and set(call.params) - {"metadata", "expand"}:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and"
            " metadata."
        )
    body = changed(call, {**before}, before["items"])
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    rendering = Rendering(call.session)
    old = rendering.subscription(before)
    call.session.put("subscription", body)
    sent = rendering.subscription(body)
    emit(call, "customer.subscription.updated", sent, old)
    return expand.expanded(call, sent)


def _cancel(call: Call) -> Answer:
    before = find(call, "subscription", call.id)
    if before["status"] in ENDED:
        raise no_such("subscription", call.id)
    return expand.expanded(call, _end(call, before))


_CREATE = {
    **_ACCEPTS,
    "currency": text,
    "customer": text,
    "trial_period_days": integer,
    "trial_from_plan": boolean,
    "backdate_start_date": integer,
}
_LIST = {
    **LISTING,
    "collection_method": text,
    "created": created,
    "current_period_end": created,
    "current_period_start": created,
    "customer": text,
    "price": text,
    "status": one_of(*STATUSES, "all", "ended", ""),
    "test_clock": text,
}
_CANCEL = {"cancellation_details": anything, "invoice_now": boolean, "prorate": boolean}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        _CREATE,
        requires=("customer", "items"),
        permission="subscription",
    ),
    route("GET", URL, _list, _LIST, permission="subscription"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="subscription"),
    route("POST", f"{URL}/{{id}}", _update, _ACCEPTS, permission="subscription"),
    route("DELETE", f"{URL}/{{id}}", _cancel, _CANCEL, permission="subscription"),
)
