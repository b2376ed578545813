"""What the endpoints of subscriptions and their items accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.discounts import GIVEN
from eleva_cli.sandbox.billing.price_params import cents, currency, decimal
from eleva_cli.sandbox.billing.subscription_shape import STATUSES
from eleva_cli.sandbox.billing.tax_rates import percent
from eleva_cli.sandbox.params import (
    CLEARED,
    EXPAND,
    LISTING,
    anything,
    between,
    boolean,
    created,
    integer,
    list_of,
    metadata,
    moment,
    one_of,
    record,
    records,
    text,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.params import Check

Table = dict[str, "Check"]
FEEDBACK = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
    "",
)


def _fee(value: object, place: str) -> float | str:
    """Accept percents; empty text clears."""
    return CLEARED if value == CLEARED else percent(value, place)


_INTERVALS = one_of("day", "month", "week", "year")
_PRICE_DATA: Table = {
    "currency": currency,
    "product": text,
    "tax_behavior": one_of("exclusive", "inclusive", "unspecified"),
    "unit_amount": cents,
    "unit_amount_decimal": decimal,
}
_RECURRING = record({"interval": _INTERVALS, "interval_count": integer}, ("interval",))
_THRESHOLD = record({"usage_gte": integer}, ("usage_gte",))
_ISSUER = record({"account": text, "type": one_of("account", "self")}, ("type",))
PRORATION: Table = {
    "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
    "proration_date": timestamp,
}
_BEHAVIOUR = one_of(
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
)
_NEW_ITEM: Table = {
    "billing_thresholds": _THRESHOLD,
    "current_trial": record({"trial_offer": text}, ("trial_offer",)),
    "discounts": GIVEN,
    "metadata": metadata,
    "plan": text,
    "price": text,
    "price_data": record(
        {**_PRICE_DATA, "recurring": _RECURRING}, ("currency", "product", "recurring")
    ),
    "quantity": integer,
    "tax_rates": list_of(text),
}
_ITEM: Table = {**_NEW_ITEM, "clear_usage": boolean, "deleted": boolean, "id": text}
_CANCELLATION = record(
    {"comment": text, "feedback": one_of(*FEEDBACK), "feedback_option": text}
)
_SHARED: Table = {
    "application_fee_percent": _fee,
    "automatic_tax": record({"enabled": boolean, "liability": _ISSUER}, ("enabled",)),
    "billing_schedules": anything,
    "billing_thresholds": record(
        {"amount_gte": integer, "reset_billing_cycle_anchor": boolean}
    ),
    "cancel_at": moment("min_period_end", "max_period_end", "max_billed_until"),
    "cancel_at_period_end": boolean,
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "days_until_due": between(0, 3650),
    "default_payment_method": text,
    "default_source": text,
    "default_tax_rates": list_of(text),
    "description": text,
    "discounts": GIVEN,
    "invoice_settings": record(
        {
            "account_tax_ids": list_of(text),
            "custom_fields": records({"name": text, "value": text}),
            "description": text,
            "footer": text,
            "issuer": _ISSUER,
        }
    ),
    "metadata": metadata,
    "off_session": boolean,
    "on_behalf_of": text,
    "payment_behavior": _BEHAVIOUR,
    "payment_settings": record(
        {
            "payment_method_options": anything,
            "payment_method_types": list_of(text),
            "save_default_payment_method": one_of("off", "on_subscription"),
        }
    ),
    "pending_invoice_item_interval": record(
        {"interval": _INTERVALS, "interval_count": integer}, ("interval",)
    ),
    "transfer_data": record(
        {"amount_percent": percent, "destination": text}, ("destination",)
    ),
    "trial_end": moment("now"),
    "trial_from_plan": boolean,
    "trial_settings": record(
        {
            "end_behavior": record(
                {
                    "billing_cycle_anchor": one_of("now", "unchanged"),
                    "missing_payment_method": one_of(
                        "cancel", "create_invoice", "pause"
                    ),
                }
            )
        },
        ("end_behavior",),
    ),
}
CREATE: Mapping[str, Check] = {
    **_SHARED,
    "backdate_start_date": timestamp,
    "billing_cycle_anchor": timestamp,
    "billing_cycle_anchor_config": record(
        {
            "day_of_month": between(1, 31),
            "hour": between(0, 23),
            "minute": between(0, 59),
            "month": between(1, 12),
            "second": between(0, 59),
        },
        ("day_of_month",),
    ),
    "billing_mode": record(
        {
            "flexible": record({"proration_discounts": one_of("included", "itemized")}),
            "type": one_of("classic", "flexible"),
        },
        ("type",),
    ),
    "currency": currency,
    "customer": text,
    "customer_account": text,
    "items": records(_NEW_ITEM),
    "proration_behavior": PRORATION["proration_behavior"],
    "trial_period_days": integer,
}
_ANCHOR = record({"type": one_of("now", "unchanged")}, ("type",))
UPDATE: Mapping[str, Check] = {
    **_SHARED,
    **PRORATION,
    "billing_cycle_anchor": _ANCHOR,
    "cancellation_details": _CANCELLATION,
    "items": records(_ITEM),
    "pause_collection": record(
        {
            "behavior": one_of("keep_as_draft", "mark_uncollectible", "void"),
            "resumes_at": timestamp,
        },
        ("behavior",),
    ),
}
LIST: Mapping[str, Check] = {
    **LISTING,
    "automatic_tax": record({"enabled": boolean}, ("enabled",)),
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "created": created,
    "current_period_end": created,
    "current_period_start": created,
    "customer": text,
    "customer_account": text,
    "plan": text,
    "price": text,
    "status": one_of(*STATUSES, "all", "ended", ""),
    "test_clock": text,
}
CANCEL: Mapping[str, Check] = {
    **EXPAND,
    "cancellation_details": _CANCELLATION,
    "invoice_now": boolean,
    "prorate": boolean,
}
RESUME: Mapping[str, Check] = {
    **PRORATION,
    "billing_cycle_anchor": _ANCHOR,
    "payment_behavior": one_of(
        "resume_on_payment_attempt", "resume_on_payment_success"
    ),
}
MIGRATE: Mapping[str, Check] = {
    "billing_mode": record(
        {
            "flexible": record({"proration_discounts": one_of("included", "itemized")}),
            "type": one_of("flexible"),
        },
        ("type",),
    ),
}
_MONEY: Table = {**PRORATION, "payment_behavior": _BEHAVIOUR}
ITEM_CREATE: Mapping[str, Check] = {**_NEW_ITEM, **_MONEY, "subscription": text}
ITEM_UPDATE: Mapping[str, Check] = {**_NEW_ITEM, **_MONEY, "off_session": boolean}
ITEM_DELETE: Mapping[str, Check] = {**_MONEY, "clear_usage": boolean}
