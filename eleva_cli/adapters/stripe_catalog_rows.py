"""What Stripe sells, read from raw JSON as far as the catalogue names it."""

from __future__ import annotations

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json
from eleva_cli.adapters.stripe_rows import id_of
from eleva_cli.ports import (
    Attachment,
    PriceShape,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)


def feature(row: Json) -> StripeFeature:
    return StripeFeature(
        id=answers.text(row, "id"),
        key=answers.text(row, "lookup_key"),
        name=answers.text(row, "name"),
        active=answers.flag(row, "active"),
        metadata=answers.metadata(row),
    )


def product(row: Json) -> StripeProduct:
    return StripeProduct(
        id=answers.text(row, "id"),
        name=answers.text(row, "name"),
        active=answers.flag(row, "active"),
        description=answers.text_or_none(row, "description"),
        tax_code=_linked(row, "tax_code"),
        default_price=_linked(row, "default_price"),
        metadata=answers.metadata(row),
    )


def attachment(row: Json, *, product: str) -> Attachment:
    found = feature(answers.record(row, "entitlement_feature"))
    return Attachment(
        id=answers.text(row, "id"),
        product=product,
        feature=found.id,
        key=found.key,
        active=found.active,
    )


def price(row: Json) -> StripePrice:
    recurs = row.get("recurring") is not None
    recurring = answers.record(row, "recurring") if recurs else {}
    return StripePrice(
        id=answers.text(row, "id"),
        product=id_of(row, "product"),
        active=answers.flag(row, "active"),
        currency=answers.text(row, "currency"),
        amount=answers.number_or_none(row, "unit_amount"),
        shape=_shape(row),
        interval=answers.text(recurring, "interval") if recurs else "",
        interval_count=answers.number(recurring, "interval_count") if recurs else 1,
        metered=recurring.get("usage_type") == "metered",
        meter=answers.text_or_none(recurring, "meter"),
        tax=answers.text_or_none(row, "tax_behavior") or "unspecified",
        key=answers.text_or_none(row, "lookup_key"),
        nickname=answers.text_or_none(row, "nickname"),
        also_in=_other_currencies(row),
        trial_days=answers.number_or_none(recurring, "trial_period_days") or 0,
        metadata=answers.metadata(row),
    )


def _other_currencies(row: Json) -> tuple[str, ...]:
    """Stripe names its own currency among the options, and leaves them out unasked."""
    if row.get("currency_options") is None:
        return ()
    options = answers.record(row, "currency_options")
    return tuple(sorted(set(options) - {answers.text(row, "currency")}))


def _shape(row: Json) -> PriceShape:
    if row.get("billing_scheme") == "tiered":
        return "tiered"
    if row.get("custom_unit_amount") is not None:
        return "custom"
    if row.get("transform_quantity") is not None:
        return "packaged"
    if row.get("recurring") is None:
        return "one_time"
    return "fractional" if row.get("unit_amount") is None else "plain"


def meter(row: Json) -> StripeMeter:
    return StripeMeter(
        id=answers.text(row, "id"),
        event_name=answers.text(row, "event_name"),
        aggregation=answers.text(answers.record(row, "default_aggregation"), "formula"),
        active=answers.text(row, "status") == "active",
    )


def _linked(row: Json, name: str) -> str | None:
    return None if row.get(name) is None else id_of(row, name)
