"""The sandbox's clock: renewals, trials, ends, payments that fail, keys that expire."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import (
    BAD_CARD,
    CARD,
    DAY_S,
    advance,
    at,
    days,
    keys_of,
    now,
    on_clock,
    open_shop,
    period_of,
    subscribe,
    told,
    types,
)
from tests.sandbox.sources import belief, ours, vendor

HOUR_S = 3600


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    return open_shop(sandbox)


def wait(sandbox: Sandbox, seconds: int) -> None:
    sandbox.post("clock", advance_s=seconds)


def again(sandbox: Sandbox, subscription: Any) -> Any:
    return sandbox.stripe().subscriptions.retrieve(subscription.id)


def invoices(sandbox: Sandbox, subscription: Any) -> list[Any]:
    listed = sandbox.stripe().invoices.list(
        {"subscription": subscription.id, "limit": 100}
    )
    return list(reversed(listed.data))


def control(sandbox: Sandbox, body: Any) -> Any:
    return sandbox.http.post(f"{sandbox.base_url}/_sandbox/clock", json=body)


@ours
def test_the_clock_goes_forward_only(sandbox: Sandbox) -> None:
    """By seconds or to a time; nonsense is refused by name."""
    before = now(sandbox)
    moved = sandbox.post("clock", advance_s=DAY_S)
    assert before + DAY_S <= moved["now"] <= before + DAY_S + 5
    assert DAY_S <= moved["offset_s"] < DAY_S + 1
    assert sandbox.post("clock", to=before + 3 * DAY_S)["now"] >= before + 3 * DAY_S
    assert now(sandbox) >= before + 3 * DAY_S
    for wrong in (
        {"to": before},
        {"advance_s": -1},
        {"advance_s": True},
        {"advance_s": "1"},
        {"advance": 1},
        {},
        {"advance_s": 1, "to": 2},
        {"advance_s": 30 * 366 * DAY_S},
    ):
        answer = control(sandbox, wrong)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("clock")


@ours
def test_new_objects_have_the_moved_time(shop: Sandbox) -> None:
    """And the settings show by how much."""
    wait(shop, 40 * DAY_S)
    made = shop.stripe().customers.create({"name": "Later"})
    assert abs(made.created - now(shop)) <= 2
    assert shop.get("settings")["clock_offset_s"] >= 40 * DAY_S


@vendor("D3", "stripe 16.1, Subscription")
def test_a_month_renews_a_subscription(shop: Sandbox) -> None:
    """A new period, an invoice that is paid, and an event with the old period."""
    made = subscribe(shop)
    _, end = period_of(made)
    wait(shop, 32 * DAY_S)
    renewed = again(shop, made)
    assert period_of(renewed)[0] == end
    assert (renewed.status, len(invoices(shop, made))) == ("active", 2)
    assert renewed.latest_invoice == invoices(shop, made)[1].id
    event = told(shop, made)[-1]
    assert (event.created, event.request.id) == (end, None)
    assert "items" in event.data.previous_attributes


@vendor("D3", "docs.stripe.com/billing/subscriptions/billing-cycle")
def test_an_anchor_keeps_its_day(shop: Sandbox) -> None:
    """From 31 January by 28 February to 31 March, for thirteen months."""
    clock, customer = on_clock(shop, "2027-01-31T10:00")
    made = subscribe(shop, customer=customer)
    ends = [period_of(made)[1]]
    advance(shop, clock, "2028-02-29T12:00")
    lines = [each.lines.data[0].period for each in invoices(shop, made)]
    assert days(*[each.start for each in lines]) == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
        "2027-06-30",
        "2027-07-31",
        "2027-08-31",
        "2027-09-30",
        "2027-10-31",
        "2027-11-30",
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
    ]
    assert [each.end for each in lines[:-1]] == [each.start for each in lines[1:]]
    assert lines[0].end == ends[0] == at("2027-02-28T10:00")


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_features_arrive_with_the_next_period(shop: Sandbox) -> None:
    """What is attached or detached in the middle reaches nobody before."""
    made = subscribe(shop)
    features = shop.stripe().products.features
    features.create("prod_1", {"entitlement_feature": "feat_support"})
    shop.stripe().subscriptions.update(made.id, {"metadata": {"a": "b"}})
    wait(shop, 20 * DAY_S)
    assert keys_of(shop) == ["courses"]
    wait(shop, 12 * DAY_S)
    assert keys_of(shop) == ["courses", "support"]
    for each in features.list("prod_1").data:
        features.delete("prod_1", each.id)
    assert keys_of(shop) == ["courses", "support"]
    wait(shop, 31 * DAY_S)
    assert keys_of(shop) == []


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_yearly_price_waits_for_a_year(shop: Sandbox) -> None:
    """Eleven renewals of others change nothing for it."""
    subscribe(shop, "price_year")
    features = shop.stripe().products.features
    features.create("prod_1", {"entitlement_feature": "feat_support"})
    wait(shop, 360 * DAY_S)
    assert keys_of(shop) == ["courses"]
    wait(shop, 7 * DAY_S)
    assert keys_of(shop) == ["courses", "support"]


@vendor("D3", "docs.stripe.com/billing/subscriptions/trials")
def test_a_trial_ends_in_a_paid_period(shop: Sandbox) -> None:
    """It is announced three days before."""
    made = subscribe(shop, trial_period_days=10)
    wait(shop, 11 * DAY_S)
    ended = again(shop, made)
    assert (ended.status, period_of(ended)[0]) == ("active", made.trial_end)
    assert invoices(shop, made)[-1].amount_paid == 2_500
    assert types(shop, made) == ["created", "trial_will_end", "updated"]


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.trial_settings")
@pytest.mark.parametrize(
    ("behaviour", "status"),
    [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")],
)
def test_a_trial_without_payment_method_ends_as_told(
    shop: Sandbox, behaviour: str, status: str
) -> None:
    """Canceled, paused, or with an invoice that nobody pays."""
    settings = {"end_behavior": {"missing_payment_method": behaviour}}
    made = subscribe(
        shop, customer="cus_bare", trial_period_days=10, trial_settings=settings
    )
    wait(shop, 11 * DAY_S)
    ended = again(shop, made)
    assert ended.status == status
    reasons = {"paused": "trial_end_without_payment_method"}
    if status in reasons:
        assert ended.status_details.paused.subscription.type == reasons[status]


@vendor("D3", "stripe 16.1, SubscriptionService.resume")
def test_a_paused_subscription_stands_still_until_it_is_resumed(shop: Sandbox) -> None:
    """Without means to pay it stays paused, with them a new period begins."""
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    made = subscribe(
        shop, customer="cus_bare", trial_period_days=10, trial_settings=settings
    )
    wait(shop, 60 * DAY_S)
    assert again(shop, made).status == "paused"
    client = shop.stripe()
    assert client.subscriptions.resume(made.id).status == "paused"
    client.customers.update("cus_bare", CARD)
    resumed = client.subscriptions.resume(made.id)
    assert (resumed.status, resumed.status_details) == ("active", None)
    assert abs(period_of(resumed)[0] - now(shop)) <= 2
    with pytest.raises(stripe.InvalidRequestError, match="paused"):
        client.subscriptions.resume(made.id)
    assert types(shop, made)[-1] == "resumed"


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.cancel_at_period_end")
def test_an_end_that_was_set_comes(shop: Sandbox) -> None:
    """At its time, without another period; the request's time stays."""
    made = subscribe(shop)
    shop.stripe().subscriptions.update(made.id, {"cancel_at_period_end": True})
    _, end = period_of(made)
    wait(shop, 40 * DAY_S)
    ended = again(shop, made)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert ended.canceled_at < end
    assert (ended.cancel_at_period_end, len(invoices(shop, made))) == (True, 1)
    assert keys_of(shop) == []
    event = told(shop, made)[-1]
    assert event.type == "customer.subscription.deleted"
    assert (event.created, event.data.object.status) == (end, "canceled")


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.cancel_at")
def test_an_end_may_lie_inside_a_later_period(shop: Sandbox) -> None:
    """One renewal comes before it."""
    made = subscribe(shop, cancel_at=now(shop) + 45 * DAY_S)
    wait(shop, 44 * DAY_S)
    assert (again(shop, made).status, len(invoices(shop, made))) == ("active", 2)
    wait(shop, 2 * DAY_S)
    assert again(shop, made).status == "canceled"


