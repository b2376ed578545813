"""Subscription schedules guard a subscription until they let go; and test clocks."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.seed import SeedError
from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import (
    DAY_S,
    advance,
    at,
    keys_of,
    now,
    on_clock,
    open_shop,
    period_of,
    subscribe,
)
from tests.sandbox.sources import belief, ours, vendor


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    return open_shop(sandbox)


def scheduled(sandbox: Sandbox) -> tuple[Any, Any]:
    """Make a subscription and a schedule around it."""
    made = subscribe(sandbox)
    schedules = sandbox.stripe().subscription_schedules
    return made, schedules.create({"from_subscription": made.id})


@vendor("D3", "stripe 16.1, SubscriptionSchedule")
def test_a_schedule_takes_a_subscription_as_its_first_phase(shop: Sandbox) -> None:
    """Both name each other, and a second schedule is refused."""
    made, schedule = scheduled(shop)
    assert (schedule.status, schedule.subscription) == ("active", made.id)
    (phase,) = schedule.phases
    assert (phase.start_date, phase.end_date) == period_of(made)
    assert phase["items"][0].price == "price_1"
    client = shop.stripe()
    assert client.subscriptions.retrieve(made.id).schedule == schedule.id
    with pytest.raises(stripe.InvalidRequestError, match="already managed"):
        client.subscription_schedules.create({"from_subscription": made.id})
    expanded = client.subscriptions.retrieve(made.id, {"expand": ["schedule"]})
    assert expanded.schedule.id == schedule.id


@belief("D3 [R]: the refusal is quoted by many, by the vendor nowhere")
def test_a_managed_subscription_is_not_ended_directly(shop: Sandbox) -> None:
    """The refusal names the schedule; the rest can be changed."""
    made, schedule = scheduled(shop)
    subscriptions = shop.stripe().subscriptions
    ends: tuple[dict[str, Any], ...] = (
        {"cancel_at_period_end": True},
        {"cancel_at": "max_period_end"},
        {"cancel_at": ""},
    )
    for params in ends:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            subscriptions.update(made.id, params)
        assert str(refused.value.user_message) == (
            f"The subscription is managed by the subscription schedule `{schedule.id}`,"
            " and updating any cancelation behavior directly is not allowed. Please"
            " update the schedule instead."
        )
    with pytest.raises(stripe.InvalidRequestError, match="managed by"):
        subscriptions.cancel(made.id)
    assert subscriptions.update(made.id, {"metadata": {"a": "b"}}).status == "active"


@vendor("D3", "stripe 16.1, SubscriptionScheduleService.release")
def test_a_release_leaves_the_subscription(shop: Sandbox) -> None:
    """As it is, free to be canceled; the schedule is over."""
    made, schedule = scheduled(shop)
    client = shop.stripe()
    released = client.subscription_schedules.release(schedule.id)
    assert (released.status, released.subscription) == ("released", None)
    assert released.released_subscription == made.id
    left = client.subscriptions.retrieve(made.id)
    assert (left.status, left.schedule) == ("active", None)
    with pytest.raises(stripe.InvalidRequestError, match="released"):
        client.subscription_schedules.release(schedule.id)
    assert client.subscriptions.cancel(made.id).status == "canceled"


@vendor("D3", "stripe 16.1, SubscriptionScheduleService.cancel")
def test_a_canceled_schedule_ends_its_subscription(shop: Sandbox) -> None:
    """At once."""
    made, schedule = scheduled(shop)
    client = shop.stripe()
    assert client.subscription_schedules.cancel(schedule.id).status == "canceled"
    assert client.subscriptions.retrieve(made.id).status == "canceled"
    listed = client.events.list({"type": "subscription_schedule.*"}).data
    assert [each.type.rpartition(".")[2] for each in listed] == ["canceled", "created"]


@vendor("D3", "stripe 16.1, SubscriptionScheduleService.create")
def test_a_schedule_starts_a_subscription(shop: Sandbox) -> None:
    """Now, or it waits; what it is to do can be changed."""
    schedules = shop.stripe().subscription_schedules
    phases = [
        {"items": [{"price": "price_1"}], "duration": {"interval": "month"}},
        {"items": [{"price": "price_dear"}]},
    ]
    plan = {"customer": "cus_pays", "phases": phases, "end_behavior": "cancel"}
    at_once = schedules.create({**plan, "start_date": "now"})
    subscription = shop.stripe().subscriptions.retrieve(at_once.subscription)
    assert (subscription.schedule, subscription.status) == (at_once.id, "active")
    first, second = at_once.phases
    assert (first.end_date, at_once.end_behavior) == (second.start_date, "cancel")
    later = schedules.create({**plan, "start_date": now(shop) + DAY_S})
    assert (later.status, later.subscription) == ("not_started", None)
    listed = schedules.list({"customer": "cus_pays", "scheduled": True})
    assert [each.id for each in listed.data] == [later.id]
    changed = schedules.update(
        later.id, {"end_behavior": "release", "metadata": {"a": "b"}}
    )
    assert (changed.end_behavior, changed.metadata.a) == ("release", "b")
    canceled = schedules.cancel(later.id)
    assert schedules.list({"canceled_at": canceled.canceled_at}).data[0].id == later.id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        schedules.create({"customer": "cus_pays"})
    assert refused.value.param == "phases"


@ours
def test_a_schedule_can_be_seeded(shop: Sandbox) -> None:
    """Then it guards its subscription; a wrong reference is named."""
    given = {"customer": "cus_1", "phases": [], "subscription": "sub_9"}
    owned = {"id": "sub_9", "customer": "cus_1", "items": [{"price": "price_1"}]}
    phases = [{"items": [{"price": "price_1"}], "start_date": 0, "end_date": 1}]
    schedule = {**given, "id": "sub_sched_9", "phases": phases}
    shop.seed(
        {"stripe": {"subscriptions": [owned], "subscription_schedules": [schedule]}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="sub_sched_9"):
        shop.stripe().subscriptions.cancel("sub_9")
    wrong = {**schedule, "id": "sub_sched_8", "subscription": "sub_none"}
    with pytest.raises(SeedError, match=r"subscription_schedules\[0\].subscription"):
        shop.seed({"stripe": {"subscription_schedules": [wrong]}})


@vendor("D3", "stripe 16.1, TestClock")
def test_a_test_clock_has_its_own_time(shop: Sandbox) -> None:
    """Who lives by it is created in it, and renewed when it is advanced."""
    clock, customer = on_clock(shop, "2030-01-31T00:00")
    client = shop.stripe()
    assert client.customers.retrieve(customer).created == at("2030-01-31T00:00")
    made = subscribe(shop, customer=customer)
    other = subscribe(shop)
    assert made.test_clock == clock
    moved = advance(shop, clock, "2030-03-01T00:00")
    assert (moved.status, moved.frozen_time) == ("ready", at("2030-03-01T00:00"))
    renewed = client.subscriptions.retrieve(made.id)
    assert period_of(renewed) == (at("2030-02-28T00:00"), at("2030-03-31T00:00"))
    assert period_of(client.subscriptions.retrieve(other.id)) == period_of(other)
    shop.post("clock", advance_s=40 * DAY_S)
    assert period_of(client.subscriptions.retrieve(made.id)) == period_of(renewed)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        advance(shop, clock, "2030-02-01T00:00")
    assert refused.value.param == "frozen_time"


@vendor("A5", "stripe 16.1, SubscriptionListParams.test_clock")
def test_what_is_on_a_test_clock_is_listed_apart(shop: Sandbox) -> None:
    """By the clock or the customer, never among all."""
    clock, customer = on_clock(shop, "2030-01-01T00:00", email="clock@example.test")
    client = shop.stripe()
    made = subscribe(shop, customer=customer)

    def subscriptions(**params: Any) -> list[str]:
        return [each.id for each in client.subscriptions.list(params).data]

    def customers(**params: Any) -> list[str]:
        return [each.id for each in client.customers.list(params).data]

    assert made.id not in subscriptions()
    assert made.id not in subscriptions(price="price_1")
    assert subscriptions(customer=customer) == [made.id]
    assert subscriptions(test_clock=clock) == [made.id]
    assert customer not in customers()
    assert customers(email="clock@example.test") == []
    assert customers(test_clock=clock) == [customer]
    with pytest.raises(stripe.InvalidRequestError):
        customers(test_clock="clock_none")


@vendor("D3", "stripe 16.1, TestClock")
def test_a_deleted_clock_takes_its_customers_along(shop: Sandbox) -> None:
    """And they take their subscriptions."""
    clock, customer = on_clock(shop, "2030-01-01T00:00")
    client = shop.stripe()
    made = subscribe(shop, customer=customer)
    assert keys_of(shop, customer) == ["courses"]
    clocks = client.test_helpers.test_clocks
    assert [each.id for each in clocks.list().data] == [clock]
    assert clocks.delete(clock).deleted
    assert client.customers.retrieve(customer).deleted
    assert client.subscriptions.retrieve(made.id).status == "canceled"
    assert clocks.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        clocks.retrieve(clock)


@vendor("D3", "stripe 16.1, TestClockCreateParams.customer")
def test_a_customer_can_be_put_on_a_clock(shop: Sandbox) -> None:
    """With the subscriptions it has; only once."""
    made = subscribe(shop)
    clocks = shop.stripe().test_helpers.test_clocks
    params = {"frozen_time": now(shop), "customer": "cus_pays", "name": "A year"}
    clock = clocks.create(params)
    assert clock.name == "A year"
    assert shop.stripe().subscriptions.retrieve(made.id).test_clock == clock.id
    with pytest.raises(stripe.InvalidRequestError, match="already"):
        clocks.create(params)
