"""What was made and does not show yet is looked for by its id, and not made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.journal import runs
from tests.engine.grants import (
    FARTHER,
    GRANTED,
    OLD,
    SUBSCRIPTIONS,
    another,
    behind,
    decided,
    remember,
    standing,
    wish,
)
from tests.engine.grants import grant as granted
from tests.engine.grants import template as prepared
from tests.engine.world import World, by_place, copied

A_DAY = 25 * 3600


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("template") / "known.db", OLD)


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    made = World(copied(template, tmp_path / "a"))
    remember(made)
    yield made
    made.close()


def test_reading_back_knows_what_was_made(world: World) -> None:
    """No list has to show it."""
    decision, foresee = decided(world, wish())
    store = world.open()
    run = world.begin(store, {decision.lane: decision.actions})
    world.engine(store, foresee=foresee).run(run)
    behind(world, 50, SUBSCRIPTIONS)
    assert world.verify(store, run) == []
    store.close()

    assert standing(world) == GRANTED


def test_a_resume_makes_nothing_twice_that_was_not_seen(world: World) -> None:
    """A key is a day old, the lists are behind, and the journal knows the ids."""
    decision, foresee = decided(world, wish())
    store = world.open()
    run = world.begin(store, {decision.lane: decision.actions})
    world.engine(store, foresee=foresee).run(run)
    runs.mark_unseen(store, list(runs.steps(store, run)))
    world.clock.advance(A_DAY)
    behind(world, 50, SUBSCRIPTIONS)
    world.engine(store).run(run)
    found = by_place(store, run)
    store.close()

    assert {step.state for step in found.values()} <= {"applied", "unchanged"}
    assert standing(world)["customers"] == 1
    assert len(standing(world)["subscriptions"]) == 1


def test_another_wish_under_the_same_key_waits_until_the_first_one_shows(
    world: World,
) -> None:
    """Refused for its other content, it looks for half a minute, and then finds it."""
    machine = another(world)
    decision, foresee = decided(machine, wish(until=FARTHER))
    granted(world, wish())
    store = machine.open()
    run = machine.begin(store, {decision.lane: decision.actions})
    behind(world, 4, SUBSCRIPTIONS)
    machine.engine(store, foresee=foresee).run(run)
    steps = by_place(store, run).values()
    store.close()
    machine.ports.close()

    assert [step.state for step in steps] == [
        "applied", "applied", "held", "planned",
    ]  # fmt: skip
    assert standing(world) == GRANTED
    assert sum(machine.clock.slept) > 2


def test_what_a_failure_made_is_waited_for_before_it_is_made_again(
    world: World,
) -> None:
    """A 500 that did it all is stored under its key, and the lists are behind."""
    decision, foresee = decided(world, wish())
    store = world.open()
    run = world.begin(store, {decision.lane: decision.actions})
    world.fault("status", path=SUBSCRIPTIONS, method="POST", status=500, effect=True)
    behind(world, 3, SUBSCRIPTIONS)
    world.engine(store, foresee=foresee).run(run)
    store.close()

    assert standing(world) == GRANTED
