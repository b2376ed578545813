"""Objects of events in the shape of an API version: before and since 2025-03-31.basil.

Both functions may be given an object that has the wanted shape already. `find` looks
up what the old shape shows whole and the new one names by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox.billing import price_shape
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

Find: TypeAlias = Callable[[str, str], "Json | None"]
BASIL = "2025-03-31"
# any version of the old shape
OLDEST = "2011-01-01"
_PERIOD = ("current_period_start", "current_period_end")
# written otherwise, or not at all, before basil
_NEW_OF_INVOICE: tuple[str, ...] = (
    "amount_overpaid",
    "confirmation_secret",
    "parent",
    "payments",
    "total_taxes",
)
_OLD_OF_INVOICE: tuple[str, ...] = (
    "charge",
    "discount",
    "paid",
    "payment_intent",
    "subscription",
    "subscription_details",
    "tax",
    "total_tax_amounts",
)
_OF_SUBSCRIPTION = ("subscription_details", "subscription_item_details")


def is_old(version: str | None) -> bool:
    """Tell a version of the time before basil."""
    return version is not None and version[:10] < BASIL


def render(body: Json, kind: str, version: str | None, find: Find) -> Json:
    """Give an object of a kind the shape that a version has."""
    shapes = _OLD if is_old(version) else _NEW
    return shapes[kind](body, find) if kind in shapes else body


def changes_shape(kind: str) -> bool:
    """Say whether objects of a kind look otherwise in old versions."""
    return kind in _OLD


def _old_subscription(body: Json, find: Find) -> Json:
    listed: Json = body["items"]
    items: list[Json] = listed["data"]
    old = dict(body)
    if items and _PERIOD[0] in items[0]:
        old["current_period_start"] = min(item[_PERIOD[0]] for item in items)
        old["current_period_end"] = max(item[_PERIOD[1]] for item in items)
    only = items[0] if len(items) == 1 else {}
    old.setdefault("discount", _first_discount(body, find))
    old.setdefault("plan", only.get("plan"))
    old.setdefault("quantity", only.get("quantity"))
    data = [_without(item, _PERIOD) for item in items]
    return {**old, "items": {**listed, "data": data}}


def _new_subscription(body: Json, _: Find) -> Json:
    period = {name: body[name] for name in _PERIOD if name in body}
    if not period:
        return body
    listed: Json = body["items"]
    data = [{**item, **period} for item in listed["data"]]
    new = _without(body, (*_PERIOD, "discount", "plan", "quantity"))
    return {**new, "items": {**listed, "data": data}}


def _old_invoice(body: Json, find: Find) -> Json:
    if "subscription" in body:
        return body
    details = _details_of(body)
    paid_by = _payment_of(body)
    taxes: list[Json] = body.get("total_taxes") or []
    old = _without(body, _NEW_OF_INVOICE)
    if "lines" in body:
        data = [_old_line(line, find) for line in body["lines"]["data"]]
        old["lines"] = {**body["lines"], "data": data}
    return {
        **old,
        "charge": paid_by.get("charge"),
        "discount": _first_discount(body, find),
        "paid": body.get("status") == "paid",
        "payment_intent": paid_by.get("payment_intent"),
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": details.get("metadata")},
        "tax": sum(tax["amount"] for tax in taxes) if taxes else None,
        "total_tax_amounts": [_old_tax(tax) for tax in taxes],
    }


def _new_invoice(body: Json, _: Find) -> Json:
    if "parent" in body or "subscription" not in body:
        return body
    subscription = body["subscription"]
    details = body.get("subscription_details") or {}
    parent: Json = {
        "quote_details": None,
        "subscription_details": {
            "metadata": details.get("metadata"),
            "subscription": subscription,
        },
        "type": "subscription_details",
    }
    new = _without(body, _OLD_OF_INVOICE)
    return {**new, "parent": None if subscription is None else parent}


def _old_line(line: Json, find: Find) -> Json:
    parent: Json = line.get("parent") or {}
    source = str(parent.get("type", "invoice_item_details"))
    details: Json = parent.get(source) or {}
    pricing: Json = (line.get("pricing") or {}).get("price_details") or {}
    price = pricing.get("price")
    if isinstance(price, str):
        found = find("price", price)
        price = None if found is None else price_shape.shown(found)
    return {
        **_without(line, ("parent", "pricing")),
        "price": price,
        "proration": bool(details.get("proration")),
        "subscription": details.get("subscription"),
        "subscription_item": details.get("subscription_item"),
        "type": "subscription" if source in _OF_SUBSCRIPTION else "invoiceitem",
    }


def _old_tax(tax: Json) -> Json:
    rate = (tax.get("tax_rate_details") or {}).get("tax_rate")
    behaviour = tax.get("tax_behavior")
    return {
        "amount": tax["amount"],
        "inclusive": behaviour == "inclusive",
        "tax_rate": rate,
        "taxability_reason": tax.get("taxability_reason"),
        "taxable_amount": tax.get("taxable_amount"),
    }


def _details_of(invoice: Json) -> Json:
    return (invoice.get("parent") or {}).get("subscription_details") or {}


def _payment_of(invoice: Json) -> Json:
    """Name what pays an invoice; its payments list says the same when expanded."""
    if invoice.get("status") not in {"open", "paid"} or not invoice["amount_due"]:
        return {}
    is_paid = invoice["status"] == "paid"
    return {
        "charge": make_id("ch", invoice["id"]) if is_paid else None,
        "payment_intent": make_id("pi", invoice["id"]),
    }


def _first_discount(body: Json, find: Find) -> Json | None:
    for discount in body.get("discounts") or []:
        return find("discount", discount) if isinstance(discount, str) else discount
    return None


def _without(body: Mapping[str, object], names: tuple[str, ...]) -> Json:
    return {name: value for name, value in body.items() if name not in names}


_OLD = {"invoice": _old_invoice, "subscription": _old_subscription}
_NEW = {"invoice": _new_invoice, "subscription": _new_subscription}
