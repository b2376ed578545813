"""Lines of an invoice while it is worked out, and as they are sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import meters
from eleva_cli.sandbox.billing.money import amount_of
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.rhythm import period_around

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session


@dataclass(slots=True, kw_only=True)
class Line:
    """One line; discounts and taxes are filled in by those who know them."""

    amount: int
    currency: str
    price: Json | None
    quantity: int | None
    period: tuple[int, int]
    description: str
    subscription: str | None = None
    item: str | None = None
    invoice_item: str | None = None
    proration: bool = False
    discountable: bool = True
    # ids of the discounts given to this very line
    discounts: list[str] = field(default_factory=list)
    tax_rates: list[Json] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    # (discount, amount), those of the line before those of the invoice
    reductions: list[tuple[str, int]] = field(default_factory=list)
    taxes: list[Json] = field(default_factory=list)

    @property
    def product(self) -> str | None:
        """The product whose price it is."""
        return None if self.price is None else str(self.price["product"])

    @property
    def net(self) -> int:
        """What is left after discounts, before exclusive tax."""
        return self.amount - sum(amount for _, amount in self.reductions)


def is_metered(price: Json) -> bool:
    """Say whether a price is billed by use, after the period."""
    return bool(price["recurring"] and price["recurring"]["usage_type"] == "metered")


def left_of(item: Json, price: Json, anchor: int, at: int) -> Fraction:
    """Give the part of an item's whole period that is left at a time.

    A period that was cut short (an item added in the middle, an anchor in the
    future) is measured against the whole one that ends with it.
    """
    start, end = item["current_period_start"], item["current_period_end"]
    begin, finish = period_around(anchor, price["recurring"], end - 1)
    if finish != end:
        begin = start
    whole = end - begin
    if whole <= 0:
        return Fraction(0)
    return min(max(Fraction(end - at, whole), Fraction(0)), Fraction(1))


def licensed(session: Session, subscription: Json, items: list[Json]) -> list[Line]:
    """Charge items for the period they are in; metered ones are not yet due."""
    priced = [(item, price_of(session, item)) for item in items]
    return [
        _line(session, subscription, (item, price), item["quantity"], _period(item))
        for item, price in priced
        if not is_metered(price)
    ]


def used(
    session: Session, subscription: Json, items: list[Json], until: int | None = None
) -> list[Line]:
    """Charge what metered items used in the period before the one they are in.

    With `until`, what they used so far in the one they are in.
    """
    lines = []
    for item in items:
        price = price_of(session, item)
        if not is_metered(price):
            continue
        start, end = _period_of_use(subscription, item, price, until)
        if start >= end:
            continue
        customer, meter = subscription["customer"], price["recurring"]["meter"]
        value = meters.value(session, meter, customer, start, end)
        lines.append(_line(session, subscription, (item, price), value, (start, end)))
    return lines


def _period_of_use(
    subscription: Json, item: Json, price: Json, until: int | None
) -> tuple[int, int]:
    end: int = item["current_period_start"]
    if until is not None:
        return end, until
    anchor: int = subscription["billing_cycle_anchor"]
    start, _ = period_around(anchor, price["recurring"], end - 1)
    # nothing is due for the time before the item, nor for a trial
    trial_end = subscription["trial_end"]
    free_until = trial_end if trial_end and trial_end <= end else 0
    return max(start, item["created"], free_until), end


def _period(item: Json) -> tuple[int, int]:
    return item["current_period_start"], item["current_period_end"]


def _line(
    session: Session,
    subscription: Json,
    priced: tuple[Json, Json],
    quantity: float,
    period: tuple[int, int],
) -> Line:
    item, price = priced
    whole = int(quantity)
    return Line(
        amount=amount_of(price, quantity),
        currency=price["currency"],
        price=price,
        quantity=whole,
        period=period,
        description=f"{whole} \N{MULTIPLICATION SIGN} {product_name(session, price)}",
        subscription=subscription["id"],
        item=item["id"],
        discounts=list(item.get("discounts", ())),
        tax_rates=item.get("tax_rates") or subscription["default_tax_rates"],
        metadata=dict(item["metadata"]),
    )


def product_name(session: Session, price: Json) -> str:
    """Give the name of a price's product."""
    product = session.get("product", price["product"])
    return str(product["name"]) if product else str(price["product"])


def of_pending(session: Session, body: Json, default_rates: list[Json]) -> Line:
    """Make the line of a pending invoice item."""
    details = (body["parent"] or {}).get("subscription_details") or {}
    pricing = body["pricing"]
    price = session.get("price", pricing["price_details"]["price"]) if pricing else None
    return Line(
        amount=body["amount"],
        currency=body["currency"],
        price=price,
        quantity=body["quantity"],
        period=(body["period"]["start"], body["period"]["end"]),
        description=body["description"] or "",
        subscription=details.get("subscription"),
        item=details.get("subscription_item"),
        invoice_item=body["id"],
        proration=body["proration"],
        discountable=body["discountable"],
        discounts=list(body["discounts"]),
        tax_rates=body["tax_rates"] or default_rates,
        metadata=dict(body["metadata"]),
    )


def shown(line: Line, *, line_id: str, invoice: str, live: bool) -> Json:
    """Give a line the API's shape."""
    amounts = [
        {"amount": amount, "discount": discount} for discount, amount in line.reductions
    ]
    return {
        "id": line_id,
        "object": "line_item",
        "amount": line.amount,
        "currency": line.currency,
        "description": line.description or None,
        "discount_amounts": amounts,
        "discountable": line.discountable,
        "discounts": line.discounts,
        "invoice": invoice,
        "livemode": live,
        "metadata": line.metadata,
        "parent": _parent(line),
        "period": {"start": line.period[0], "end": line.period[1]},
        "pretax_credit_amounts": [
            {"amount": each["amount"], "discount": each["discount"], "type": "discount"}
            for each in amounts
        ],
        "pricing": None if line.price is None else pricing_of(line.price),
        "quantity": line.quantity,
        "quantity_decimal": None if line.quantity is None else str(line.quantity),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": line.taxes,
    }


def pricing_of(price: Json) -> Json:
    """Say which price a line is charged at."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _parent(line: Line) -> Json:
    common: Json = {
        "invoice_item": line.invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": line.subscription,
    }
    if line.item is None:
        return {
            "invoice_item_details": common,
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    return {
        "invoice_item_details": None,
        "subscription_item_details": {**common, "subscription_item": line.item},
        "type": "subscription_item_details",
    }
