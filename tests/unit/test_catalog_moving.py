"""Who of those on an old price is moved, and what keeps the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.movers import Mover, Target, movers, targets
from eleva_cli.catalog.moving import Total, lanes, standing, totals
from eleva_cli.catalog.shop import OWNER, Subscribers
from eleva_cli.plan import Lane, Severity, describe
from eleva_cli.plan.selling import Asks, MoveItem
from eleva_cli.ports import PriceOffer, Renewal, Subscription, SubscriptionItem, Terms
from tests.shop_world import CATALOGUE, MONTHLY, price_of, shop_of, with_price

DUE = 1_797_033_600  # 2026-12-12
ASKS = Asks(currency="eur", amount=3000, interval="month", tax="inclusive")
TARGET = Target(price="price_old", key="basic-monthly", product="basic", asks=ASKS)
ITEM = SubscriptionItem(
    id="si_1",
    price="price_old",
    product="basic",
    quantity=1,
    unit_amount=2500,
    currency="eur",
    interval="month",
    period_end=DUE,
)
SUBSCRIPTION = Subscription(
    id="sub_1",
    customer="cus_1",
    status="active",
    created=1,
    livemode=False,
    metadata={},
    items=(ITEM,),
)


def renewal(total: int, currency: str = "eur", due_at: int | None = DUE) -> Renewal:
    return Renewal(total=total, currency=currency, due_at=due_at)


def mover(
    before: int | Renewal | None = 2500,
    after: int | Renewal | None = 2500,
    *,
    item: dict[str, Any] | None = None,
    asks: dict[str, Any] | None = None,
    **more: Any,
) -> Mover:
    """Give an item on an old price, previewed."""
    sides = (
        renewal(each) if isinstance(each, int) else each for each in (before, after)
    )
    plain = Mover(
        target=replace(TARGET, asks=replace(ASKS, **(asks or {}))),
        subscription="sub_1",
        customer="cus_1",
        status="active",
        item=replace(ITEM, **(item or {})),
    )
    first, second = sides
    return replace(plain, before=first, after=second, **more)


def lane_of(*found: Mover, max_rise: int = 0) -> Lane:
    (lane,) = lanes(found, max_rise=max_rise, currency="eur")
    return lane


def test_a_lower_renewal_is_moved() -> None:
    """The action names the item, both prices, and what was previewed."""
    lane = lane_of(mover(2500, 2000, asks={"amount": 2000}))

    assert (lane.id, lane.held, lane.findings) == ("subscription sub_1", None, ())
    (move,) = lane.actions
    assert move == MoveItem(
        subscription="sub_1",
        item="si_1",
        before="price_old",
        key="basic-monthly",
        asks=replace(ASKS, amount=2000),
        currency="eur",
        renewal_before=2500,
        renewal_after=2000,
        reason="existing subscribers now",
    )
    assert describe(move) == "move sub_1 to price basic-monthly"
    assert standing(lane) == "moves"


def test_an_equal_renewal_is_moved() -> None:
    """The price changed in something that this customer does not pay."""
    assert lane_of(mover(2500, 2500, asks={"amount": 2500})).actions


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_who_pays_and_who_tries_is_moved(status: str) -> None:
    """A trial's next renewal is its first payment."""
    assert lane_of(mover(2500, 2000, asks={"amount": 2000}, status=status)).actions


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"status": "past_due"}, "subscription-past-due"),
        ({"status": "unpaid"}, "subscription-unpaid"),
        ({"status": "incomplete"}, "subscription-incomplete"),
        ({"status": "paused"}, "subscription-paused"),
        ({"status": "on_the_moon"}, "subscription-on-the-moon"),
        ({"schedule": "sub_sched_1"}, "subscription-scheduled"),
        ({"item": {"currency": "usd"}}, "currency-changes"),
        ({"asks": {"currency": "usd"}}, "currency-changes"),
        ({"item": {"interval": "year"}}, "interval-changes"),
        ({"asks": {"interval_count": 3}}, "interval-changes"),
        ({"asks": {"meter": "seats"}}, "meter-changes"),
        ({"item": {"quantity": None}}, "meter-changes"),
        (
            {"item": {"quantity": None}, "asks": {"meter": "seats"}},
            "renewal-metered",
        ),
        ({"item": {"unit_amount": 0}}, "billed-at-once"),
        ({"after": renewal(2000, due_at=DUE - 86_400)}, "billed-at-once"),
        ({"before": renewal(2500, "usd")}, "currency-changes"),
        ({"after": None, "refused": "no such price"}, "renewal-unknown"),
        ({"after": 2501}, "renewal-rises"),
        ({"before": 0, "after": 0}, "renewal-rises-later"),
    ],
)
def test_what_keeps_somebody(changed: dict[str, Any], code: str) -> None:
    """Each reason has a code, names whom it is about and says what to do."""
    lane = lane_of(mover(**changed))

    assert (lane.held, lane.actions, standing(lane)) == (code, (), "held")
    (finding,) = lane.findings
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.subject == "sub_1"
    assert finding.hint
    assert finding.evidence["customer"] == "cus_1"


