"""Subscriptions that are changed: items, periods, trials, ends, features."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import (
    DAY_S,
    keys_of,
    now,
    open_shop,
    period_of,
    subscribe,
    types,
)
from tests.sandbox.sources import belief, vendor


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    return open_shop(sandbox)


@vendor("D3", "stripe 16.1, Subscription")
def test_an_incomplete_subscription_can_hardly_be_changed(shop: Sandbox) -> None:
    """Metadata and the source can, nothing else."""
    made = subscribe(shop, customer="cus_fails")
    subscriptions = shop.stripe().subscriptions
    assert subscriptions.update(made.id, {"metadata": {"a": "b"}}).metadata.a == "b"
    with pytest.raises(stripe.InvalidRequestError, match="incomplete"):
        subscriptions.update(made.id, {"trial_end": "now"})


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.items")
def test_a_new_price_resets_the_quantity(shop: Sandbox) -> None:
    """To one, unless one is given; the same price keeps it."""
    made = subscribe(shop, items=[{"price": "price_1", "quantity": 3}])
    item = made["items"].data[0].id
    update = shop.stripe().subscriptions.update

    def quantity_after(**change: Any) -> int:
        changed = update(made.id, {"items": [{"id": item, **change}]})
        return int(changed["items"].data[0].quantity)

    assert quantity_after(price="price_1") == 3
    assert quantity_after(metadata={"a": "b"}) == 3
    assert quantity_after(price="price_dear") == 1
    assert quantity_after(price="price_1", quantity=4) == 4
    assert quantity_after(quantity=6) == 6


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.items")
def test_an_item_without_an_id_is_one_more(shop: Sandbox) -> None:
    """It never takes the place of another."""
    made = subscribe(shop)
    update = shop.stripe().subscriptions.update
    grown = update(made.id, {"items": [{"price": "price_dear"}]})
    first, second = grown["items"].data
    assert (first.price.id, second.price.id) == ("price_1", "price_dear")
    left = update(made.id, {"items": [{"id": first.id, "deleted": True}]})
    assert [each.id for each in left["items"].data] == [second.id]
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        update(made.id, {"items": [{"id": second.id, "deleted": True}]})
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        update(made.id, {"items": [{"id": "si_none", "price": "price_1"}]})


@vendor("D3", "stripe 16.1, SubscriptionService.update")
@pytest.mark.parametrize(
    ("first", "second", "moves"),
    [
        ("price_1", "price_dear", False),
        ("price_1", "price_year", True),
        ("price_free", "price_1", True),
        ("price_1", "price_free", False),
    ],
)
def test_what_moves_the_billing_date(
    shop: Sandbox, first: str, second: str, *, moves: bool
) -> None:
    """Another interval, and from free to paid; both invoice at once."""
    made = subscribe(shop, first)
    shop.post("clock", advance_s=10 * DAY_S)
    change = {"id": made["items"].data[0].id, "price": second}
    changed = shop.stripe().subscriptions.update(
        made.id, {"items": [change], "proration_behavior": "none"}
    )
    start, _ = period_of(changed)
    assert (start == period_of(made)[0] + 10 * DAY_S) is moves
    assert (start == changed.billing_cycle_anchor) is True
    assert (changed.latest_invoice != made.latest_invoice) is moves


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.billing_cycle_anchor")
def test_the_billing_date_can_be_moved_to_now(shop: Sandbox) -> None:
    """By an object, not by a word."""
    made = subscribe(shop)
    shop.post("clock", advance_s=DAY_S)
    subscriptions = shop.stripe().subscriptions
    moved = subscriptions.update(made.id, {"billing_cycle_anchor": {"type": "now"}})
    assert period_of(moved)[0] == made.billing_cycle_anchor + DAY_S
    with pytest.raises(stripe.InvalidRequestError):
        subscriptions.update(made.id, {"billing_cycle_anchor": "now"})


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.cancel_at")
def test_an_end_can_be_set_and_taken_back(shop: Sandbox) -> None:
    """At a time, at the end of the period, by name; empty text clears it."""
    items = [{"price": "price_1"}, {"price": "price_year"}]
    made = subscribe(shop, items=items)
    update = shop.stripe().subscriptions.update
    ends = sorted(period_of(made, n)[1] for n in range(2))
    at_end = update(made.id, {"cancel_at": "min_period_end"})
    assert (at_end.cancel_at, at_end.cancel_at_period_end) == (ends[0], False)
    assert at_end.cancellation_details.reason == "cancellation_requested"
    assert update(made.id, {"cancel_at": "max_period_end"}).cancel_at == ends[1]
    later = now(shop) + 3 * DAY_S
    assert update(made.id, {"cancel_at": later}).cancel_at == later
    cleared = update(made.id, {"cancel_at": ""})
    assert (cleared.cancel_at, cleared.canceled_at) == (None, None)
    both = {"cancel_at": later, "cancel_at_period_end": True}
    for wrong in ({"cancel_at": 5}, both):
        with pytest.raises(stripe.InvalidRequestError):
            update(made.id, wrong)
    set_ = update(made.id, {"cancel_at_period_end": True})
    assert (set_.status, set_.cancel_at) == ("active", ends[1])
    assert update(made.id, {"cancel_at_period_end": False}).cancel_at is None


@vendor("D3", "stripe 16.1, SubscriptionService.cancel")
def test_a_canceled_subscription_is_hardly_changed(shop: Sandbox) -> None:
    """Its metadata and what was said about the end can be, nothing else."""
    made = subscribe(shop)
    subscriptions = shop.stripe().subscriptions
    details = {"feedback": "too_expensive", "comment": "Later, perhaps."}
    ended = subscriptions.cancel(made.id, {"cancellation_details": details})
    assert (ended.status, ended.cancellation_details.feedback) == (
        "canceled",
        "too_expensive",
    )
    assert ended.ended_at == ended.canceled_at
    changed = subscriptions.update(
        made.id, {"metadata": {"a": "b"}, "cancellation_details": {"comment": "No."}}
    )
    assert changed.cancellation_details.comment == "No."
    assert changed.cancellation_details.feedback == "too_expensive"
    with pytest.raises(stripe.InvalidRequestError, match="only update"):
        subscriptions.update(made.id, {"cancel_at_period_end": True})
    assert types(shop, made) == ["created", "deleted", "updated"]


@vendor("D3", "stripe 16.1, SubscriptionService.migrate")
def test_flexible_billing_is_a_way_of_no_return(shop: Sandbox) -> None:
    """It is the default; a classic one can become it, once."""
    subscriptions = shop.stripe().subscriptions
    assert subscribe(shop).billing_mode.type == "flexible"
    made = subscribe(shop, billing_mode={"type": "classic"})
    assert made.billing_mode.type == "classic"
    moved = subscriptions.migrate(made.id, {"billing_mode": {"type": "flexible"}})
    assert moved.billing_mode.type == "flexible"
    assert moved.billing_mode.updated_at is not None
    with pytest.raises(stripe.InvalidRequestError, match="already"):
        subscriptions.migrate(made.id, {"billing_mode": {"type": "flexible"}})


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.trial_end")
def test_a_trial_ends_now_or_begins_late(shop: Sandbox) -> None:
    """Both move the period; two years are the most."""
    made = subscribe(shop, trial_period_days=7)
    update = shop.stripe().subscriptions.update
    ended = update(made.id, {"trial_end": "now"})
    assert (ended.status, period_of(ended)[0]) == ("active", ended.billing_cycle_anchor)
    until = now(shop) + 9 * DAY_S
    again = update(made.id, {"trial_end": until})
    assert (again.status, period_of(again)[1]) == ("trialing", until)
    for wrong in (now(shop) - 1, now(shop) + 731 * DAY_S):
        with pytest.raises(stripe.InvalidRequestError) as error:
            update(made.id, {"trial_end": wrong})
        assert error.value.param == "trial_end"
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        subscribe(shop, trial_end=until, trial_period_days=3)


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams")
def test_shares_and_thresholds_are_kept(shop: Sandbox) -> None:
    """They are shown as they were given, and empty text takes them away."""
    shares = {"amount_percent": 7.5, "destination": "acct_2"}
    made = subscribe(
        shop,
        application_fee_percent=2.5,
        billing_thresholds={"amount_gte": 5000},
        transfer_data=shares,
    )
    assert made.application_fee_percent == 2.5
    assert made.billing_thresholds.amount_gte == 5000
    assert made.transfer_data.to_dict() == shares
    names = ("application_fee_percent", "billing_thresholds", "transfer_data")
    cleared = shop.stripe().subscriptions.update(made.id, dict.fromkeys(names, ""))
    assert [cleared[name] for name in names] == [None, None, None]


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams")
def test_plain_fields_are_kept(shop: Sandbox) -> None:
    """What is not named stays; empty text clears."""
    made = subscribe(
        shop,
        description="Community",
        automatic_tax={"enabled": True},
        payment_settings={"save_default_payment_method": "on_subscription"},
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
        backdate_start_date=now(shop) - DAY_S,
    )
    assert (made.automatic_tax.enabled, made.automatic_tax.liability.type) == (
        True,
        "self",
    )
    assert made.start_date < made.created
    subscriptions = shop.stripe().subscriptions
    pause = {"pause_collection": {"behavior": "void"}, "description": ""}
    changed = subscriptions.update(made.id, pause)
    assert (changed.pause_collection.behavior, changed.description) == ("void", None)
    assert changed.payment_settings.save_default_payment_method == "on_subscription"
    cleared = subscriptions.update(made.id, {"pause_collection": ""})
    assert (cleared.pause_collection, cleared.status) == (None, "active")


@vendor("D3", "stripe 16.1, SubscriptionItemService")
def test_items_can_be_changed_one_by_one(shop: Sandbox) -> None:
    """As an update of their subscription does."""
    made = subscribe(shop)
    items = shop.stripe().subscription_items
    added = items.create({"subscription": made.id, "price": "price_dear"})
    assert (added.object, added.price.id) == ("subscription_item", "price_dear")
    assert items.update(added.id, {"quantity": 5}).quantity == 5
    assert items.update(added.id, {"price": "price_a01"}).quantity == 1
    assert items.delete(added.id).deleted
    assert len(items.list({"subscription": made.id}).data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        items.retrieve(added.id)


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_another_product_brings_its_own_features(shop: Sandbox) -> None:
    """At once, and the old ones go; a cancellation takes all."""
    made = subscribe(shop)
    client = shop.stripe()
    assert keys_of(shop) == ["courses"]
    client.products.features.create("prod_2", {"entitlement_feature": "feat_support"})
    change = {"items": [{"id": made["items"].data[0].id, "price": "price_dear"}]}
    client.subscriptions.update(made.id, change)
    assert keys_of(shop) == ["support"]
    client.subscriptions.cancel(made.id)
    assert keys_of(shop) == []


@belief("C [R]: a price change of one product recomputes entitlements")
@pytest.mark.parametrize("switch", [True, False])
def test_another_price_of_the_product_may_bring_its_features(
    shop: Sandbox, *, switch: bool
) -> None:
    """As the switch says; nothing else reaches a running period."""
    shop.post("settings", entitle_on_price_change=switch)
    made = subscribe(shop)
    client = shop.stripe()
    client.products.features.create("prod_1", {"entitlement_feature": "feat_support"})
    item = made["items"].data[0].id
    client.subscriptions.update(made.id, {"items": [{"id": item, "quantity": 2}]})
    assert keys_of(shop) == ["courses"]
    change = {"items": [{"id": item, "price": "price_a05"}]}
    client.subscriptions.update(made.id, change)
    assert keys_of(shop) == (["courses", "support"] if switch else ["courses"])
