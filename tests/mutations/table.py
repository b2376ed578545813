"""Ten defects that a rehearsal would suffer from most."""

from __future__ import annotations

from tests.mutations.runner import Mutation

PRICES = "billing/price_making.py"
ITEMS = "billing/item_change.py"
MEMBERSHIPS = "identity/memberships.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="lookup-key-clash-unenforced",
        file=PRICES,
        near="test_prices.py",
        old="""        raise invalid(
            f"A price (`{holder['id']}`) already uses that lookup key.",
            param="lookup_key",
        )
""",
        new="        return\n",
    ),
    Mutation(
        name="transfer-leaves-the-old-holder",
        file=PRICES,
        near="test_prices.py",
        old='body = {**holder, "lookup_key": None}',
        new="body = {**holder}",
    ),
    Mutation(
        name="nested-lists-uncut",
        file="billing/subscription_shape.py",
        near="test_subscriptions.py",
        old="for item in items[:NESTED_LIMIT]]",
        new="for item in items]",
    ),
    Mutation(
        name="idempotency-mismatch-accepted",
        file="idempotency.py",
        near="test_door.py",
        old="if first_request != request:",
        new="if False:",
    ),
    Mutation(
        name="default-memberships-include-inactive",
        file=MEMBERSHIPS,
        near="test_workos.py",
        old='optional_text(params, "statuses") or "active")',
        new='optional_text(params, "statuses") or "active,inactive,pending")',
    ),
    Mutation(
        name="statuses-ignored",
        file=MEMBERSHIPS,
        near="test_memberships.py",
        old="    return statuses\n",
        new='    return ["active"]\n',
    ),
    Mutation(
        name="second-link-accepted",
        file="identity/links.py",
        near="test_workos.py",
        old='if holder is not None and holder["id"] != body["id"]:',
        new="if False:",
    ),
    Mutation(
        name="feature-change-reaches-at-once",
        file="billing/entitlements.py",
        near="test_entitlements.py",
        old='granted.update(item.get("features", ()))',
        new=(
            'granted.update(features_of(session, (session.get("price",'
            ' item["price"]) or {})["product"]))'
        ),
    ),
    Mutation(
        name="item-without-id-replaces",
        file=ITEMS,
        near="test_subscription_changes.py",
        old="items.append(_added(call, body, wanted, place))",
        new="items[:] = [_added(call, body, wanted, place)]",
    ),
    Mutation(
        name="price-change-keeps-quantity",
        file=ITEMS,
        near="test_subscription_changes.py",
        old='        item["quantity"] = _quantity(price, wanted, place)\n',
        new=(
            '        kept = {"quantity": item["quantity"], **wanted}\n'
            '        item["quantity"] = _quantity(price, kept, place)\n'
        ),
    ),
)