@vendor("D3", "stripe 16.1, Subscription.status")
def test_an_unpaid_beginning_expires_after_23_hours(shop: Sandbox) -> None:
    """For good, and its invoice is void."""
    made = subscribe(shop, customer="cus_fails")
    wait(shop, 22 * HOUR_S)
    assert again(shop, made).status == "incomplete"
    wait(shop, 2 * HOUR_S)
    expired = again(shop, made)
    assert (expired.status, expired.ended_at) == (
        "incomplete_expired",
        made.created + 23 * HOUR_S,
    )
    assert invoices(shop, made)[0].status == "void"
    wait(shop, 60 * DAY_S)
    assert again(shop, made).status == "incomplete_expired"


@belief("four tries three days apart; Stripe's own times are not fixed")
@pytest.mark.parametrize("after", ["past_due", "unpaid", "canceled"])
def test_payments_that_keep_failing_end_as_told(shop: Sandbox, after: str) -> None:
    """Past due at first; the setting says what then."""
    shop.post("settings", after_failed_payments=after)
    made = subscribe(shop)
    shop.stripe().customers.update("cus_pays", BAD_CARD)
    wait(shop, 33 * DAY_S)
    assert again(shop, made).status == "past_due"
    wait(shop, 10 * DAY_S)
    ended = again(shop, made)
    assert ended.status == after
    assert invoices(shop, made)[1].attempt_count == 4
    if after == "canceled":
        assert ended.cancellation_details.reason == "payment_failed"


