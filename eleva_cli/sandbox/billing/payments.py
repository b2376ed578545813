"""Closing an invoice: finalized, paid from what the customer has on file, or not.

Finalization and the first try come at once; the hour that Stripe leaves a draft of a
renewal open is not played.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.bills import balance_after
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.invoice_shape import HOSTED, shown
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.billing.subscription_shape import Rendering
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

DAY_S = 86_400
# how long until the next try of a payment that failed
RETRY_S = 3 * DAY_S


class Means(StrEnum):
    """What a customer can pay with."""

    GOOD = "good"
    NONE = "none"
    DECLINED = "declined"
    # the bank asks the customer to confirm
    ASKS = "asks"


def means_of(call: Call, subscription: Json) -> Means:
    """Look at the payment method that would be charged."""
    customer = find(call, "customer", subscription["customer"])
    settings = customer["invoice_settings"] or {}
    method = (
        subscription["default_payment_method"]
        or subscription["default_source"]
        or settings.get("default_payment_method")
        or customer["default_source"]
    )
    if not method:
        return Means.NONE
    if method.endswith("chargeDeclined"):
        return Means.DECLINED
    if method.endswith("authenticationRequired"):
        return Means.ASKS
    return Means.GOOD


def finalized(call: Call, draft: Json, subscription: Json | None) -> Json:
    """Give a draft its number, settle the balance; the invoice is open now."""
    at = call.seconds
    customer = find(call, "customer", draft["customer"])
    body = {
        **draft,
        "auto_advance": True,
        "effective_at": at,
        "ending_balance": balance_after(draft),
        "hosted_invoice_url": f"{HOSTED}/{draft['id']}",
        "invoice_pdf": f"{HOSTED}/{draft['id']}/pdf",
        "number": _number(call, customer),
        "status": "open",
        "status_transitions": {**draft["status_transitions"], "finalized_at": at},
    }
    if draft["collection_method"] == "send_invoice" and subscription is not None:
        body["due_date"] = at + DAY_S * (subscription["days_until_due"] or 30)
    emit(call, "invoice.created", shown(draft))
    emit(call, "invoice.finalized", shown(body))
    _set_balance(call, customer, body["ending_balance"])
    return body


def _set_balance(call: Call, customer: Json, balance: int) -> None:
    if balance != (customer["balance"] or 0):
        changed = {**customer, "balance": balance}
        call.session.put("customer", changed)
        emit(call, "customer.updated", changed, customer)


def _number(call: Call, customer: Json) -> str:
    """Count a customer's invoices; the prefix is the customer's own."""
    rows = call.session.rows(
        "SELECT 'invoices', count(*) FROM refs WHERE kind = 'invoice'"
        " AND name = 'customer' AND value = ?",
        (customer["id"],),
    )
    prefix = customer["invoice_prefix"] or make_id("", customer["id"])[3:11]
    return f"{prefix}-{rows[0][1] + 1:04}"


def paid(call: Call, invoice: Json, *, attempted: bool = True) -> Json:
    """Mark an open invoice as paid, store it and tell."""
    due: int = invoice["amount_due"]
    tries = 1 if attempted and due else 0
    body = {
        **invoice,
        "amount_paid": due,
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + tries,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": {
            **invoice["status_transitions"],
            "paid_at": call.seconds,
        },
    }
    call.session.put("invoice", body)
    emit(call, "invoice.paid", shown(body))
    emit(call, "invoice.payment_succeeded", shown(body))
    return body


def failed(call: Call, invoice: Json, means: Means) -> Json:
    """Note a try that failed, store the open invoice and tell."""
    body = {
        **invoice,
        "attempt_count": invoice["attempt_count"] + 1,
        "attempted": True,
        "next_payment_attempt": call.seconds + RETRY_S,
    }
    call.session.put("invoice", body)
    emit(call, "invoice.payment_failed", shown(body))
    if means is Means.ASKS:
        emit(call, "invoice.payment_action_required", shown(body))
    return body


def waiting(call: Call, invoice: Json) -> Json:
    """Leave an invoice open for the customer to pay."""
    call.session.put("invoice", invoice)
    if invoice["collection_method"] == "send_invoice":
        emit(call, "invoice.sent", shown(invoice))
    return invoice


def stopped(call: Call, invoice: Json, status: str) -> Json:
    """Void an invoice, write it off, or keep it as a draft; nothing is collected."""
    body = {**invoice, "auto_advance": False, "status": status}
    moments = {"void": "voided_at", "uncollectible": "marked_uncollectible_at"}
    if status in moments:
        at = {moments[status]: call.seconds}
        body["status_transitions"] = {**invoice["status_transitions"], **at}
    call.session.put("invoice", body)
    names = {"void": "voided", "uncollectible": "marked_uncollectible"}
    if status in names:
        emit(call, f"invoice.{names[status]}", shown(body))
    return body


def held_back(call: Call, before: Json, after: Json) -> Json:
    """Keep a subscription as it was until its change is paid for."""
    rendering = Rendering(call.session)
    items = [rendering.item(after["id"], item) for item in after["items"]]
    names = ("billing_cycle_anchor", "items", "trial_end")
    return {
        **before,
        "latest_invoice": after["latest_invoice"],
        "pending_change": {name: after[name] for name in names},
        "pending_update": {
            "billing_cycle_anchor": after["billing_cycle_anchor"],
            "expires_at": call.seconds + 23 * 3600,
            "subscription_items": items,
            "trial_end": after["trial_end"],
            "trial_from_plan": None,
        },
    }


def released(subscription: Json) -> Json:
    """Give what a change that is paid for now changes."""
    change: Json = subscription["pending_change"]
    return {**change, "pending_change": None, "pending_update": None}
