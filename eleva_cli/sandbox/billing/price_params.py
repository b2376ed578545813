"""What the endpoints of prices accept, nested parameters too."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from eleva_cli.sandbox.params import (
    CLEARED,
    LISTING,
    boolean,
    created,
    filled,
    integer,
    list_of,
    metadata,
    one_of,
    place_of,
    record,
    records,
    short,
    text,
)
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

INTERVALS: tuple[str, ...] = ("day", "month", "week", "year")
_DECIMALS = 12
_CURRENCY = re.compile(r"[a-z]{3}")


def currency(value: object, place: str) -> str:
    """Accept a currency's three letters, and write them small."""
    given = filled(value, place).lower()
    if not _CURRENCY.fullmatch(given):
        raise invalid(f"Invalid currency: {given}.", param=place, is_stored=False)
    return given


def cents(value: object, place: str) -> int:
    """Accept a whole amount, not below nothing."""
    amount = integer(value, place)
    if amount < 0:
        raise invalid(
            "This value must be greater than or equal to 0.",
            code="parameter_invalid_integer",
            param=place,
            is_stored=False,
        )
    return amount


def decimal(value: object, place: str) -> str:
    """Accept an exact amount; it is written without needless zeros."""
    given = filled(value, place)
    try:
        amount = Decimal(given)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise invalid(f"Invalid decimal: {given}", param=place, is_stored=False)
    written = format(amount, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    if len(written.partition(".")[2]) > _DECIMALS:
        message = f"Invalid decimal: {given}; must have at most {_DECIMALS} places"
        raise invalid(message, param=place, is_stored=False)
    return written


def _up_to(value: object, place: str) -> int | None:
    """Accept the last unit of a tier; the last tier has none."""
    return None if value == "inf" else integer(value, place)


_BEHAVIOUR = one_of("exclusive", "inclusive", "unspecified")
_AMOUNT = {"unit_amount": cents, "unit_amount_decimal": decimal}
_CUSTOM = record(
    {"enabled": boolean, **dict.fromkeys(("maximum", "minimum", "preset"), cents)},
    ("enabled",),
)
_TIERS = records(
    {
        **_AMOUNT,
        "flat_amount": cents,
        "flat_amount_decimal": decimal,
        "up_to": _up_to,
    },
    ("up_to",),
)
_RECURRING = {
    "interval": one_of(*INTERVALS),
    "interval_count": integer,
}
_OPTION = {
    **_AMOUNT,
    "custom_unit_amount": _CUSTOM,
    "tax_behavior": _BEHAVIOUR,
    "tiers": _TIERS,
}


def _options(value: object, place: str) -> Json | str:
    """Accept an amount for each of some currencies; empty text clears them."""
    if value == CLEARED:
        return CLEARED
    by_currency = value if isinstance(value, dict) else {"": value}
    return {
        currency(each, place_of(place, each)): record(_OPTION, clears=False)(
            given, place_of(place, each)
        )
        for each, given in by_currency.items()
    }


TAX_DETAILS = record({"performance_location": text, "tax_code": text})
PRODUCT_DATA = record(
    {
        "active": boolean,
        "id": filled,
        "metadata": metadata,
        "name": filled,
        "statement_descriptor": text,
        "tax_code": text,
        "tax_details": TAX_DETAILS,
        "unit_label": text,
    },
    ("name",),
)
UPDATE = {
    "active": boolean,
    "currency_options": _options,
    "lookup_key": short(200),
    "metadata": metadata,
    "nickname": text,
    "tax_behavior": _BEHAVIOUR,
    "transfer_lookup_key": boolean,
}
CREATE = {
    **UPDATE,
    **_AMOUNT,
    "billing_scheme": one_of("per_unit", "tiered"),
    "currency": currency,
    "custom_unit_amount": _CUSTOM,
    "product": filled,
    "product_data": PRODUCT_DATA,
    "recurring": record(
        {
            **_RECURRING,
            "meter": text,
            "trial_period_days": integer,
            "usage_type": one_of("licensed", "metered"),
        },
        ("interval",),
    ),
    "tiers": _TIERS,
    "tiers_mode": one_of("graduated", "volume"),
    "transform_quantity": record(
        {"divide_by": integer, "round": one_of("down", "up")}, ("divide_by", "round")
    ),
}
DEFAULT_PRICE = record(
    {
        **_AMOUNT,
        "currency": currency,
        "currency_options": _options,
        "custom_unit_amount": _CUSTOM,
        "metadata": metadata,
        "recurring": record(_RECURRING, ("interval",)),
        "tax_behavior": _BEHAVIOUR,
    },
    ("currency",),
)
LIST = {
    **LISTING,
    "active": boolean,
    "created": created,
    "currency": currency,
    "lookup_keys": list_of(text),
    "product": text,
    "recurring": record(
        {
            "interval": one_of(*INTERVALS),
            "meter": text,
            "usage_type": one_of("licensed", "metered"),
        }
    ),
    "type": one_of("one_time", "recurring"),
}