@belief("that a later try which succeeds makes it active again")
def test_a_later_try_can_succeed(shop: Sandbox) -> None:
    """When the customer puts another card on file in time."""
    made = subscribe(shop)
    client = shop.stripe()
    client.customers.update("cus_pays", BAD_CARD)
    wait(shop, 32 * DAY_S)
    assert again(shop, made).status == "past_due"
    client.customers.update("cus_pays", CARD)
    wait(shop, 4 * DAY_S)
    assert again(shop, made).status == "active"
    assert invoices(shop, made)[1].status == "paid"


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.pause_collection")
def test_a_pause_of_collection_ends_by_itself(shop: Sandbox) -> None:
    """Until then the status does not change, and nothing is collected."""
    made = subscribe(shop)
    until = now(shop) + 40 * DAY_S
    pause = {"behavior": "void", "resumes_at": until}
    shop.stripe().subscriptions.update(made.id, {"pause_collection": pause})
    wait(shop, 33 * DAY_S)
    assert (again(shop, made).status, invoices(shop, made)[1].status) == (
        "active",
        "void",
    )
    wait(shop, 8 * DAY_S)
    assert again(shop, made).pause_collection is None


@vendor("D3", "stripe 16.1, SubscriptionItem.current_period_end")
def test_items_renew_by_their_own_intervals(shop: Sandbox) -> None:
    """The month of a year goes by twelve times before the year does."""
    items = [{"price": "price_1"}, {"price": "price_year"}]
    made = subscribe(shop, items=items)
    year = period_of(made, 1)
    wait(shop, 32 * DAY_S)
    later = again(shop, made)
    assert period_of(later, 0)[0] == period_of(made, 0)[1]
    assert period_of(later, 1) == year
    assert len(invoices(shop, made)[1].lines.data) == 1


@vendor("D3", "stripe 16.1, SubscriptionItem.current_period_end")
def test_an_item_that_joins_ends_with_the_others(shop: Sandbox) -> None:
    """The anchor is the subscription's."""
    made = subscribe(shop)
    wait(shop, 10 * DAY_S)
    grown = shop.stripe().subscriptions.update(
        made.id, {"items": [{"price": "price_dear"}]}
    )
    assert period_of(grown, 0)[1] == period_of(grown, 1)[1] == period_of(made)[1]


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_an_idempotency_key_lives_for_a_day(shop: Sandbox) -> None:
    """Before that the answer is repeated, after it the request is new."""
    create = shop.stripe().customers.create
    options = {"idempotency_key": "once"}
    first = create({"name": "A"}, options)
    wait(shop, 23 * HOUR_S)
    assert create({"name": "A"}, options).id == first.id
    wait(shop, 2 * HOUR_S)
    assert create({"name": "A"}, options).id != first.id
    assert create({"name": "A"}, options).id != first.id


@ours
def test_seeds_of_long_ago_are_not_billed_for_the_past(shop: Sandbox) -> None:
    """Their periods are moved to the present one; from there time counts."""
    wait(shop, 1)
    moved = shop.stripe().subscriptions.retrieve("sub_1")
    start, end = period_of(moved)
    assert start <= now(shop) < end
    assert shop.stripe().events.list().data == []
    shop.stripe().customers.update("cus_1", CARD)
    shop.stripe().subscriptions.update("sub_1", {"cancel_at_period_end": True})
    assert invoices(shop, moved) == []
    wait(shop, 32 * DAY_S)
    assert again(shop, moved).status == "canceled"


@ours
def test_what_was_due_before_the_first_move_stays_undone(shop: Sandbox) -> None:
    """A seeded trial that is over ends with the next renewal."""
    stale = {
        "id": "sub_stale",
        "customer": "cus_pays",
        "status": "trialing",
        "trial_end": 5_000,
        "cancel_at": 6_000,
        "items": [{"price": "price_1"}],
    }
    shop.seed({"stripe": {"subscriptions": [stale]}})
    wait(shop, 1)
    subscriptions = shop.stripe().subscriptions
    assert subscriptions.retrieve("sub_stale").status == "trialing"
    wait(shop, 32 * DAY_S)
    assert subscriptions.retrieve("sub_stale").status == "active"


@ours
def test_a_clock_that_settings_put_back_moves_on_from_there(shop: Sandbox) -> None:
    """What was played in a time that is gone does not hide what falls due now."""
    wait(shop, 90 * DAY_S)
    shop.post("settings", clock_offset_s=0)
    subscription = subscribe(shop)
    wait(shop, 32 * DAY_S)

    assert len(invoices(shop, subscription)) == 2


@ours
def test_things_happen_in_the_order_of_time(shop: Sandbox) -> None:
    """Over all subscriptions, and each event has its own time."""
    first = subscribe(shop, "price_day")
    second = subscribe(shop, "price_day", "cus_bare", trial_period_days=2)
    wait(shop, 4 * DAY_S)
    listed = shop.stripe().events.list({"limit": 100}).data
    moments = [each.created for each in reversed(listed)]
    assert moments == sorted(moments)
    assert len(invoices(shop, first)) == 5
    assert again(shop, second).status == "past_due"
