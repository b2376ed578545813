"""Invoices as stored and as sent.

Stored, an invoice keeps all its lines in a list; sent, the nested list is cut at ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

NESTED_LIMIT = 10
# a host of the sandbox's own, which no resolver knows
HOSTED = "https://invoice.sandbox.invalid"

# declared by the API, null until something sets them
ABSENT = (
    "account_tax_ids",
    "amount_paid_off_stripe",
    "application",
    "automatically_finalizes_at",
    "billing_reason",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "effective_at",
    "ending_balance",
    "footer",
    "from_invoice",
    "hosted_invoice_url",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "number",
    "on_behalf_of",
    "parent",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "status_details",
    "test_clock",
    "threshold_reason",
    "webhooks_delivered_at",
)


_ZERO = (
    "amount_due",
    "amount_overpaid",
    "amount_paid",
    "amount_remaining",
    "amount_shipping",
    "attempt_count",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
    "subtotal",
    "subtotal_excluding_tax",
    "total",
    "total_excluding_tax",
)
_EMPTY = (
    "customer_tax_ids",
    "default_tax_rates",
    "discounts",
    "lines",
    "total_discount_amounts",
    "total_pretax_credit_amounts",
    "total_taxes",
)
_TAX = ("disabled_reason", "liability", "provider", "status")
_SETTINGS = ("default_mandate", "payment_method_options", "payment_method_types")
_MOMENTS = ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")


def new(given: Json) -> Json:
    """Complete an invoice as it is stored."""
    created = given.get("created", 0)
    return {
        **dict.fromkeys(ABSENT),
        **dict.fromkeys(_ZERO, 0),
        **{name: [] for name in _EMPTY},
        "id": "",
        "object": "invoice",
        "account_country": "PT",
        "account_name": "Eleva Care sandbox",
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {**dict.fromkeys(_TAX), "enabled": False},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "eur",
        "customer": "",
        "customer_tax_exempt": "none",
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": dict.fromkeys(_SETTINGS),
        "period_end": created,
        "period_start": created,
        "status": "draft",
        "status_transitions": dict.fromkeys(_MOMENTS),
        **given,
    }


def shown(body: Json) -> Json:
    """Show a stored invoice."""
    lines: list[Json] = body["lines"]
    nested = {
        "object": "list",
        "data": lines[:NESTED_LIMIT],
        "has_more": len(lines) > NESTED_LIMIT,
        "url": f"/v1/invoices/{body['id']}/lines",
    }
    return {**body, "lines": nested}


def subscription_of(body: Json) -> str | None:
    """Give the id of the subscription an invoice is for."""
    parent = body["parent"]
    details = parent["subscription_details"] if parent else None
    return str(details["subscription"]) if details else None


def _payments(_: Call, invoice: Json) -> Json:
    """List the payments made or waited for; a zero invoice has none."""
    data = [_payment(invoice)] if _asks_for_money(invoice) else []
    return {
        "object": "list",
        "data": data,
        "has_more": False,
        "url": f"/v1/invoice_payments?invoice={invoice['id']}",
    }


def _asks_for_money(invoice: Json) -> bool:
    return invoice["status"] in ("open", "paid") and invoice["amount_due"] > 0


def _payment(invoice: Json) -> Json:
    paid_at = invoice["status_transitions"]["paid_at"]
    return {
        "id": make_id("inpay", invoice["id"]),
        "object": "invoice_payment",
        "amount_paid": invoice["amount_paid"] or None,
        "amount_requested": invoice["amount_due"],
        "created": invoice["created"],
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": invoice["livemode"],
        "payment": {
            "payment_intent": make_id("pi", invoice["id"]),
            "type": "payment_intent",
        },
        "status": "open" if paid_at is None else "paid",
        "status_transitions": {"canceled_at": None, "paid_at": paid_at},
    }


def _confirmation_secret(_: Call, invoice: Json) -> Json | None:
    """Give what a payment form needs, while there is something to pay."""
    if invoice["status"] != "open" or not _asks_for_money(invoice):
        return None
    intent = make_id("pi", invoice["id"])
    return {
        "client_secret": f"{intent}_secret_sandbox",
        "type": "payment_intent",
    }


expand.SHOWN["invoice"] = lambda _, body: shown(body)
expand.ADDED["invoice", "payments"] = _payments
expand.ADDED["invoice", "confirmation_secret"] = _confirmation_secret
