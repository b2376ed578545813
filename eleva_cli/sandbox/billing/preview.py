"""A preview of an invoice: what is asked for is done, read, and undone.

So a preview cannot differ from the invoice that comes. What makes an invoice at once
is previewed as that invoice; anything else as the next renewal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import (
    expand,
    invoice_items,
    invoicing,
    lifecycle,
    schedule_playing,
    subscriptions,
)
from eleva_cli.sandbox.billing.invoice_shape import shown
from eleva_cli.sandbox.billing.preview_params import ACCEPTS, NOT_PREVIEWED
from eleva_cli.sandbox.billing.price_shape import sells_in
from eleva_cli.sandbox.billing.resource import find, find_living
from eleva_cli.sandbox.billing.subscription_periods import (
    begin_period,
    brought_forward,
)
from eleva_cli.sandbox.billing.subscription_shape import ENDED
from eleva_cli.sandbox.billing.subscription_store import in_time_of
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

__all__ = ["ACCEPTS", "previewed"]
# what an update of a subscription is asked with, too
_CHANGES = (
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "default_tax_rates",
    "items",
    "metadata",
    "proration_behavior",
    "proration_date",
    "trial_end",
)


def previewed(call: Call) -> Answer:
    """Answer with the invoice that would come."""
    _check(call)
    body = _invoice(call)
    # what is expanded may be there for the preview only
    answer = expand.expanded(call, shown(body))
    call.session.forget_changes()
    return answer


def _check(call: Call) -> None:
    params = call.params
    details = params.get("subscription_details") or {}
    for name, given in (("", params), ("subscription_details", details)):
        for each in NOT_PREVIEWED & given.keys():
            place = f"{name}[{each}]" if name else each
            raise invalid(f"The sandbox does not preview `{place}`.", param=place)
    if not {"customer", "schedule", "subscription"} & params.keys():
        raise invalid(
            "You must specify at least one of these: customer, schedule, subscription.",
            code="parameter_missing",
            param="customer",
        )


def _invoice(call: Call) -> Json:
    subscription = _subscription(call)
    if subscription is None:
        return _of_new(call)
    call = in_time_of(call, subscription["test_clock"])
    if subscription["status"] in ENDED:
        raise _nothing_comes(call)
    _prepare(call, subscription["customer"])
    details: Json = call.params.get("subscription_details") or {}
    if details.get("cancel_now"):
        return _of_end(call, subscription)
    changes = _changes(call)
    if changes:
        subscriptions.update(replace(call, params=changes), subscription)
    is_recurring = call.params.get("preview_mode") == "recurring"
    after = find(call, "subscription", subscription["id"])
    is_billed = after["latest_invoice"] != subscription["latest_invoice"]
    if is_billed and not is_recurring:
        return _as_preview(call, after)
    if is_recurring:
        _forget_pending(call, after)
    return _of_renewal(call, after)


def _subscription(call: Call) -> Json | None:
    """Find the subscription that is named, by a schedule, or as the only one."""
    params = call.params
    if "subscription" in params:
        return find(call, "subscription", params["subscription"], param="subscription")
    if "schedule" in params:
        schedule = find(
            call, "subscription_schedule", params["schedule"], param="schedule"
        )
        if schedule["subscription"] is None:
            raise _nothing_comes(call)
        return find(call, "subscription", schedule["subscription"])
    find_living(call, "customer", params["customer"], param="customer")
    if (params.get("subscription_details") or {}).get("items"):
        return None
    return _next_of(call, params["customer"])


def _next_of(call: Call, customer_id: str) -> Json:
    """Find the subscription of a customer that is invoiced next."""
    rows = call.session.rows(
        "SELECT json_extract(o.body, '$.id'), (SELECT min(json_extract(i.value,"
        " '$.current_period_end')) FROM json_each(o.body, '$.items') i) AS next"
        " FROM refs r JOIN objects o USING (seq) WHERE r.kind = 'subscription'"
        " AND r.name = 'customer' AND r.value = ?"
        " AND json_extract(o.body, '$.status') NOT IN (?, ?) ORDER BY next",
        (customer_id, *ENDED),
    )
    if not rows:
        raise _nothing_comes(call)
    return find(call, "subscription", rows[0][0])


def _prepare(call: Call, customer_id: str) -> None:
    """Change for the time of the preview what it asks of the customer."""
    details: Json = call.params.get("customer_details") or {}
    if "tax_exempt" in details:
        body = find(call, "customer", customer_id)
        exempt = details["tax_exempt"] or "none"
        call.session.put("customer", {**body, "tax_exempt": exempt})
    for item in call.params.get("invoice_items", []):
        given = {**item, "customer": customer_id}
        if "price" in given:
            given["pricing"] = {"price": given.pop("price")}
        invoice_items.added(replace(call, params=given))


def _changes(call: Call) -> Json:
    """Give the parameters of the update that is previewed."""
    details: Json = call.params.get("subscription_details") or {}
    changes = {name: details[name] for name in _CHANGES if name in details}
    for name in ("automatic_tax", "discounts"):
        if name in call.params:
            changes[name] = call.params[name]
    if call.params.get("preview_mode") == "recurring":
        changes["proration_behavior"] = "none"
    return changes


def _of_new(call: Call) -> Json:
    """Preview the first invoice of a subscription that is not there yet."""
    customer = find_living(call, "customer", call.params["customer"], param="customer")
    call = in_time_of(call, customer["test_clock"])
    _prepare(call, customer["id"])
    customer = find(call, "customer", customer["id"])
    # a preview asks nobody to pay
    unpaid = {"payment_behavior": "default_incomplete"}
    params = {**_changes(call), **unpaid, "customer": customer["id"]}
    if currency := _currency(call, customer, params["items"]):
        params["currency"] = currency
    made = subscriptions.create(replace(call, params=params), customer)
    return _as_preview(call, made)


def _currency(call: Call, customer: Json, items: list[Json]) -> str | None:
    """Give the currency asked for, or the customer's where the first price has it."""
    if "currency" in call.params:
        return str(call.params["currency"])
    price = call.session.get("price", items[0].get("price", ""))
    present: str | None = customer["currency"]
    has_it = price is not None and present is not None and sells_in(price, present)
    return present if has_it else None


