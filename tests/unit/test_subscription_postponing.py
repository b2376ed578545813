"""A change with the renewal: what rules a subscription, what keeps it from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.plan import (
    BeginSchedule,
    ReleaseSchedule,
    ReviseAtRenewal,
    describe,
    destruction,
    dump_action,
    load_action,
    reverse,
)
from eleva_cli.ports import Phase, Schedule, Subscription
from eleva_cli.subscription.changing import action
from eleva_cli.subscription.postponing import (
    Ruled,
    actions,
    in_the_way,
    obstacle,
    pending,
    ruled,
)
from tests.granting_world import BOOK
from tests.unit.test_subscription_changing import change, foretold, sub
from tests.unit.test_subscription_starting import MONTHLY, TOP

AT = 1_800_000_000
HERE, THERE = f"price_{MONTHLY}", f"price_{TOP}"
NOW = Phase(start=1, end=AT, prices=(HERE,))
THEN = Phase(start=AT, end=AT + 86_400, prices=(THERE,))
MARKS = {"eleva_change": TOP, "eleva_change_price": THERE}


def schedule(*phases: Phase, began: int | None = 1, **more: Any) -> Schedule:
    fields: dict[str, Any] = {
        "id": "sub_sched_1", "status": "active", "subscription": "sub_1",
        "ends": "release", **more,
    }  # fmt: skip
    return Schedule(phases=phases, began=began, **fields)


def renewing(found: Subscription | None = None, **item: Any) -> Subscription:
    found = found or sub()
    items = tuple(replace(one, period_end=AT, **item) for one in found.items)
    return replace(found, items=items)


@pytest.mark.parametrize(
    ("found", "how"),
    [
        (schedule(NOW, THEN, metadata=MARKS), Ruled.PENDING),
        (schedule(NOW, NOW, THEN, metadata=MARKS), Ruled.PENDING),
        (schedule(NOW, THEN, metadata=MARKS, began=AT), Ruled.COME),
        (schedule(NOW), Ruled.BEGUN),
        (schedule(NOW, ends="cancel"), Ruled.BY_ANOTHER),
        (schedule(NOW, metadata={"theirs": "1"}), Ruled.BY_ANOTHER),
        (schedule(NOW, THEN), Ruled.BY_ANOTHER),
        (schedule(NOW, NOW, metadata=MARKS), Ruled.BY_ANOTHER),
        (schedule(NOW, THEN, metadata=MARKS, status="released"), Ruled.BY_ANOTHER),
        (None, Ruled.BY_ANOTHER),
    ],
)
def test_what_rules_it_is_told_by_the_schedule_itself(
    found: Schedule | None, how: Ruled
) -> None:
    """Ours say what comes, and still do it; what was only begun does nothing."""
    ruling = replace(renewing(), schedule="sub_sched_1")

    assert ruled(ruling, found) is how
    assert (in_the_way(ruling, found) is None) == (how is Ruled.BY_ANOTHER)
    assert bool(pending(ruling, found)) == (how is Ruled.PENDING)
    assert ruled(renewing(), None) is Ruled.NOT


def test_the_two_steps_are_taken_back_by_one_release() -> None:
    """Both name the prices to be kept; they are read back from the journal as equal."""
    wanted = change(renewing(), TOP)
    done = action(wanted, foretold(5000, 11_800), BOOK)
    assert done is not None
    begin, revise = actions(wanted, done)

    assert isinstance(begin, BeginSchedule)
    assert isinstance(revise, ReviseAtRenewal)
    assert {begin.at, revise.at} == {AT}
    assert reverse(begin) == reverse(revise)
    back = reverse(revise)
    assert isinstance(back, ReleaseSchedule)
    assert back.keeps == {"price.si_community": HERE}
    assert reverse(back) is None
    assert [destruction(one) for one in (begin, revise, back)] == [None, "charge", None]
    for one in (begin, revise, back):
        assert load_action(dump_action(one)) == one
        assert "sub_1" in describe(one)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"facets": {"default_source": "card_1"}}, "default_source"),
        ({"facets": {"brand_new.field": "yes"}}, "brand_new.field"),
        ({"cancel_at": AT + 9}, "cancel_at"),
    ],
)
def test_what_a_schedule_would_lose_keeps_it_from_being_put_off(
    more: dict[str, Any], named: str
) -> None:
    """By name; what is carried over or left alone does not."""
    found = obstacle(replace(renewing(), **more), 0)
    kept = {
        "discounts": "di_1", "invoice_settings.footer": "x", "trial_end": "9",
        "payment_settings.save_default_payment_method": "on_subscription",
    }  # fmt: skip

    assert found is not None
    assert found.code == "not-postponable"
    assert named in found.message
    assert obstacle(replace(renewing(), facets=kept), 0) is None


def test_items_that_renew_apart_and_a_renewal_that_is_due() -> None:
    """Neither has one renewal to come with; one with a clock of its own has."""
    found = renewing()
    apart = replace(
        found, items=(*found.items, replace(found.items[0], id="si_2", period_end=9))
    )

    assert (two := obstacle(apart, 0)) is not None
    assert two.code == "not-postponable"
    assert (due := obstacle(found, AT + 60)) is not None
    assert due.code == "renewal-unknown"
    assert obstacle(found, AT + 10 * 86_400) is None
