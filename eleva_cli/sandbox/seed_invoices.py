"""Invoices of a seed document, in the API's shape or in short.

In short, one names its `subscription`, and its `total` says what is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import invoice_shape
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

STATUSES = ("draft", "open", "paid", "uncollectible", "void")
_MOMENTS = {
    "paid": "paid_at",
    "uncollectible": "marked_uncollectible_at",
    "void": "voided_at",
}


def new(given: Json) -> Json:
    """Complete an invoice: what nobody has paid is due, what is final has a page."""
    total, status = given.get("total", 0), given.get("status", "draft")
    created = given.get("created", 0)
    is_paid, is_final = status == "paid", status != "draft"
    due = given.get("amount_due", max(0, total) if isinstance(total, int) else 0)
    moments = invoice_shape.new({})["status_transitions"]
    if is_final:
        moments = {**moments, "finalized_at": created}
    if status in _MOMENTS:
        moments = {**moments, _MOMENTS[status]: created}
    invoice_id = given.get("id") or make_id("in", str(given.get("subscription")))
    page = f"{invoice_shape.HOSTED}/{invoice_id}" if is_final else None
    return invoice_shape.new(
        {
            "amount_due": due,
            "amount_paid": due if is_paid else 0,
            "amount_remaining": 0 if is_paid else due,
            "hosted_invoice_url": page,
            "status_transitions": moments,
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "total": 0,
            "total_excluding_tax": total,
            **given,
        }
    )


def tied(body: Json) -> Json:
    """Give the invoice as it is stored: its subscription is in its parent."""
    owner = body.get("subscription")
    plain = {name: value for name, value in body.items() if name != "subscription"}
    if owner is None:
        return plain
    details = {"metadata": {}, "subscription": owner}
    parent = {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }
    return {**plain, "parent": plain["parent"] or parent}
