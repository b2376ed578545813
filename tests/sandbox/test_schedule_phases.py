"""Phases of a subscription schedule: entered as time passes, and what they carry."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import (
    DAY_S,
    advance,
    at,
    on_clock,
    open_shop,
    period_of,
    subscribe,
)
from tests.sandbox.sources import belief, vendor

RENEWAL = "2030-02-28T00:00"


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    return open_shop(sandbox)


def put_off(
    shop: Sandbox, made: Any, price: str, *, carry: Any = None, **given: Any
) -> Any:
    """Have a subscription's price changed at its renewal, by a schedule around it."""
    schedules = shop.stripe().subscription_schedules
    begun = schedules.create({"from_subscription": made.id})
    (now,) = begun.phases
    carried = carry or {}
    phases = [
        {
            "items": [{"price": now["items"][0].price, "quantity": 3}],
            "start_date": now.start_date,
            "end_date": now.end_date,
            **carried,
        },
        {
            "items": [{"price": price, "quantity": 3}],
            "duration": {"interval": "day"},
            "proration_behavior": "none",
            **carried,
            **given,
        },
    ]
    return schedules.update(
        begun.id,
        {"phases": phases, "end_behavior": "release", "proration_behavior": "none"},
    )


def living(shop: Sandbox, **given: Any) -> tuple[str, Any]:
    clock, customer = on_clock(shop, "2030-01-31T00:00")
    wanted = {"items": [{"price": "price_1", "quantity": 3}], **given}
    return clock, subscribe(shop, customer=customer, **wanted)


def paid(shop: Sandbox, made: Any) -> list[int]:
    """Return the totals of its invoices, the oldest first."""
    listed = shop.stripe().invoices.list({"subscription": made.id}).data
    return [each.total for each in reversed(listed)]


@vendor("D3", "stripe 16.1, SubscriptionScheduleUpdateParamsPhase")
def test_a_phase_changes_the_price_where_it_begins(shop: Sandbox) -> None:
    """Nothing before; then the renewal is billed at the new price and quantity."""
    clock, made = living(shop)
    put_off(shop, made, "price_dear", metadata={"tier": "top", "old": ""})
    client = shop.stripe()
    assert period_of(client.subscriptions.retrieve(made.id)) == period_of(made)
    assert len(paid(shop, made)) == 1
    advance(shop, clock, "2030-02-27T00:00")
    assert client.subscriptions.retrieve(made.id)["items"].data[0].price.id == "price_1"
    advance(shop, clock, RENEWAL)
    after = client.subscriptions.retrieve(made.id)
    (item,) = after["items"].data
    assert (item.price.id, item.quantity) == ("price_dear", 3)
    assert period_of(after) == (at(RENEWAL), at("2030-03-31T00:00"))
    assert paid(shop, made)[1:] == [3 * 5_900]


@vendor("D3", "stripe 16.1, SubscriptionScheduleUpdateParamsPhase.metadata")
def test_metadata_of_a_phase_is_merged_when_it_is_entered(shop: Sandbox) -> None:
    """New names are added, others replaced, empty ones taken off, the rest stays."""
    clock, made = living(shop, metadata={"tier": "low", "old": "x", "kept": "y"})
    put_off(shop, made, "price_dear", metadata={"tier": "top", "old": "", "new": "z"})
    client = shop.stripe()
    now = client.subscriptions.retrieve(made.id).metadata.to_dict()
    assert now == {"tier": "low", "old": "x", "kept": "y"}
    advance(shop, clock, RENEWAL)
    after = client.subscriptions.retrieve(made.id).metadata.to_dict()
    assert after == {"tier": "top", "kept": "y", "new": "z"}


@belief("the guide to schedules says completed, and that the subscription lives on")
def test_a_schedule_is_over_with_its_last_phase(shop: Sandbox) -> None:
    """The subscription goes on at the last price, free of it; or ends, if so asked."""
    clock, made = living(shop)
    schedule = put_off(shop, made, "price_dear")
    other = subscribe(shop, customer=made.customer)
    schedules = shop.stripe().subscription_schedules
    ends = schedules.create({"from_subscription": other.id})
    schedules.update(ends.id, {"end_behavior": "cancel"})
    advance(shop, clock, "2030-03-02T00:00")
    assert schedules.retrieve(schedule.id).status == "completed"
    after = shop.stripe().subscriptions.retrieve(made.id)
    assert (after.schedule, after.status) == (None, "active")
    assert shop.stripe().subscriptions.retrieve(other.id).status == "canceled"
    advance(shop, clock, "2030-04-01T00:00")
    assert paid(shop, made)[1:] == [3 * 5_900] * 2


