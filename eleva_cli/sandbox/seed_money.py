"""Discounts and tax rates of a seed document, in the API's shape or in short.

In short, a discount is `{"coupon": id}` and a tax rate is its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import discounts
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

# gives an object of a kind, of the document so far or of the store
Find = Callable[[str, str], "Json | None"]


class MoneyError(ValueError):
    """A discount or a tax rate that cannot be."""


def with_money(body: Json, find: Find) -> tuple[Json, list[Json]]:
    """Give a customer or a subscription as it is stored, and its discounts."""
    if body["object"] == "customer":
        return _customer(body, find)
    if not body["discounts"] and not body["default_tax_rates"]:
        plain = all(
            not (each["discounts"] or each["tax_rates"]) for each in body["items"]
        )
        if plain:
            return body, []
    owner = {"customer": body["customer"], "subscription": body["id"]}
    begun = _begun(body["discounts"], "discounts", body, owner, find)
    items = []
    for number, item in enumerate(body["items"]):
        place = f"items[{number}]"
        of_item = {**owner, "subscription_item": item["id"]}
        made = _begun(item["discounts"], f"{place}.discounts", body, of_item, find)
        rates = _rates(item["tax_rates"], f"{place}.tax_rates", find)
        ids = [each["id"] for each in made]
        items.append({**item, "discounts": ids, "tax_rates": rates})
        begun += made
    rates = _rates(body["default_tax_rates"], "default_tax_rates", find)
    own = [each["id"] for each in begun if each["subscription_item"] is None]
    stored = {**body, "default_tax_rates": rates, "discounts": own, "items": items}
    return stored, begun


def _customer(body: Json, find: Find) -> tuple[Json, list[Json]]:
    given = body.get("discount")
    if not given:
        return body, []
    owner = {"customer": body["id"]}
    made = _discount(given, "discount", body, owner, find)
    return {**body, "discount": made}, [made]


def _begun(
    given: object, place: str, body: Json, owner: Json, find: Find
) -> list[Json]:
    if not isinstance(given, list):
        raise MoneyError(f"{place}: must be a list")
    return [
        _discount(each, f"{place}[{number}]", body, owner, find)
        for number, each in enumerate(given)
    ]


def _discount(given: object, place: str, body: Json, owner: Json, find: Find) -> Json:
    if not isinstance(given, Mapping):
        raise MoneyError(f"{place}: must be an object with a coupon")
    source = given.get("source") or {}
    named = given.get("coupon") or source.get("coupon")
    coupon_id = named.get("id") if isinstance(named, Mapping) else named
    coupon = find("coupon", coupon_id) if isinstance(coupon_id, str) else None
    if coupon is None:
        raise MoneyError(f"{place}.coupon: coupon {coupon_id!r} is not in the document")
    start = given.get("start", body["created"])
    discount_id = given.get("id") or make_id("di", f"{body['id']}/{place}")
    made = discounts.of_coupon(coupon, start, discount_id, owner)
    return {**made, "end": given.get("end", made["end"])}


def _rates(given: object, place: str, find: Find) -> list[Json]:
    if not isinstance(given, list):
        raise MoneyError(f"{place}: must be a list")
    rates = []
    for number, each in enumerate(given):
        rate_id = each.get("id") if isinstance(each, Mapping) else each
        rate = find("tax_rate", rate_id) if isinstance(rate_id, str) else None
        if rate is None:
            raise MoneyError(
                f"{place}[{number}]: tax rate {rate_id!r} is not in the document"
            )
        rates.append(rate)
    return rates