def test_a_rise_is_said_in_full() -> None:
    """From what to what, in which currency, when; and the flag that allows it."""
    (finding,) = lane_of(mover(2500, 3075)).findings

    assert finding.message == (
        "its next renewal, due 2026-12-12, would rise from €25.00 to €30.75"
    )
    assert finding.hint.endswith("--max-rise 5.75")


def test_a_rise_can_be_allowed() -> None:
    """To the cent, in the catalogue's currency and in no other."""
    dollars = mover(
        renewal(2500, "usd"),
        renewal(3000, "usd"),
        item={"currency": "usd"},
        asks={"currency": "usd"},
    )

    assert lane_of(mover(2500, 3000), max_rise=500).actions
    assert lane_of(mover(2500, 3001), max_rise=500).held == "renewal-rises"
    assert lane_of(dollars, max_rise=500).held == "renewal-rises"


def test_what_a_discount_covers_rises_later() -> None:
    """A coupon that is used once would hide it; the list price tells, and allows it."""
    covered = mover(0, 0, item={"quantity": 3})
    taxed = replace(covered, target=replace(covered.target, same_tax=False))

    assert lane_of(covered, max_rise=1499).held == "renewal-rises-later"
    assert lane_of(covered, max_rise=1500).actions
    # amounts with and without tax do not compare
    assert lane_of(taxed, max_rise=9999).held == "tax-hidden"


def test_what_a_discount_halves_rises_by_the_whole_later() -> None:
    """What is allowed is what is paid once the coupon is used up, not the next bill."""
    halved = mover(1250, 1500)
    (finding,) = lane_of(halved, max_rise=300).findings

    assert finding.code == "renewal-rises-later"
    assert "rises by €2.50, but by list price it pays €5.00 more" in finding.message
    assert finding.hint.endswith("--max-rise 5.00")
    assert lane_of(halved, max_rise=500).actions


def test_who_ends_is_left_alone() -> None:
    """A note, and nothing that a person must decide."""
    lane = lane_of(mover(None, None, ends=True, status="past_due"))

    assert (lane.held, lane.actions, standing(lane)) == (None, (), "ends")
    assert [(f.code, f.severity) for f in lane.findings] == [
        ("subscription-ending", Severity.NOTE)
    ]


def test_two_items_rise_together() -> None:
    """One renewal has both; each move finds it as the one before left it."""
    first = mover(7500, 7900)
    second = mover(7500, 8000, item={"id": "si_2", "unit_amount": 2600})
    lane = lane_of(second, first, max_rise=900)

    assert lane_of(second, first, max_rise=899).held == "renewal-rises"
    assert [
        (move.item, move.renewal_before, move.renewal_after)
        for move in lane.actions
        if isinstance(move, MoveItem)
    ] == [("si_1", 7500, 7900), ("si_2", 7900, 8400)]


