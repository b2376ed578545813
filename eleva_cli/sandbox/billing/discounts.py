"""Discounts: coupons at work on a customer, a subscription, an item.

A discount is an object of its own; subscriptions and items keep the ids, a customer
the whole object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import coupons, expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import find, find_living, route
from eleva_cli.sandbox.billing.rhythm import shifted
from eleva_cli.sandbox.billing.subscription_store import keep
from eleva_cli.sandbox.params import list_of, place_of, record, text
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eleva_cli.sandbox.billing.discount_amounts import Given
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.params import Check
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Answer, Call

# the check of every parameter `discounts`; empty text gives an empty list
GIVEN: Check = list_of(
    record({"coupon": text, "discount": text, "promotion_code": text})
)
MOST = 20


def new(given: Json) -> Json:
    """Complete a discount."""
    return {
        "id": "",
        "object": "discount",
        "checkout_session": None,
        "customer": None,
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": None, "type": "coupon"},
        "start": 0,
        "subscription": None,
        "subscription_item": None,
        **given,
    }


def redeemed(  # noqa: PLR0913  # whose discounts they are
    call: Call,
    wanted: list[Json | str],
    place: str,
    *,
    customer: str,
    subscription: str | None = None,
    subscription_item: str | None = None,
) -> list[str]:
    """Turn a parameter `discounts` into the ids to store instead of the present ones.

    `wanted` is what the check read at `place`; an empty list removes all. Each entry
    names a `coupon`, of which a new discount of this customer, subscription or item is
    made and stored, or a `discount` of the customer's that is kept. The events of what
    came and went are emitted here.
    """
    if len(wanted) > MOST:
        raise invalid(f"You can give up to {MOST} discounts.", param=place)
    owner = {
        "customer": customer,
        "subscription": subscription,
        "subscription_item": subscription_item,
    }
    ids = []
    for number, each in enumerate(wanted):
        where = place_of(place, str(number))
        if isinstance(each, str) or len(each) != 1:
            raise invalid(
                "You must specify exactly one of coupon, discount, promotion_code:"
                f" {where}.",
                param=where,
            )
        ids.append(_redeemed(call, each, owner, where))
    for gone in set(_present(call, owner)) - set(ids):
        _tell_end(call, gone)
    return ids


def _redeemed(call: Call, wanted: Json, owner: Json, place: str) -> str:
    if "promotion_code" in wanted:
        param = place_of(place, "promotion_code")
        raise no_such("promotion code", wanted["promotion_code"], param=param)
    if "discount" in wanted:
        param = place_of(place, "discount")
        present = find(call, "discount", wanted["discount"], param=param)
        if present["customer"] != owner["customer"]:
            raise no_such("discount", wanted["discount"], param=param)
        return str(present["id"])
    coupon = coupons.redeemed(call, wanted["coupon"], place_of(place, "coupon"))
    body = of_coupon(coupon, call.seconds, call.session.new_id("discount"), owner)
    call.session.put("discount", body)
    emit(call, "customer.discount.created", body)
    return str(body["id"])


def _present(call: Call, owner: Json) -> list[str]:
    """Give the discounts that an owner has now."""
    stored = call.session.get("subscription", owner["subscription"] or "")
    if stored is None:
        return []
    if owner["subscription_item"] is None:
        return list(stored["discounts"])
    of_items = [
        item.get("discounts", [])
        for item in stored["items"]
        if item["id"] == owner["subscription_item"]
    ]
    return [each for ids in of_items for each in ids]


def of_coupon(coupon: Json, start: int, discount_id: str, owner: Json) -> Json:
    """Begin a discount; a repeating one ends after the coupon's months."""
    months = coupon["duration_in_months"]
    monthly = {"interval": "month", "interval_count": months}
    return new(
        {
            "id": discount_id,
            "end": shifted(start, monthly) if months else None,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": start,
            **owner,
        }
    )


def _tell_end(call: Call, discount_id: str) -> None:
    body = call.session.get("discount", discount_id)
    if body is not None:
        emit(call, "customer.discount.deleted", body)


def living(session: Session, ids: Iterable[str], at: int) -> list[Given]:
    """Give the discounts that are in force at a time, with their coupons.

    A coupon that was deleted, or no longer redeems, still works here.
    """
    found: list[Given] = []
    for discount_id in ids:
        discount = session.get("discount", discount_id)
        if discount is None or (discount["end"] is not None and discount["end"] <= at):
            continue
        coupon = session.get("coupon", discount["source"]["coupon"])
        if coupon is not None:
            found.append((discount_id, coupon))
    return found


def of_invoice(
    session: Session, customer: Json, subscription: Json | None, at: int
) -> list[Given]:
    """Give an invoice's own discounts; a subscription's replace the customer's."""
    if subscription is not None and subscription["discounts"]:
        return living(session, subscription["discounts"], at)
    of_customer = customer.get("discount")
    return living(session, [of_customer["id"]] if of_customer else [], at)


def spent(call: Call, subscription: Json, used: set[str]) -> Json:
    """Take off a subscription the discounts that worked their one time."""
    once = {
        discount_id
        for discount_id, coupon in living(call.session, sorted(used), 0)
        if coupon["duration"] == "once"
    }
    for discount_id in sorted(once):
        _tell_end(call, discount_id)
    customer = find(call, "customer", subscription["customer"])
    of_customer = customer.get("discount")
    if of_customer and of_customer["id"] in once:
        call.session.put("customer", {**customer, "discount": None})
    items = [
        {**item, "discounts": _without(item["discounts"], once)}
        if item.get("discounts")
        else item
        for item in subscription["items"]
    ]
    left = _without(subscription["discounts"], once)
    return {**subscription, "discounts": left, "items": items}


def _without(ids: list[str], gone: set[str]) -> list[str]:
    return [each for each in ids if each not in gone]


def _deleted(body: Json) -> Json:
    """Show a discount that is gone: all of it but its end."""
    shown = {name: value for name, value in body.items() if name != "end"}
    return {**shown, "deleted": True}


def _delete_of_customer(call: Call) -> Answer:
    customer = find_living(call, "customer", call.id)
    body: Json | None = customer["discount"]
    if body is None:
        raise invalid("No active discount for customer: " + call.id, status=404)
    call.session.put("customer", {**customer, "discount": None})
    emit(call, "customer.discount.deleted", body)
    return expand.expanded(call, _deleted(body))


def _delete_of_subscription(call: Call) -> Answer:
    owner = find(call, "subscription", call.id)
    bodies = [call.session.get("discount", each) for each in owner["discounts"]]
    found = [each for each in bodies if each is not None]
    if not found:
        raise invalid("No active discount for subscription: " + call.id, status=404)
    keep(call, owner, {**owner, "discounts": []})
    for body in found:
        emit(call, "customer.discount.deleted", body)
    return expand.expanded(call, _deleted(found[0]))


ROUTES = (
    route(
        "DELETE",
        "/v1/customers/{id}/discount",
        _delete_of_customer,
        {},
        permission="discount",
    ),
    route(
        "DELETE",
        "/v1/subscriptions/{id}/discount",
        _delete_of_subscription,
        {},
        permission="discount",
    ),
)
