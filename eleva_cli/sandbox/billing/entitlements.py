"""Who is entitled to what: features of products, through live subscriptions.

An item keeps the features its product had when its period began (`features`, ids);
what is attached or detached later reaches it with the next period.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from eleva_cli.sandbox import addon
from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import cut, find_living, route
from eleva_cli.sandbox.billing.subscription_shape import NESTED_LIMIT
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import LISTING, text
from eleva_cli.sandbox.refusals import no_such
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/entitlements/active_entitlements"
_SUMMARY = "entitlements.active_entitlement_summary"


def features_of(session: Session, product_id: str) -> list[str]:
    """Give the ids of the features attached to a product now."""
    rows = session.rows(
        "SELECT json_extract(o.body, '$.entitlement_feature'), 0 FROM refs r"
        " JOIN objects o USING (seq) WHERE r.kind = 'product_feature'"
        " AND r.name = 'product' AND r.value = ? ORDER BY r.created, r.seq",
        (product_id,),
    )
    return [row[0] for row in rows]


def active(session: Session, settings: Settings, customer_id: str) -> list[Json]:
    """Give a customer's active entitlements, one a feature, by lookup key.

    An archived feature and its successor share a key and make two entitlements.
    """
    granted = set()
    for subscription in _subscriptions(session, customer_id):
        if _grants(settings, subscription["status"]):
            for item in subscription["items"]:
                granted.update(item.get("features", ()))
    found = (session.get("feature", each) for each in granted)
    entitlements = [_entitlement(customer_id, each) for each in found if each]
    return sorted(entitlements, key=lambda each: (each["lookup_key"], each["id"]))


def lookup_keys(entitlements: list[Json]) -> list[str]:
    """Give the keys of some entitlements, each once."""
    return sorted({each["lookup_key"] for each in entitlements})


def _grants(settings: Settings, status: str) -> bool:
    """Say whether a subscription of a status entitles; nobody documents most."""
    granting = {
        "active": True,
        "trialing": settings.grants_while_trialing,
        "past_due": settings.grants_while_past_due,
        "incomplete": settings.grants_while_incomplete,
        "unpaid": settings.grants_while_unpaid,
        "paused": settings.grants_while_paused,
    }
    return granting.get(status, False)


def _subscriptions(session: Session, customer_id: str) -> list[Json]:
    rows = session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'subscription' AND r.name = 'customer' AND r.value = ?",
        (customer_id,),
    )
    return [load(row[0]) for row in rows]


def _entitlement(customer_id: str, feature: Json) -> Json:
    return {
        "id": _id(customer_id, feature["id"]),
        "object": "entitlements.active_entitlement",
        "feature": feature["id"],
        "livemode": feature["livemode"],
        "lookup_key": feature["lookup_key"],
    }


def _id(customer_id: str, feature_id: str) -> str:
    return make_id("ent", f"{customer_id}/{feature_id}")


@contextmanager
def watching(call: Call, customer_id: str, *, retold: bool = False) -> Iterator[None]:
    """
    Tell others if what happens inside changes a customer's entitlements.

    `retold` tells them all the same.
    """
    before = active(call.session, call.settings, customer_id)
    yield
    after = active(call.session, call.settings, customer_id)
    if after == before and not retold:
        return
    old, new = _summary(call, customer_id, before), _summary(call, customer_id, after)
    # only what is inline can be told apart; beyond it, something changed all the same
    emit(call, f"{_SUMMARY}.updated", new, old if old != new else None)
    addon.heard(call, customer_id, lookup_keys(after))


def _summary(call: Call, customer_id: str, entitlements: list[Json]) -> Json:
    """Sum up: at most ten inline, and no id."""
    return {
        "object": _SUMMARY,
        "customer": customer_id,
        "entitlements": {
            "object": "list",
            "data": entitlements[:NESTED_LIMIT],
            "has_more": len(entitlements) > NESTED_LIMIT,
            "url": f"/v1/customer/{customer_id}/entitlements",
        },
        "livemode": call.live,
    }


def _list(call: Call) -> Answer:
    customer: str = call.params["customer"]
    find_living(call, "customer", customer, param="customer")
    entitlements = active(call.session, call.settings, customer)
    part, has_more = cut(call, "active_entitlement", entitlements)
    return expand.expanded_list(call, URL, part, has_more=has_more)


def _retrieve(call: Call) -> Answer:
    """Find one by its id, which is made of the customer's and the feature's."""
    rows = call.session.rows(
        "SELECT DISTINCT json_extract(o.body, '$.customer') || ' ' || f.value, 0"
        " FROM objects o, json_each(o.body, '$.items') i,"
        " json_each(i.value, '$.features') f WHERE o.shelf = ?",
        (call.shelf("subscription"),),
    )
    for customer, feature in (row[0].split() for row in rows):
        if _id(customer, feature) == call.id:
            for each in active(call.session, call.settings, customer):
                if each["id"] == call.id:
                    return expand.expanded(call, each)
    raise no_such("active_entitlement", call.id)


ROUTES = (
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "customer": text},
        requires=("customer",),
        permission="entitlement",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="entitlement"),
)
