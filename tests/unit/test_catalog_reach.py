"""Who lives on a price, what they pay a month, and when a new feature reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.reach import reach
from eleva_cli.catalog.sales import Sales
from eleva_cli.catalog.shop import Shop, Subscribers
from eleva_cli.ports import Subscription, SubscriptionItem
from tests.shop_world import CATALOGUE, shop_of


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def item(
    price: str, cents: int | None, ends: str = "", **more: object
) -> SubscriptionItem:
    made = SubscriptionItem(
        id=f"si_{price}",
        price=price,
        product="basic",
        quantity=1,
        unit_amount=cents,
        currency="eur",
        interval="month",
        period_end=at(ends) if ends else None,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # its own fields


def subscription(*items: SubscriptionItem, **more: object) -> Subscription:
    made = Subscription(
        id="sub_1",
        customer="cus_1",
        status="active",
        created=0,
        livemode=False,
        metadata={},
        items=items,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # its own fields


def counted(*subscriptions: Subscription) -> Sales:
    sales = Sales(watched=frozenset({"price_a", "basic"}))
    for one in subscriptions:
        sales.add(one)
    return sales


def who(*subscriptions: Subscription) -> Subscribers:
    return counted(*subscriptions).subscribers().get("price_a", Subscribers())


@pytest.mark.parametrize(
    ("interval", "count", "cents", "a_month"),
    [
        ("month", 1, 2500, 2500),
        ("month", 3, 3000, 1000),
        ("year", 1, 24_000, 2000),
        ("year", 1, 10_000, 833),
        ("week", 1, 1200, 5200),
        ("day", 1, 120, 3650),
    ],
)
def test_every_rhythm_comes_to_an_amount_a_month(
    interval: str, count: int, cents: int, a_month: int
) -> None:
    """A year has twelve months, fifty-two weeks, 365 days."""
    one = subscription(item("price_a", cents, interval=interval, interval_count=count))

    assert who(one) == Subscribers(count=1, monthly={"eur": a_month})


def test_amounts_are_rounded_once() -> None:
    """Three of 8.333… are 25.00, not 24.99."""
    one = subscription(item("price_a", 10_000, interval="year"))

    assert who(one, one, one).monthly == {"eur": 2500}


def test_quantities_and_currencies_are_kept_apart() -> None:
    """What is metered, tiered or free costs nothing that is known."""
    found = who(
        subscription(item("price_a", 1000, quantity=3)),
        subscription(item("price_a", 500, currency="usd")),
        subscription(item("price_a", 100, quantity=None)),
        subscription(item("price_a", None)),
        subscription(item("price_a", 0)),
    )
    assert found == Subscribers(count=5, monthly={"eur": 3000, "usd": 500})


@pytest.mark.parametrize(
    ("status", "count"),
    [
        ("active", 1),
        ("trialing", 1),
        ("past_due", 1),
        ("unpaid", 1),
        ("paused", 1),
        ("incomplete", 0),
        ("incomplete_expired", 0),
        ("canceled", 0),
    ],
)
def test_only_the_living_count(status: str, count: int) -> None:
    """Those that hold the price and will be billed for it again."""
    assert who(subscription(item("price_a", 100), status=status)).count == count


def test_a_subscription_counts_once_for_a_product() -> None:
    """With as many of its prices as it has."""
    sales = counted(subscription(item("price_a", 100), item("price_b", 200)))

    assert sales.subscribers() == {
        "price_a": Subscribers(count=1, monthly={"eur": 100}),
        "basic": Subscribers(count=1, monthly={"eur": 300}),
    }


def moved(sales: Sales, shop: Shop) -> Difference:
    return compare(CATALOGUE, replace(shop, subscribers=sales.subscribers()))


def bare(shop: Shop) -> Shop:
    """Return an account whose product `basic` lacks its feature."""
    kept = tuple(one for one in shop.attachments if one.product != "basic")
    return replace(shop, attachments=kept)


def living(ends: Sequence[str]) -> list[Subscription]:
    return [subscription(item("price_a", 2500, day)) for day in ends]


def test_a_feature_reaches_existing_subscriptions_with_their_next_period() -> None:
    """How many in which month, and the last day: a yearly one waits the longest."""
    sales = counted(
        *living(["2027-01-05", "2027-01-30", "2027-02-01", "2027-12-24"]),
        subscription(item("price_a", 2500, "2027-01-09"), ends_with_period=True),
        subscription(item("price_a", 2500, "2027-01-09"), cancel_at=at("2027-01-02")),
        subscription(item("price_a", 2500, "2027-01-09"), cancel_at=at("2027-03-02")),
        subscription(item("price_a", 2500)),
    )
    (found,) = reach(moved(sales, bare(shop_of())), sales, now=at("2027-01-01"))

    assert (found.product, found.gained, found.lost) == ("basic", ("events",), ())
    assert found.months == (("2027-01", 3), ("2027-02", 1), ("2027-12", 1))
    assert (found.last, found.never) == ("2027-12-24", 2)


def test_a_period_that_should_have_ended_counts_as_ending_today() -> None:
    """The list was read a moment before Stripe renewed it."""
    sales = counted(*living(["2026-12-31"]))
    (found,) = reach(moved(sales, bare(shop_of())), sales, now=at("2027-01-01"))

    assert found.months == (("2027-01", 1),)
    assert found.last == "2027-01-01"


def test_nobody_meets_a_feature_that_only_changes_its_place() -> None:
    """An archived one makes way for the one of its key; without subscribers, too."""
    shop = shop_of()
    sales = counted(*living(["2027-01-05"]))
    archived = replace(
        shop,
        features=tuple(replace(f, active=f.key != "events") for f in shop.features),
        attachments=tuple(
            replace(a, active=a.key != "events") for a in shop.attachments
        ),
    )
    now = at("2027-01-01")

    assert reach(moved(sales, archived), sales, now=now) == ()
    assert reach(moved(counted(), bare(shop)), counted(), now=now) == ()
