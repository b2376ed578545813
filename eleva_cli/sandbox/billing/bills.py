"""An invoice worked out: lines, what is taken off, taxes, totals, the balance.

Nothing is stored here, so that a preview and the invoice that comes are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import discounts, invoice_lines, invoice_taxes
from eleva_cli.sandbox.billing.discount_amounts import reduce_lines
from eleva_cli.sandbox.billing.invoice_shape import new
from eleva_cli.sandbox.billing.money import exact, half_up

if TYPE_CHECKING:
    from eleva_cli.sandbox.billing.invoice_lines import Line
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What an invoice is made from."""

    customer: Json
    subscription: Json | None
    lines: list[Line]
    reason: str
    # when it is made, and the time of use it closes
    at: int
    period: tuple[int, int]


def worked_out(call: Call, bill: Bill, *, invoice_id: str) -> Json:
    """Give the draft of an invoice."""
    subscription, customer = bill.subscription, bill.customer
    whole = discounts.of_invoice(call.session, customer, subscription, bill.at)
    own = [each for line in bill.lines for each in line.discounts]
    of_lines = {
        given[0]: given for given in discounts.living(call.session, own, bill.at)
    }
    currency = _currency(bill)
    reduce_lines(bill.lines, of_lines, whole, currency)
    taxed = subscription is not None and subscription["automatic_tax"]["enabled"]
    invoice_taxes.tax_lines(
        bill.lines,
        exempt=customer["tax_exempt"],
        automatic=call.settings.automatic_tax_percent if taxed else None,
    )
    body = new(
        {
            "id": invoice_id,
            **_of_customer(customer),
            **({} if subscription is None else _of_subscription(subscription)),
            "automatic_tax": _automatic_tax(taxed=taxed),
            "billing_reason": bill.reason,
            "created": bill.at,
            "currency": currency,
            "discounts": [discount_id for discount_id, _ in whole],
            "lines": _shown_lines(bill, invoice_id),
            "period_end": bill.period[1],
            "period_start": bill.period[0],
            **_totals(bill.lines),
        }
    )
    return {**body, **_due(body["total"], customer["balance"] or 0)}


def _of_customer(customer: Json) -> Json:
    """Copy what an invoice keeps of its customer."""
    names = ("address", "email", "name", "phone", "shipping", "tax_exempt")
    return {
        "customer": customer["id"],
        **{f"customer_{name}": customer[name] for name in names},
        "livemode": customer["livemode"],
        "test_clock": customer["test_clock"],
    }


def _currency(bill: Bill) -> str:
    if bill.lines:
        return bill.lines[0].currency
    if bill.subscription is not None:
        return str(bill.subscription["currency"])
    return str(bill.customer["currency"] or "eur")


def _automatic_tax(*, taxed: bool) -> Json:
    return {
        "disabled_reason": None,
        "enabled": taxed,
        "liability": {"type": "self"} if taxed else None,
        "provider": "stripe" if taxed else None,
        "status": "complete" if taxed else None,
    }


def _of_subscription(subscription: Json) -> Json:
    """Copy what an invoice keeps of its subscription, the metadata for good."""
    return {
        "collection_method": subscription["collection_method"],
        "default_payment_method": subscription["default_payment_method"],
        "default_source": subscription["default_source"],
        "default_tax_rates": subscription["default_tax_rates"],
        "description": subscription["description"],
        "on_behalf_of": subscription["on_behalf_of"],
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
    }


def _shown_lines(bill: Bill, invoice_id: str) -> list[Json]:
    prefix = "il_" + invoice_id.partition("_")[2]
    return [
        invoice_lines.shown(
            line,
            line_id=f"{prefix}{number:02}",
            invoice=invoice_id,
            live=bill.customer["livemode"],
        )
        for number, line in enumerate(bill.lines)
    ]


def _totals(lines: list[Line]) -> Json:
    """Add everything up; a line's own discounts are inside the subtotal."""
    total = 0
    subtotal = subtotal_untaxed = untaxed = 0
    reductions: dict[str, int] = {}
    for line in lines:
        before = line.amount - sum(
            amount for each, amount in line.reductions if each in line.discounts
        )
        subtotal += before
        subtotal_untaxed += before - _included(line, before)
        total += line.net + invoice_taxes.exclusive(line.taxes)
        untaxed += line.net - invoice_taxes.inclusive(line.taxes)
        for each, amount in line.reductions:
            reductions[each] = reductions.get(each, 0) + amount
    amounts = [
        {"amount": amount, "discount": each} for each, amount in reductions.items()
    ]
    return {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal_untaxed,
        "total": total,
        "total_discount_amounts": amounts,
        "total_excluding_tax": untaxed,
        "total_pretax_credit_amounts": [
            {**each, "type": "discount"} for each in amounts
        ],
        "total_taxes": invoice_taxes.added_up(lines),
    }


def _included(line: Line, before: int) -> int:
    """Give the inclusive tax in a line before the invoice's discounts."""
    if before == line.net or not line.net:
        return invoice_taxes.inclusive(line.taxes)
    inside = exact(invoice_taxes.inclusive(line.taxes))
    return half_up(inside * before / line.net)


def _due(total: int, balance: int) -> Json:
    """Settle with the customer's balance: a credit is below zero, a debt above."""
    due = max(0, total + balance)
    return {"amount_due": due, "amount_remaining": due, "starting_balance": balance}


def balance_after(invoice: Json) -> int:
    """Give what is left of the customer's balance once an invoice is final."""
    return min(0, int(invoice["total"]) + int(invoice["starting_balance"]))
