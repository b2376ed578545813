"""Expansion: ids replaced by their objects, at most four levels deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from eleva_cli.sandbox.billing.resource import listing
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

Loader = Callable[["Call", str], "Json"]

# (object, field) -> kind of what the id names; None: expandable, but always null here
EXPANDABLE: dict[tuple[str, str], str | None] = {
    ("subscription", "customer"): "customer",
    ("subscription", "default_payment_method"): None,
    ("subscription", "default_source"): None,
    ("subscription", "latest_invoice"): None,
    ("subscription", "pending_setup_intent"): None,
    ("subscription", "schedule"): None,
    ("subscription", "test_clock"): None,
    ("price", "product"): "product",
    ("price", "currency_options"): None,
    ("price", "tiers"): None,
    ("plan", "product"): "product",
    ("plan", "tiers"): None,
    ("product", "default_price"): "price",
    ("product", "tax_code"): None,
    ("customer", "default_source"): None,
    ("customer", "sources"): None,
    ("customer", "tax"): None,
    ("customer", "test_clock"): None,
    ("subscription_item", "billed_until"): None,
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


def plain_list(call: Call, url: str, page: tuple[list[str], bool]) -> Answer:
    """Answer with stored objects: as they are, unless something is to be expanded."""
    texts, has_more = page
    if not call.params.get("expand"):
        return listing(url, texts, has_more=has_more)
    return expanded_list(call, url, map(load, texts), has_more=has_more)


def _expand(call: Call, node: Any, path: list[str], whole: list[str]) -> None:  # noqa: ANN401  # any JSON
    if isinstance(node, list):
        for each in node:
            _expand(call, each, path, whole)
        return
    if not path or not isinstance(node, dict):
        return
    name, rest = path[0], path[1:]
    _replace_id(call, node, name, whole)
    _expand(call, node.get(name), rest, whole)


def _replace_id(call: Call, node: Json, name: str, whole: list[str]) -> None:
    owner = str(node.get("object"))
    if (owner, name) == ("customer", "subscriptions"):
        _add_subscriptions(call, node)
        return
    value = node.get(name)
    if isinstance(value, dict | list):
        return
    if (owner, name) not in EXPANDABLE:
        raise invalid(
            f"This property cannot be expanded ({name})."
            f" You asked for: {'.'.join(whole)}",
            param="expand",
        )
    kind = EXPANDABLE[owner, name]
    if kind is not None and value is not None:
        node[name] = call.session.get(kind, value)


def _add_subscriptions(call: Call, customer: Json) -> None:
    """Add a customer's living subscriptions, cut at ten like every nested list."""
    from eleva_cli.sandbox.billing import subscriptions  # noqa: PLC0415  # a cycle

    if not customer.get("deleted") and "subscriptions" not in customer:
        customer["subscriptions"] = subscriptions.of_customer(call, customer["id"])
