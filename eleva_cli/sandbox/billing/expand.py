"""Expansion: ids replaced by their objects, at most four levels deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from eleva_cli.sandbox.billing.resource import Render, listing, shown
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

Shown = Callable[["Call", "Json"], "Json"]
Added = Callable[["Call", "Json"], object]

# kind -> how a stored object is sent, where that differs
SHOWN: dict[str, Shown] = {}
# (object, field) -> makes a field that is only there when it is asked for
ADDED: dict[tuple[str, str], Added] = {}
# (object, field) -> kind of what the id names; None: expandable, but always null here
EXPANDABLE: dict[tuple[str, str], str | None] = {
    ("subscription", "customer"): "customer",
    ("subscription", "default_payment_method"): None,
    ("subscription", "default_source"): None,
    ("subscription", "discounts"): "discount",
    ("subscription", "latest_invoice"): "invoice",
    ("subscription", "pending_setup_intent"): None,
    ("subscription", "schedule"): "subscription_schedule",
    ("subscription", "test_clock"): "test_clock",
    ("subscription_schedule", "customer"): "customer",
    ("subscription_schedule", "subscription"): "subscription",
    ("subscription_schedule", "test_clock"): "test_clock",
    ("subscription_schedule.phases.items", "plan"): None,
    ("subscription_schedule.phases.items", "price"): "price",
    ("price", "product"): "product",
    ("plan", "product"): "product",
    ("product", "default_price"): "price",
    ("product", "tax_code"): None,
    ("customer", "default_source"): None,
    ("customer", "sources"): None,
    ("customer", "tax"): None,
    ("customer", "test_clock"): "test_clock",
    ("subscription_item", "billed_until"): None,
    ("entitlements.active_entitlement", "feature"): "feature",
    ("subscription_item", "discounts"): "discount",
    ("discount", "customer"): "customer",
    ("discount", "promotion_code"): None,
    ("discount.source", "coupon"): "coupon",
    ("invoice", "customer"): "customer",
    ("invoice", "default_payment_method"): None,
    ("invoice", "default_source"): None,
    ("invoice", "discounts"): "discount",
    ("invoice", "test_clock"): "test_clock",
    ("invoice.parent.subscription_details", "subscription"): "subscription",
    ("invoice.total_discount_amounts", "discount"): "discount",
    ("line_item", "discounts"): "discount",
    ("line_item", "subscription"): "subscription",
    ("line_item.discount_amounts", "discount"): "discount",
    ("line_item.pricing.price_details", "price"): "price",
    ("invoiceitem", "customer"): "customer",
    ("invoiceitem", "discounts"): "discount",
    ("invoiceitem", "invoice"): "invoice",
    ("invoiceitem", "test_clock"): "test_clock",
    ("invoiceitem.pricing.price_details", "price"): "price",
    ("invoice_payment", "invoice"): "invoice",
    ("billing_portal.session", "configuration"): "portal_configuration",
}


def paths_of(call: Call) -> list[list[str]]:
    """Read the paths asked for, and refuse those that go too deep."""
    paths = [path.split(".") for path in call.params.get("expand", ())]
    for path in paths:
        if len(path) > 4:
            raise invalid(
                "You cannot expand more than 4 levels of a property."
                f" Property: {'.'.join(path)}",
                code="property_expansion_max_depth",
                param="expand",
            )
    return paths


def expanded(call: Call, body: Json) -> Answer:
    """Answer with one object, expanded as asked."""
    for path in paths_of(call):
        _expand(call, body, path, path)
    return Answer.of(body)


def expanded_list(
    call: Call, url: str, bodies: Iterable[Json], *, has_more: bool
) -> Answer:
    """Answer with a list, expanded as asked."""
    whole: Json = {
        "object": "list",
        "url": url,
        "has_more": has_more,
        "data": list(bodies),
    }
    return expanded(call, whole)


def plain_list(
    call: Call,
    url: str,
    page: tuple[list[str], bool],
    render: Render | None = None,
) -> Answer:
    """Answer with stored objects, as they are unless they are to be shown otherwise."""
    texts, has_more = page
    if not call.params.get("expand"):
        sendable = texts if render is None else shown(texts, render)
        return listing(url, sendable, has_more=has_more)
    bodies = map(load, texts)
    if render is not None:
        bodies = map(render, bodies)
    return expanded_list(call, url, bodies, has_more=has_more)


def _expand(
    call: Call,
    node: Any,  # noqa: ANN401  # any JSON
    path: list[str],
    whole: list[str],
    place: str = "",
) -> None:
    """Follow a path; `place` names what has no `object` of its own, by its owner."""
    if isinstance(node, list):
        for each in node:
            _expand(call, each, path, whole, place)
        return
    if not path or not isinstance(node, dict):
        return
    name, rest = path[0], path[1:]
    owner = str(node.get("object") or place)
    _replace_id(call, node, (owner, name), whole)
    _expand(call, node.get(name), rest, whole, f"{owner}.{name}")


def _replace_id(
    call: Call, node: Json, field: tuple[str, str], whole: list[str]
) -> None:
    name = field[1]
    if field == ("customer", "subscriptions"):
        _add_subscriptions(call, node)
        return
    if field in ADDED:
        if name not in node:
            node[name] = ADDED[field](call, node)
        return
    value = node.get(name)
    is_ids = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, dict | list) and not (is_ids and field in EXPANDABLE):
        return
    if field not in EXPANDABLE:
        raise invalid(
            f"This property cannot be expanded ({name})."
            f" You asked for: {'.'.join(whole)}",
            param="expand",
        )
    kind = EXPANDABLE[field]
    if kind is None or value is None:
        return
    if isinstance(value, list):
        node[name] = [_loaded(call, kind, each) for each in value]
    else:
        node[name] = _loaded(call, kind, value)


def _loaded(call: Call, kind: str, object_id: str) -> Json | None:
    body = call.session.get(kind, object_id)
    if body is None or kind not in SHOWN:
        return body
    return SHOWN[kind](call, body)


def _add_subscriptions(call: Call, customer: Json) -> None:
    """Add a customer's living subscriptions, cut at ten like every nested list."""
    from eleva_cli.sandbox.billing import subscription_lists  # noqa: PLC0415  # a cycle

    if not customer.get("deleted") and "subscriptions" not in customer:
        customer["subscriptions"] = subscription_lists.of_customer(call, customer["id"])
