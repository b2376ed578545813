"""What an application never handled, by its ids or by its state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.ports import Subscription, SubscriptionItem
from eleva_cli.webhook import DAY_S, Event
from eleva_cli.webhook.gaps import Held, differences, missing, to_mend, to_replay
from tests.unit.webhook_events import NOW, event


def places(events: list[Event], handled: set[str]) -> dict[str, str]:
    return {each.event.id: each.place for each in missing(events, handled)}


def test_what_was_handled_is_no_gap() -> None:
    """Nor is it in any order or number."""
    events = [event("evt_1"), event("evt_2", ago=5), event("evt_1")]

    assert missing(events, {"evt_1", "evt_2", "evt_9"}) == ()


def test_an_older_one_matters_less_where_a_newer_was_handled() -> None:
    """`superseded`; of several missing ones only the newest is worth sending again."""
    events = [
        event("evt_1", "sub_1", 300),
        event("evt_2", "sub_1", 200),
        event("evt_3", "sub_2", 300),
        event("evt_4", "sub_2", 200),
    ]
    found = places(events, {"evt_2"})

    assert found == {"evt_1": "superseded", "evt_3": "older", "evt_4": "newest"}
    assert to_replay(missing(events, {"evt_2"})) == ("evt_4",)


def test_a_missed_end_is_newer_than_a_change_of_the_same_second() -> None:
    """It stands whatever was handled beside it."""
    ended = event("evt_1", type="customer.subscription.deleted")

    assert places([ended, event("evt_2")], {"evt_2"}) == {"evt_1": "newest"}


def test_of_two_in_one_second_the_handled_one_does_not_cover_the_other() -> None:
    """Nobody knows which was the later; but what was made was made first."""
    made = event("evt_9", type="customer.subscription.created")

    assert places([event("evt_1"), event("evt_2")], {"evt_2"}) == {"evt_1": "newest"}
    assert places([event("evt_1"), event("evt_2")], {"evt_1"}) == {"evt_2": "newest"}
    assert places([made, event("evt_1")], {"evt_9"}) == {"evt_1": "newest"}
    assert places([made, event("evt_1")], {"evt_1"}) == {"evt_9": "superseded"}


def test_delivery_and_the_time_that_is_left_are_told() -> None:
    """Stripe's word on delivery, as far as it is told."""
    events = [event(f"evt_{n}", f"sub_{n}", pending=n) for n in (0, 1)]
    events.append(event("evt_2", "sub_2", DAY_S, pending=None))
    found = missing(events, set())

    assert {one.event.id: one.delivery for one in found} == {
        "evt_0": "delivered",
        "evt_1": "waiting",
        "evt_2": "not told",
    }
    assert found[0].left_s(NOW) == 29 * DAY_S


def subscription(name: str, status: str = "active", **more: str) -> Subscription:
    item = SubscriptionItem(
        id="si_1",
        price="price_1",
        product="expert_top",
        quantity=1,
        unit_amount=1,
        currency="eur",
        interval="month",
        key="top-monthly",
    )
    return Subscription(
        id=name,
        customer=more.get("customer", "cus_1"),
        status=status,
        created=1,
        livemode=False,
        metadata={},
        items=(item,),
    )


def compared(sub: Subscription | None, held: Held | None) -> list[str]:
    found = differences({held.subscription: held} if held else {}, [sub] if sub else [])
    return [each.what for each in found]


def held(status: str | None = "active", price: str | None = "price_1") -> Held:
    return Held(subscription="sub_1", status=status, price=price)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (held(), []),
        (held(price="top-monthly"), []),
        (held(status=None, price=None), []),
        (held(status="Active"), []),
        (None, ["missing-there"]),
        (held(status="past_due"), ["other-status"]),
        (held(price="price_9"), ["other-price"]),
        (held("canceled", "price_9"), ["other-price", "other-status"]),
    ],
)
def test_each_difference_has_a_name(there: Held | None, told: list[str]) -> None:
    """A price is an id or a lookup key; what is not told is not compared."""
    assert sorted(compared(subscription("sub_1"), there)) == told


@pytest.mark.parametrize(
    ("sub", "there", "told"),
    [
        (subscription("sub_1", "canceled"), None, []),
        (subscription("sub_1", "incomplete"), None, []),
        (subscription("sub_1", "unpaid"), None, ["missing-there"]),
        (subscription("sub_1", "canceled"), held("cancelled", "price_9"), []),
        (subscription("sub_1", "incomplete_expired"), held("canceled"), []),
        (subscription("sub_1", "canceled"), held(), ["other-status"]),
        (None, held(), ["unknown-here"]),
        (None, held("canceled"), []),
        (None, held(None), ["unknown-here"]),
    ],
)
def test_what_is_over_on_both_sides_is_no_gap(
    sub: Subscription | None, there: Held | None, told: list[str]
) -> None:
    """However it is spelled, and whether the application ever heard of it."""
    assert compared(sub, there) == told


def test_a_difference_names_its_newest_event_or_whom_to_look_at() -> None:
    """What mends it: the event while it is kept, else the customer."""
    subs = [
        subscription("sub_1", customer="cus_1"),
        subscription("sub_2", customer="cus_2"),
        subscription("sub_3", customer="cus_2"),
    ]
    events = [event("evt_1", "sub_1", 300), event("evt_2", "sub_1", 200)]
    events.append(replace(event("evt_3", "in_1", 100), subscription="sub_2"))
    found = differences({}, subs, events)

    assert to_mend(found) == ("evt_2", "cus_2")