def test_one_item_keeps_the_other() -> None:
    """A subscription moves as a whole, and a shared reason is said once."""
    moves = mover(2500, 2000, asks={"amount": 2000})
    stays = mover(None, None, item={"id": "si_2", "interval": "year"})
    late = [
        replace(mover(None, None, item={"id": name}), status="past_due")
        for name in ("si_1", "si_2")
    ]

    assert lane_of(moves, stays).held == "interval-changes"
    assert lane_of(moves, stays).actions == ()
    assert len(lane_of(*late).findings) == 1


def test_totals_are_of_those_who_move() -> None:
    """Rises and falls apart, each currency for itself, and a month by list price."""
    found = (
        mover(2500, 3000, subscription="sub_up"),
        mover(
            renewal(30_000),
            renewal(24_000),
            subscription="sub_down",
            item={"id": "si_down", "interval": "year", "unit_amount": 30_000},
            asks={"interval": "year", "amount": 24_000},
        ),
        mover(2500, 2000, item={"id": "si_held"}, status="paused", subscription="s"),
    )

    assert totals(found, lanes(found, max_rise=500, currency="eur")) == (
        Total(currency="eur", moved=2, rises=500, falls=6000, monthly=0),
    )


def test_items_on_the_old_price_are_found() -> None:
    """Others of the subscription are not, nor is anything of one that is over."""
    other = replace(ITEM, id="si_2", price="price_other")
    both = replace(SUBSCRIPTION, items=(ITEM, other), schedule="sub_sched_1")

    (found,) = movers(both, TARGET)
    assert (found.item, found.schedule, found.ends) == (ITEM, "sub_sched_1", False)
    for status in ("canceled", "incomplete_expired"):
        assert list(movers(replace(both, status=status), TARGET)) == []


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        ({"ends_with_period": True}, True),
        ({"cancel_at": DUE}, True),
        ({"cancel_at": DUE + 1}, False),
    ],
)
def test_an_end_before_the_next_renewal(changed: dict[str, Any], ends: bool) -> None:
    """One that renews at least once more has a renewal to look at."""
    (found,) = movers(replace(SUBSCRIPTION, **changed), TARGET)

    assert found.ends is ends


def test_targets_are_old_prices_with_subscribers() -> None:
    """The new price is previewed by its terms, or by its id where it is made."""
    shop = with_price(shop_of(), MONTHLY.key, amount=2000)
    old = f"price_{MONTHLY.key}"
    living = {old: Subscribers(count=2, monthly={"eur": 4000})}
    made = replace(
        price_of(MONTHLY, object_id="price_new"),
        key=None,
        metadata={OWNER: MONTHLY.key},
    )
    begun = replace(shop, prices=(*shop.prices, made), subscribers=living)
    fresh = replace(shop, subscribers=living)

    assert targets(compare(CATALOGUE, shop), CATALOGUE) == ()
    (target,) = targets(compare(CATALOGUE, fresh), CATALOGUE)
    assert (target.price, target.same_tax) == (old, True)
    assert target.after == PriceOffer(
        product="basic",
        terms=Terms(currency="eur", amount=2500, interval="month", tax="inclusive"),
    )
    (target,) = targets(compare(CATALOGUE, begun), CATALOGUE)
    assert target.after == "price_new"


def test_what_a_cut_run_left_behind_is_a_target_too() -> None:
    """The key has moved, the subscribers not yet: the next plan goes on."""
    left = replace(
        price_of(MONTHLY, object_id="price_left"),
        key=None,
        amount=2000,
        metadata={OWNER: MONTHLY.key},
    )
    shop = shop_of()
    shop = replace(
        shop,
        prices=(*shop.prices, left),
        subscribers={"price_left": Subscribers(count=1)},
    )

    (target,) = targets(compare(CATALOGUE, shop), CATALOGUE)
    assert (target.price, target.after) == ("price_left", f"price_{MONTHLY.key}")
