"""What actions on the catalogue do: one request each."""

from __future__ import annotations

from typing import TypeVar, assert_never

from eleva_cli.errors import MissingError
from eleva_cli.execute.sight import needed
from eleva_cli.plan.selling import (
    AttachFeature,
    CreateFeature,
    CreateMeter,
    CreatePrice,
    CreateProduct,
    Deactivate,
    DetachFeature,
    MakeDefault,
    MoveItem,
    Selling,
    TransferKey,
    UpdateSold,
)
from eleva_cli.ports import (
    Fields,
    SalesPort,
    StripeFeature,
    StripePort,
    StripePrice,
    StripeProduct,
    Written,
)

T = TypeVar("T")
Found = StripeFeature | StripeProduct | StripePrice


def do(  # noqa: C901, PLR0911 - one return an action
    action: Selling, stripe: StripePort, key: str, target: str | None
) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case CreateMeter(event_name=event_name, aggregation=aggregation):
            return stripe.create_meter(event_name, aggregation, key=key).forget()
        case CreateFeature(fields=fields):
            return stripe.create_feature(action.key, fields, key=key).forget()
        case CreateProduct(product=product, fields=fields):
            return stripe.create_product(product, fields, key=key).forget()
        case UpdateSold(after=after):
            return _update(action, stripe, after, key)
        case AttachFeature(product=product):
            return stripe.attach_feature(product, needed(target), key=key).forget()
        case DetachFeature(product=product, attachment=attachment):
            return _detach(stripe, product, attachment)
        case CreatePrice():
            return _create_price(action, stripe, key, target)
        case TransferKey():
            return stripe.update_price(
                needed(target), {"key": action.key}, transfer=True, key=key
            ).forget()
        case MakeDefault(product=product):
            fields = {"default_price": needed(target)}
            return stripe.update_product(product, fields, key=key).forget()
        case MoveItem(item=item):
            return stripe.move_item(item, needed(target), key=key).forget()
        case Deactivate():
            return _update(action, stripe, {"active": "false"}, key)
        case _:
            assert_never(action)


def _update(
    action: UpdateSold | Deactivate, stripe: SalesPort, fields: Fields, key: str
) -> Written[object]:
    match action.of:
        case "feature":
            return stripe.update_feature(action.id, fields, key=key).forget()
        case "product":
            return stripe.update_product(action.id, fields, key=key).forget()
        case "price":
            return stripe.update_price(action.id, fields, key=key).forget()
        case _:
            assert_never(action.of)


def _detach(stripe: SalesPort, product: str, attachment: str) -> Written[object]:
    """Somebody else may have been first, or our own request, unanswered."""
    try:
        return stripe.detach_feature(product, attachment).forget()
    except MissingError as error:
        return Written(value=None, request_id=error.request_id)


def _create_price(
    action: CreatePrice, stripe: SalesPort, key: str, meter: str | None
) -> Written[object]:
    fields = dict(action.fields)
    if action.holds_key:
        fields["key"] = action.key
    terms = action.asks.terms(meter)
    return stripe.create_price(action.product, terms, fields, key=key).forget()
