"""What the preview of an invoice accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import subscription_params
from eleva_cli.sandbox.billing.discounts import GIVEN
from eleva_cli.sandbox.params import (
    anything,
    boolean,
    integer,
    list_of,
    metadata,
    one_of,
    record,
    records,
    text,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.params import Check

# accepted by the API; the sandbox refuses them rather than to preview something else
NOT_PREVIEWED = frozenset(
    {
        "billing_mode",
        "billing_schedules",
        "on_behalf_of",
        "pause",
        "resume_at",
        "schedule_details",
        "start_date",
    }
)
_CHANGES = subscription_params.UPDATE
_INVOICE_ITEM: Mapping[str, Check] = {
    "amount": integer,
    "currency": text,
    "description": text,
    "discountable": boolean,
    "discounts": GIVEN,
    "invoiceitem": text,
    "metadata": metadata,
    "period": record({"end": timestamp, "start": timestamp}, ("end", "start")),
    "price": text,
    "price_data": anything,
    "quantity": integer,
    "quantity_decimal": text,
    "tax_behavior": one_of("exclusive", "inclusive", "unspecified"),
    "tax_code": text,
    "tax_rates": list_of(text),
    "unit_amount": integer,
    "unit_amount_decimal": text,
}
_DETAILS: Mapping[str, Check] = {
    **{
        name: _CHANGES[name]
        for name in (
            "billing_cycle_anchor",
            "billing_schedules",
            "cancel_at",
            "cancel_at_period_end",
            "default_tax_rates",
            "items",
            "metadata",
            "proration_behavior",
            "proration_date",
            "trial_end",
        )
    },
    "billing_mode": anything,
    "cancel_now": boolean,
    "pause": anything,
    "resume_at": text,
    "start_date": timestamp,
}
ACCEPTS: Mapping[str, Check] = {
    "automatic_tax": _CHANGES["automatic_tax"],
    "currency": text,
    "customer": text,
    "customer_account": text,
    "customer_details": record(
        {
            "address": anything,
            "shipping": anything,
            "tax": anything,
            "tax_exempt": one_of("exempt", "none", "reverse", ""),
            "tax_ids": anything,
        }
    ),
    "discounts": GIVEN,
    "invoice_items": records(_INVOICE_ITEM),
    "issuer": anything,
    "on_behalf_of": text,
    "preview_mode": one_of("next", "recurring"),
    "schedule": text,
    "schedule_details": anything,
    "subscription": text,
    "subscription_details": record(_DETAILS),
}