def _of_end(call: Call, subscription: Json) -> Json:
    """Preview the last invoice of a subscription that is canceled now."""
    details: Json = call.params["subscription_details"]
    prorates = details.get("proration_behavior", "create_prorations") != "none"
    params = {"invoice_now": True, "prorate": prorates}
    lifecycle.end(replace(call, params=params), subscription, asked=True)
    after = find(call, "subscription", subscription["id"])
    if after["latest_invoice"] == subscription["latest_invoice"]:
        raise _nothing_comes(call)
    return _as_preview(call, after)


def _of_renewal(call: Call, subscription: Json) -> Json:
    """Preview the renewal of the items whose period ends first."""
    session = call.session
    body = brought_forward(session, subscription, call.seconds)
    at = min(item["current_period_end"] for item in body["items"])
    later = replace(call, now=float(at), params={})
    if at in schedule_playing.dues(body):
        schedule_playing.play(later, body)
        body = find(call, "subscription", body["id"])
    body = {**body, "items": [dict(item) for item in body["items"]]}
    if body["cancel_at"] is not None and body["cancel_at"] <= at:
        ended = invoicing.end(replace(later, request_id=None), body)
        if ended["latest_invoice"] == body["latest_invoice"]:
            raise _nothing_comes(call)
        return _as_preview(call, ended)
    due = [item for item in body["items"] if item["current_period_end"] == at]
    if body["status"] == "trialing":
        body["status"] = "active"
    for item in due:
        begin_period(later, body, item)
    return _as_preview(call, invoicing.renew(later, body, due))


def _forget_pending(call: Call, subscription: Json) -> None:
    customer, own = subscription["customer"], subscription["id"]
    for item in invoice_items.pending(call.session, customer, own):
        call.session.remove("invoice_item", item["id"])


def _as_preview(call: Call, subscription: Json) -> Json:
    """Give the latest invoice as one that is not there yet."""
    invoice = find(call, "invoice", subscription["latest_invoice"])
    preview_id = f"upcoming_{invoice['id']}"
    lines = [
        {**line, "id": f"il_tmp_{line['id'].partition('_')[2]}", "invoice": preview_id}
        for line in invoice["lines"]
    ]
    details = invoice["parent"]["subscription_details"]
    if (at := _prorated_at(call)) is not None:
        details = {**details, "subscription_proration_date": at}
    return {
        **invoice,
        **_NOT_YET,
        "id": preview_id,
        "amount_remaining": invoice["amount_due"],
        "lines": lines,
        "parent": {**invoice["parent"], "subscription_details": details},
        "status_transitions": dict.fromkeys(invoice["status_transitions"]),
    }


def _prorated_at(call: Call) -> int | None:
    """Give the time from which a previewed change counts, where one is prorated."""
    details: Json = call.params.get("subscription_details") or {}
    if "proration_date" in details:
        return int(details["proration_date"])
    is_prorated = details.get("proration_behavior", "create_prorations") != "none"
    if call.params.get("preview_mode") == "recurring" or not is_prorated:
        return None
    moves = {"billing_cycle_anchor", "items", "trial_end"} & details.keys()
    return call.seconds if moves and "subscription" in call.params else None


_NOT_YET: Json = {
    "amount_paid": 0,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": False,
    "billing_reason": "upcoming",
    "due_date": None,
    "effective_at": None,
    "ending_balance": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "next_payment_attempt": None,
    "number": None,
    "status": "draft",
}


def _nothing_comes(call: Call) -> Exception:
    customer = call.params.get("customer")
    whose = f"customer: {customer}" if customer else "this subscription"
    return invalid(
        f"No upcoming invoices for {whose}", status=404, code="invoice_upcoming_none"
    )
