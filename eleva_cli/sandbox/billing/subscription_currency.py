"""In which currency a subscription is billed, and who may not be billed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import invoice_items
from eleva_cli.sandbox.billing.price_shape import sells_in
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call


def currency_of_new(call: Call, customer: Json, items: list[Json]) -> str:
    """Give the currency of a new subscription, which is the customer's from then on.

    That is the one asked for, or the first price's own; never the customer's by itself.
    """
    first: str = find(call, "price", items[0]["price"])["currency"]
    currency: str = call.params.get("currency", first)
    prices = [find(call, "price", item["price"]) for item in items]
    _check(prices, currency)
    for present in _currencies_of(call, customer):
        if present != currency:
            raise _other_currency(present)
    return currency


def _currencies_of(call: Call, customer: Json) -> list[str]:
    """Give the customer's own currency, and those of what waits for an invoice."""
    waiting = invoice_items.pending(call.session, customer["id"], "")
    own = [customer["currency"]] if customer["currency"] else []
    return own + [each["currency"] for each in waiting]


def set_currency(session: Session, body: Json) -> None:
    """Note on the items whose price has another currency in which they are billed."""
    prices = [session.get("price", item["price"]) or {} for item in body["items"]]
    _check(prices, body["currency"])
    for item, price in zip(body["items"], prices, strict=True):
        item.pop("currency", None)
        if price["currency"] != body["currency"]:
            item["currency"] = body["currency"]


def _check(prices: list[Json], wanted: str) -> None:
    """Hold all prices to one currency, their own or another they are sold in."""
    unsold = [price for price in prices if not sells_in(price, wanted)]
    if not unsold:
        return
    if len({price["currency"] for price in prices}) > 1:
        raise mismatch("currency")
    raise invalid(
        f"The price specified only supports `{unsold[0]['currency']}`. This doesn't"
        f" match the expected currency: `{wanted}`.",
        param="currency",
    )


def mismatch(field: str) -> Exception:
    """Refuse prices that do not go together."""
    return invalid(
        "Currency and interval fields must match across all plans on this"
        f" subscription. Found mismatch in {field} field.",
        param="items",
    )


def _other_currency(present: str) -> Exception:
    return invalid(
        "You cannot combine currencies on a single customer. This customer has an"
        " active subscription, subscription schedule, discount, quote, or invoice item"
        f" with currency {present}",
        param="customer",
    )
