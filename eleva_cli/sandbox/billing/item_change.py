"""What creating and updating does to a subscription's items.

A new price resets the quantity, and an item without an id is one more item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import price_making, prices
from eleva_cli.sandbox.billing.discounts import redeemed
from eleva_cli.sandbox.billing.entitlements import features_of
from eleva_cli.sandbox.billing.resource import find, find_living, merge_metadata
from eleva_cli.sandbox.billing.subscription_shape import new_item
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

MOST_ITEMS = 20


def changed_items(call: Call, body: Json) -> list[Json]:
    """Give a subscription's items as the parameters want them.

    Those that are new have no period yet.
    """
    items = [dict(item) for item in body["items"]]
    for number, wanted in enumerate(call.params.get("items", [])):
        place = f"items[{number}]"
        if "id" in wanted:
            _change(call, body, items, wanted, place)
        elif not wanted.get("deleted"):
            items.append(_added(call, body, wanted, place))
    _check(items)
    return items


def _check(items: list[Json]) -> None:
    if not items:
        raise invalid("A subscription must have at least one active plan.")
    if len(items) > MOST_ITEMS:
        raise invalid(
            f"A subscription can have up to {MOST_ITEMS} items.", param="items"
        )
    seen: set[str] = set()
    for item in items:
        if item["price"] in seen:
            raise invalid(
                "Cannot add multiple subscription items with the same plan:"
                f" {item['price']}",
                param="items",
            )
        seen.add(item["price"])


def _added(call: Call, body: Json, wanted: Json, place: str) -> Json:
    price = _price(call, wanted, place)
    if price is None:
        where = f"{place}[price]"
        raise invalid(
            f"Missing required param: {where}.", code="parameter_missing", param=where
        )
    item = new_item(
        {
            "id": call.session.new_id("subscription", prefix="si"),
            "created": call.seconds,
            "features": features_of(call.session, price["product"]),
            "metadata": merge_metadata({}, wanted),
            "price": price["id"],
            "quantity": _quantity(price, wanted, place),
        }
    )
    return _with_money(call, body, item, wanted, place)


def _change(
    call: Call, body: Json, items: list[Json], wanted: Json, place: str
) -> None:
    item = next((each for each in items if each["id"] == wanted["id"]), None)
    if item is None:
        raise no_such("subscription_item", wanted["id"], param=f"{place}[id]")
    if wanted.get("deleted"):
        items.remove(item)
        return
    price = _price(call, wanted, place, present=item["price"])
    if price is not None:
        _switch(call, item, price)
        item["quantity"] = _quantity(price, wanted, place)
    elif "quantity" in wanted:
        present = find(call, "price", item["price"])
        item["quantity"] = _quantity(present, wanted, place)
    item["metadata"] = merge_metadata(item["metadata"], wanted)
    _with_money(call, body, item, wanted, place)


def _switch(call: Call, item: Json, price: Json) -> None:
    """Put an item on another price; another product brings its own features."""
    before = find(call, "price", item["price"])
    same_product = before["product"] == price["product"]
    if not same_product or call.settings.entitle_on_price_change:
        item["features"] = features_of(call.session, price["product"])
    item["price"] = price["id"]


def _with_money(call: Call, body: Json, item: Json, wanted: Json, place: str) -> Json:
    """Set what is taxed and taken off."""
    if "tax_rates" in wanted:
        item["tax_rates"] = tax_rates(call, wanted["tax_rates"], f"{place}[tax_rates]")
    if "discounts" in wanted:
        item["discounts"] = redeemed(
            call,
            wanted["discounts"],
            f"{place}[discounts]",
            customer=body["customer"],
            subscription=body["id"],
            subscription_item=item["id"],
        )
    if "billing_thresholds" in wanted:
        item["billing_thresholds"] = wanted["billing_thresholds"] or None
    return item


def tax_rates(call: Call, ids: list[str], place: str) -> list[Json]:
    """Give the tax rates of these ids, as they are kept and sent: whole."""
    return [find(call, "tax_rate", id_, param=place) for id_ in ids]


def _quantity(price: Json, wanted: Json, place: str) -> int | None:
    """Give the quantity of a price: one unless told, none when it is metered."""
    quantity: int = wanted.get("quantity", 1)
    if price["recurring"]["usage_type"] == "metered":
        if "quantity" in wanted:
            raise invalid(
                "Quantity should not be specified where usage_type is `metered`."
                f" Remove quantity from `{place}`",
                param=f"{place}[quantity]",
            )
        return None
    if quantity < 0:
        raise invalid(
            "This value must be greater than or equal to 0.",
            code="parameter_invalid_integer",
            param=f"{place}[quantity]",
        )
    return quantity


def _price(
    call: Call, wanted: Json, place: str, *, present: str | None = None
) -> Json | None:
    """Give the price an item is to have; none when it keeps the present one."""
    if data := wanted.get("price_data"):
        return _made(call, data, f"{place}[price_data]")
    name = "plan" if wanted.get("plan") else "price"
    price_id = wanted.get(name)
    if not price_id or price_id == present:
        return None
    where = f"{place}[{name}]"
    price = find(call, "price", price_id, param=where)
    if not price["active"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.",
            param=where,
        )
    if price["recurring"] is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts"
            " prices with `type=recurring`.",
            param=where,
        )
    return price


def _made(call: Call, data: Json, place: str) -> Json:
    """Make the price that is described inline; nobody else can use it."""
    find_living(call, "product", data["product"], param=f"{place}[product]")
    if "unit_amount" not in data and "unit_amount_decimal" not in data:
        where = f"{place}[unit_amount]"
        raise invalid(
            f"Missing required param: {where}.", code="parameter_missing", param=where
        )
    price_making.check_rhythm(call, data["recurring"], f"{place}[recurring]")
    price = prices.new(
        {
            **data,
            "id": call.session.new_id("price"),
            "active": False,
            "created": call.seconds,
            "livemode": call.live,
        }
    )
    call.session.put("price", price)
    return price
