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
        old='body = {**holder, "lookup_key": None}',
        new="body = {**holder}",
    ),
    Mutation(
        name="nested-lists-uncut",
        file="billing/subscription_shape.py",
        old="for item in items[:NESTED_LIMIT]]",
        new="for item in items]",
    ),
    Mutation(
        name="idempotency-mismatch-accepted",
        file="idempotency.py",
        old="if first_request != request:",
        new="if False:",
    ),
    Mutation(
        name="default-memberships-include-inactive",
        file=MEMBERSHIPS,
        old='optional_text(params, "statuses") or "active")',
        new='optional_text(params, "statuses") or "active,inactive,pending")',
    ),
    Mutation(
        name="statuses-ignored",
        file=MEMBERSHIPS,
        old="    return statuses\n",
        new='    return ["active"]\n',
    ),
    Mutation(
        name="second-link-accepted",
        file="identity/links.py",
        old='if holder is not None and holder["id"] != body["id"]:',
        new="if False:",
    ),
    Mutation(
        name="feature-change-reaches-at-once",
        file="billing/entitlements.py",
        old='granted.update(item.get("features", ()))',
        new=(
            'granted.update(features_of(session, (session.get("price",'
            ' item["price"]) or {})["product"]))'
        ),
    ),
    Mutation(
        name="item-without-id-replaces",
        file=ITEMS,
        old="items.append(_added(call, body, wanted, place))",
        new="items[:] = [_added(call, body, wanted, place)]",
    ),
    Mutation(
        name="price-change-keeps-quantity",
        file=ITEMS,
        old='        item["quantity"] = _quantity(price, wanted, place)\n',
        new=(
            '        kept = {"quantity": item["quantity"], **wanted}\n'
            '        item["quantity"] = _quantity(price, kept, place)\n'
        ),
    ),
)
