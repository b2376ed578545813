"""Lists of subscriptions: all of them, a customer's, and what they are filtered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import (
    SIGNS,
    Condition,
    find,
    listing,
    page,
    shown,
)
from eleva_cli.sandbox.billing.subscription_shape import (
    ENDED,
    NESTED_LIMIT,
    Rendering,
)
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.session import Query

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/subscriptions"
_PERIODS = {"current_period_start": "max", "current_period_end": "min"}


def of_customer(call: Call, customer_id: str) -> Json:
    """Give a customer's living subscriptions as a nested list."""
    query = Query(
        kind="subscription",
        shelf=call.shelf("subscription"),
        limit=NESTED_LIMIT,
        reference=("customer", customer_id),
        where=(_living(),),
    )
    texts, has_more = call.session.page(query)
    rendering = Rendering(call.session)
    return {
        "object": "list",
        "data": [rendering.subscription(load(text)) for text in texts],
        "has_more": has_more,
        "url": f"/v1/customers/{customer_id}/subscriptions",
    }


def listed(call: Call) -> Answer:
    """Answer with a page of subscriptions."""
    reference, where = _selected(call)
    texts, has_more = page(call, "subscription", reference=reference, where=where)
    rendering = Rendering(call.session)
    if not call.params.get("expand"):
        sent = shown(texts, rendering.subscription)
        return listing(URL, sent, has_more=has_more)
    bodies = [rendering.subscription(load(text)) for text in texts]
    return expand.expanded_list(call, URL, bodies, has_more=has_more)


def _selected(call: Call) -> tuple[tuple[str, str] | None, list[Condition]]:
    params = call.params
    where = [*_of_status(params.get("status")), *_of_periods(params)]
    customer, clock = params.get("customer"), params.get("test_clock")
    if price := params.get("price") or params.get("plan"):
        holds = "EXISTS (SELECT 1 FROM refs p WHERE p.seq = o.seq AND p.kind ="
        holds += " 'subscription' AND p.name = 'price' AND p.value = ?)"
        where.append((holds, (price,)))
    where += [
        (f"json_extract(o.body, '$.{name}') = ?", (params[name],))
        for name in ("collection_method", "customer_account")
        if name in params
    ]
    if tax := params.get("automatic_tax"):
        is_on = "json_extract(o.body, '$.automatic_tax.enabled') = ?"
        where.append((is_on, (int(tax["enabled"]),)))
    if customer:
        find(call, "customer", customer, param="customer")
        if clock:
            where.append(("json_extract(o.body, '$.test_clock') = ?", (clock,)))
        return ("customer", customer), where
    if clock:
        find(call, "test_clock", clock, param="test_clock")
        return ("test_clock", clock), where
    return None, [*where, ("json_extract(o.body, '$.test_clock') IS NULL", ())]


def _living() -> Condition:
    return ("json_extract(o.body, '$.status') <> 'canceled'", ())


def _of_status(status: str | None) -> list[Condition]:
    """Select by status; without one, everything that is not canceled."""
    match status:
        case "all":
            return []
        case None | "":
            return [_living()]
        case "ended":
            return [("json_extract(o.body, '$.status') IN (?, ?)", ENDED)]
        case _:
            return [("json_extract(o.body, '$.status') = ?", (status,))]


def _of_periods(params: Json) -> list[Condition]:
    """Select by the items' periods: the latest start, the earliest end."""
    found: list[Condition] = []
    for name, which in _PERIODS.items():
        of_items = f"(SELECT {which}(json_extract(i.value, '$.{name}'))"
        of_items += " FROM json_each(o.body, '$.items') i)"
        bounds = params.get(name, {})
        found += [(f"{of_items} {SIGNS[sign]} ?", (at,)) for sign, at in bounds.items()]
    return found
