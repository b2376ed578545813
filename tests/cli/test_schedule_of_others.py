"""Schedules that only look as if they were ours, or as if nothing were to come."""

from __future__ import annotations

import pytest

from tests.cli.buyers import ANNUAL, DAY_S, MONTHLY, TOP, buyers, role
from tests.cli.console import Console, World
from tests.cli.test_subscription_change import cancel, change, lives_on
from tests.cli.test_subscription_meanwhile import stripe
from tests.cli.test_subscription_postponed import LATER, go_on, schedules

pytestmark = pytest.mark.usefixtures("unhurried")


def plan(world: World, name: str, second: dict[str, str]) -> None:
    """Say what comes after the current phase, as somebody else's program does."""
    (first,) = world.stored(name)["phases"]
    form = {
        "phases[0][start_date]": str(first["start_date"]),
        "phases[0][end_date]": str(first["end_date"]),
        "phases[0][items][0][price]": f"price_{TOP}",
        "phases[1][items][0][price]": f"price_{TOP}",
        **{f"phases[1]{name}": value for name, value in second.items()},
    }
    made = stripe(world, f"subscription_schedules/{name}", **form)
    assert len(made["phases"]) == 2, made


@pytest.mark.parametrize(
    "second",
    [
        {"[discounts][0][coupon]": "free"},
        {"[items][0][quantity]": "9"},
    ],
    ids=["discount", "quantity"],
)
def test_a_schedule_that_keeps_the_price_is_not_bare(
    eleva: Console, world: World, second: dict[str, str]
) -> None:
    """Something is to come, though the price stays: it is somebody else's."""
    world.load(buyers({"bo": {"on": TOP}}))
    name = stripe(world, "subscription_schedules", from_subscription="sub_bo")["id"]
    plan(world, name, second)

    said = [
        change(eleva, "sub_bo", MONTHLY, *LATER),
        eleva.json("subscription", "change", "sub_bo", "--undo", "--yes"),
        cancel(eleva, "sub_bo"),
    ]

    assert {(one.code, one.error) for one in said} == {(4, "subscription-scheduled")}
    assert [one["status"] for one in schedules(world)] == ["active"]


def test_seats_that_came_since_it_was_begun_are_not_taken_away(
    eleva: Console, world: World
) -> None:
    """The begun schedule knows of fewer: another one is begun."""
    world.load(buyers({"bo": {"on": TOP}}))
    stripe(world, "subscription_schedules", from_subscription="sub_bo")
    stripe(world, "subscription_items/si_bo", quantity="5", proration_behavior="none")

    said = change(eleva, "sub_bo", MONTHLY, *LATER, "--max-rise", "500")

    (item,) = world.stored("sub_bo")["items"]
    assert item["quantity"] == 5
    assert (said.code, said.data["renewal_after"]) == (0, "125.00")
    assert len(schedules(world)) == 2


def test_undo_of_an_earlier_run_leaves_what_was_planned_since(
    eleva: Console, world: World
) -> None:
    """Another price is to come by now, by another run."""
    world.load(buyers({"bo": {"on": TOP}}))
    first = change(eleva, "sub_bo", MONTHLY, *LATER)
    eleva.json("subscription", "change", "sub_bo", "--undo", "--yes")
    second = change(eleva, "sub_bo", ANNUAL, *LATER, "--max-rise", "500")

    undone = eleva.json("run", "undo", first.data["run"], "--yes")

    assert (second.code, undone.data["steps_held"]) == (0, 1)
    assert sorted(one["status"] for one in schedules(world)) == ["active", "released"]


def test_the_same_command_on_the_day_after_writes_no_price(
    eleva: Console, world: World
) -> None:
    """The change has come: only the role is to follow, and does."""
    world.load(buyers({"bo": {"on": TOP}}))
    change(eleva, "sub_bo", MONTHLY, *LATER)
    go_on(world, 20 * DAY_S + 3600)

    again = change(eleva, "sub_bo", MONTHLY, *LATER)
    more = change(eleva, "sub_bo", MONTHLY, *LATER)

    assert (again.code, more.code) == (0, 0)
    assert "nothing to do" in more.data["headline"]
    assert (lives_on(world, "bo"), role(world, "bo")) == (
        f"price_{MONTHLY}", "expert_community",
    )  # fmt: skip


def test_ours_is_theirs_once_it_is_to_end_the_subscription(
    eleva: Console, world: World
) -> None:
    """More is to come than we have said: it is not told as ours, nor released."""
    world.load(buyers({"bo": {"on": TOP}}))
    change(eleva, "sub_bo", MONTHLY, *LATER)
    (ours,) = schedules(world)
    stripe(world, f"subscription_schedules/{ours['id']}", end_behavior="cancel")

    shown = eleva.json("subscription", "show", "sub_bo").data
    undone = eleva.json("subscription", "change", "sub_bo", "--undo", "--yes")

    assert shown["subscriptions"][0]["changes"] is None
    assert (undone.code, undone.error) == (4, "subscription-scheduled")