@vendor("D3", "stripe 16.1, SubscriptionScheduleUpdateParamsPhase")
def test_what_a_phase_leaves_out_is_not_there(shop: Sandbox) -> None:
    """In the current one at once: whoever updates it has to carry over everything."""
    shop.stripe().coupons.create({"id": "ten", "amount_off": 10, "currency": "eur"})
    given = {"discounts": [{"coupon": "ten"}], "description": "Seats"}
    _, made = living(shop, **given)
    put_off(shop, made, "price_dear")
    after = shop.stripe().subscriptions.retrieve(made.id)
    assert (after.discounts, after.description) == ([], None)


@vendor("D3", "stripe 16.1, SubscriptionScheduleUpdateParamsPhaseDiscount.discount")
def test_a_discount_that_is_carried_goes_on(shop: Sandbox) -> None:
    """By its id: it is the same one, and the renewal has it."""
    client = shop.stripe()
    forever = {"percent_off": 50, "duration": "forever"}
    client.coupons.create({"id": "half", **forever})
    clock, made = living(shop, discounts=[{"coupon": "half"}])
    (discount,) = made.discounts
    carry = {"discounts": [{"discount": discount}]}
    schedule = put_off(shop, made, "price_dear", carry=carry)
    assert schedule.phases[1].discounts[0].discount == discount
    assert client.subscriptions.retrieve(made.id).discounts == [discount]
    preview = client.invoices.create_preview({"subscription": made.id})
    advance(shop, clock, RENEWAL)
    assert client.subscriptions.retrieve(made.id).discounts == [discount]
    assert paid(shop, made)[1:] == [preview.total] == [3 * 5_900 // 2]


@belief("better-auth/better-auth issue 11336: a year was begun and never billed")
def test_another_rhythm_is_billed_where_the_phase_moves_the_anchor(
    shop: Sandbox,
) -> None:
    """Else the old day is kept, and what is left until then is not asked for."""
    clock, made = living(shop)
    other = subscribe(
        shop, customer=made.customer, items=[{"price": "price_1", "quantity": 3}]
    )
    put_off(shop, made, "price_year", billing_cycle_anchor="phase_start")
    put_off(shop, other, "price_year")
    advance(shop, clock, RENEWAL)
    client = shop.stripe()
    assert paid(shop, made)[1:] == [3 * 24_000]
    moved = client.subscriptions.retrieve(made.id)
    assert period_of(moved) == (at(RENEWAL), at("2031-02-28T00:00"))
    assert paid(shop, other)[1:] == []


@vendor("D3", "stripe 16.1, SubscriptionScheduleUpdateParamsPhase.trial_end")
def test_a_phase_may_begin_where_a_trial_ends(shop: Sandbox) -> None:
    """The first thing that is paid is the new price."""
    clock, customer = on_clock(shop, "2030-01-01T00:00")
    end = at("2030-01-01T00:00") + 10 * DAY_S
    items = [{"price": "price_1", "quantity": 3}]
    made = subscribe(shop, customer=customer, items=items, trial_end=end)
    put_off(shop, made, "price_dear")
    assert shop.stripe().subscriptions.retrieve(made.id).status == "trialing"
    advance(shop, clock, "2030-01-11T00:00")
    assert paid(shop, made)[1:] == [3 * 5_900]


@belief("the vendor describes `trial` of a phase, not when one begun of a trial has it")
def test_a_phase_that_is_all_trial_says_so(shop: Sandbox) -> None:
    """One that is begun in a trial ends with it."""
    _, customer = on_clock(shop, "2030-01-01T00:00")
    end = at("2030-01-01T00:00") + 10 * DAY_S
    items = [{"price": "price_1", "quantity": 3}]
    schedules = shop.stripe().subscription_schedules
    told = []
    trials: tuple[dict[str, Any], ...] = ({"trial_end": end}, {})
    for more in trials:
        made = subscribe(shop, customer=customer, items=items, **more)
        (phase,) = schedules.create({"from_subscription": made.id}).phases
        told.append((phase.trial, phase.trial_end, phase.end_date == end))
    assert told == [(True, end, True), (False, None, False)]


@belief("the refusal is quoted by many; its words are ours")
def test_the_current_phase_keeps_its_start(shop: Sandbox) -> None:
    """It is said, and as it is."""
    _, made = living(shop)
    schedules = shop.stripe().subscription_schedules
    begun = schedules.create({"from_subscription": made.id})
    items = [{"price": "price_1", "quantity": 3}]
    for given in ({}, {"start_date": begun.phases[0].start_date - 1}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            schedules.update(begun.id, {"phases": [{"items": items, **given}]})
        assert refused.value.param == "phases[0][start_date]"
