"""Prices as stored and as sent: tiers and other currencies only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

UNSENT = ("currency_options", "tiers")
_OPTION = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
_RHYTHM = {
    "interval": "month",
    "interval_count": 1,
    "meter": None,
    "trial_period_days": None,
    "usage_type": "licensed",
}


def new(given: Json) -> Json:
    """Complete a price."""
    body = {
        "id": "",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 0,
        "currency": "eur",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": "",
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if given.get("recurring") else "one_time",
        **given,
        **amounts(given),
    }
    if body["recurring"]:
        body["recurring"] = {**_RHYTHM, **body["recurring"]}
    return body


def amounts(given: Json) -> Json:
    """Give an amount both as whole cents, where it is whole, and exactly."""
    whole, exact = given.get("unit_amount"), given.get("unit_amount_decimal")
    if exact is None and whole is not None:
        exact = str(whole)
    elif whole is None and exact is not None and str(exact).isdigit():
        whole = int(exact)
    return {"unit_amount": whole, "unit_amount_decimal": exact}


def price_of(session: Session, item: Json) -> Json:
    """Give the price of a stored item, in the currency of its subscription."""
    price = session.get("price", item["price"])
    assert price is not None, item["price"]
    return in_currency(price, item.get("currency") or price["currency"])


def sells_in(price: Json, currency: str) -> bool:
    """Say whether a price has an amount in a currency."""
    options = price.get("currency_options") or {}
    return currency == price["currency"] or currency in options


def in_currency(price: Json, currency: str) -> Json:
    """Give a price with the amounts it has in one of its currencies."""
    if currency == price["currency"]:
        return price
    option: Json = price["currency_options"][currency]
    amounts_there = {name: option.get(name) for name in _OPTION}
    tiers = {"tiers": option.get("tiers")}
    return {**price, **amounts_there, **tiers, "currency": currency}


def plan_of(price: Json) -> Json:
    """Show a price as the plan that subscription items still carry."""
    same = ("active", "billing_scheme", "created", "currency", "id", "livemode")
    recurring = price["recurring"] or _RHYTHM
    return {
        "object": "plan",
        **{name: price[name] for name in same},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "metadata": price["metadata"],
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


def shown(body: Json) -> Json:
    """Show a price as it is sent when nothing is to be expanded."""
    return {name: value for name, value in body.items() if name not in UNSENT}


def _tiers(call: Call, sent: Json) -> object:
    stored = call.session.get("price", sent["id"])
    return None if stored is None else stored.get("tiers")


def _currency_options(call: Call, sent: Json) -> object:
    """Give the amount in every currency, the price's own among them."""
    stored = call.session.get("price", sent["id"])
    if stored is None:
        return None
    own = {stored["currency"]: {name: stored[name] for name in _OPTION}}
    options: Json = {**(stored.get("currency_options") or {}), **own}
    return {name: options[name] for name in sorted(options)}


expand.SHOWN["price"] = lambda _, body: shown(body)
expand.ADDED |= {
    ("price", "currency_options"): _currency_options,
    ("price", "tiers"): _tiers,
    ("plan", "tiers"): _tiers,
}
