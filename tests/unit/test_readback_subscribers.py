"""Reading back what was moved: by pages where many were, one by one where few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.moves import Mapped
from eleva_cli.plan import Action, ReviseSubscription
from eleva_cli.progress import SilentProgress
from eleva_cli.readback import ReadBack
from tests.clock import START
from tests.moving_world import MovingWorld, moving
from tests.planning_world import Desk

TO_TOP = Mapped(old="price_old", key="top-expert-monthly")
MANY = 12  # more than the pages that a small list is thought to have


@pytest.fixture
def world() -> MovingWorld:
    made = MovingWorld()
    made.stock()
    made.sell("price_old", "expert_top", 5_900)
    return made


@pytest.fixture
def desk(tmp_path: Path, world: MovingWorld) -> Iterator[Desk]:
    with Desk.at(tmp_path, world) as opened:
        yield opened


def applied(desk: Desk, actions: Sequence[Action]) -> str:
    """Begin a run whose steps have all been sent and answered."""
    with desk.store.write() as conn:
        run = runs.begin(
            desk.store, kind="migrate", account="acct_1", mode="test", plan=None,
            now=START,
        )  # fmt: skip
        runs.add_steps(desk.store, run, "cus_all", actions)
        conn.execute("update steps set state = 'applied'")
    return run


def read_back(desk: Desk, run: str) -> list[Step]:
    desk.world.calls.clear()
    desk.world.asked.clear()
    return ReadBack(
        store=desk.store,
        ports=desk.world.ports(),
        clock=desk.clock,
        progress=SilentProgress(),
        run=run,
        threads=2,
    ).verify()


def moved(desk: Desk, world: MovingWorld, count: int) -> list[Action]:
    for number in range(count):
        world.subscriber(number, "price_old")
    actions = desk.actions(desk.plan(moving(TO_TOP)))
    world.apply(actions)
    return [action for action in actions if action.kind != "link_organization"]


def test_many_subscriptions_are_read_back_by_pages(
    desk: Desk, world: MovingWorld
) -> None:
    """One list says of all what they are; roles are read one by one."""
    run = applied(desk, moved(desk, world, MANY))

    assert read_back(desk, run) == []
    assert runs.counts(desk.store, run) == {"verified": 2 * MANY}
    assert world.calls["subscriptions"] == 1
    assert world.calls["billed"] == 0
    assert world.calls["membership"] == MANY


def test_few_are_read_back_one_by_one(desk: Desk, world: MovingWorld) -> None:
    """A list would cost more calls."""
    run = applied(desk, moved(desk, world, 2))

    assert read_back(desk, run) == []
    assert world.calls["subscriptions"] == 0
    assert world.calls["billed"] == 2


def test_what_a_page_shows_otherwise_is_read_alone(
    desk: Desk, world: MovingWorld
) -> None:
    """Who was put on another price since is told, and the others are verified."""
    actions = moved(desk, world, MANY)
    run = applied(desk, actions)
    other = world.subscriptions["sub_3"]
    items = (replace(other.items[0], price="price_elsewhere"),)
    world.subscriptions["sub_3"] = replace(other, items=items)
    read_back(desk, run)

    (failed,) = runs.steps(desk.store, run, states=("failed",))
    assert isinstance(failed.action, ReviseSubscription)
    assert failed.action.subscription == "sub_3"
    assert failed.code == "changed-since-plan"
    assert [each for each in world.asked if "billed" in each] == ["billed sub_3"]
