"""A change that is put off may die anywhere, there and back: one schedule, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from eleva_cli.plan import ReviseAtRenewal
from tests.engine.grants import Turns
from tests.engine.moving import LANE, SUB, another, backwards
from tests.engine.postponing import (
    FREE,
    RULED,
    begun,
    instead,
    lane_of,
    outcome,
    standing,
    template,
    terms,
)
from tests.engine.trial import Trial, crash_and_resume, dropping, every, undisturbed
from tests.engine.world import Plan, World, copied

DONE = {LANE: ["verified"] * 2}
BACK = {LANE: ["verified", "unchanged"]}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("template") / "services.db")


@pytest.fixture(scope="module")
def plan(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    with here(start, tmp_path_factory.mktemp("plan") / "of") as world:
        return lane_of(world.ports.stripe)


@contextmanager
def here(path: Path, folder: Path) -> Iterator[World]:
    world = World(copied(path, folder))
    yield world
    world.close()


def test_an_undisturbed_change(plan: Plan, start: Path, tmp_path: Path) -> None:
    """The yardstick: one schedule with what is to come, and all else as it was."""
    with here(start, tmp_path / "a") as world:
        before = terms(world)
        world.apply(plan)

        assert standing(world) == RULED
        assert terms(world) == before


def wrong(
    plan: Plan, start: Path, folder: Path, points: Any, ends: Any = (DONE, RULED)
) -> dict[int, object]:
    """Crash at these points, each time resume, and return what is not as it should."""
    found = {
        at: crash_and_resume(plan, start, folder / str(at), at, outcome=outcome)
        for at in points
    }
    return {at: end for at, end in found.items() if end != ends}


def test_a_crash_here_and_there(plan: Plan, start: Path, tmp_path: Path) -> None:
    """Before, between and after the two calls, in every test run."""
    assert wrong(plan, start, tmp_path, (11, 15, 18, 22)) == {}


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_crash_anywhere(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """At any write, commit or request, and a resume: as if undisturbed."""
    points, _ = undisturbed(plan, start, tmp_path / "calm", outcome)

    assert wrong(plan, start, tmp_path, every(points, 1 if in_full else 5)) == {}


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_crash_anywhere_where_one_was_begun_before(
    start: Path, tmp_path: Path, in_full: bool
) -> None:
    """The old schedule is let go, and one is begun and planned: never two that rule."""
    old = begun(start, tmp_path / "begun")
    with here(old, tmp_path / "plan") as world:
        plan = instead(world.ports.stripe)
    points, calm = undisturbed(plan, old, tmp_path / "calm", outcome)
    ends = ({LANE: ["verified"] * 3}, RULED | {"schedules": 2})
    assert calm == ends

    found = wrong(plan, old, tmp_path, every(points, 1 if in_full else 9), ends)

    assert found == {}


@pytest.mark.parametrize("at", [3, 4, 7])
def test_any_answer_is_lost(plan: Plan, start: Path, tmp_path: Path, at: int) -> None:
    """Of a read or of a write: what was done is found, and not done twice."""
    with here(start, tmp_path / "a") as world:
        world.wire.after = dropping(at)
        _, steps = world.apply(plan)

        assert {step.state for step in steps.values()} == {"verified"}
        assert standing(world) == RULED


def there_and_back(plan: Plan, start: Path, folder: Path, at: int, back_at: int) -> Any:
    """Die on the way there, resume, undo, die on the way back, resume."""
    trial = Trial(plan, start, folder)
    if trial.live(at, first=True) is None:
        trial.live(None, first=False)
    store = trial.world.open()
    trial.run = trial.world.begin(store, backwards(plan))
    store.close()
    if trial.live(back_at, first=True) is None:
        trial.live(None, first=False)
    end = outcome(trial)
    trial.world.close()
    return end


@pytest.mark.parametrize("at", [15])
def test_an_undo_after_a_crash(
    plan: Plan, start: Path, tmp_path: Path, at: int
) -> None:
    """The schedule is released once, whether the undo dies or not."""
    assert there_and_back(plan, start, tmp_path / "a", at, at) == (BACK, FREE)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_an_undo_after_any_crash(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """At any point there, and at another one on the way back."""
    points, _ = undisturbed(plan, start, tmp_path / "calm", outcome)
    found = {
        at: end
        for at in every(points, 1 if in_full else 7)
        if (
            end := there_and_back(
                plan, start, tmp_path / str(at), at, 1 + at * 7 % points
            )
        )
        != (BACK, FREE)
    }

    assert found == {}


def test_there_and_back_and_there_again(
    plan: Plan, start: Path, tmp_path: Path
) -> None:
    """The stored answer of the first time names a schedule that is released."""
    with here(start, tmp_path / "a") as world:
        world.apply(plan)
        world.apply(backwards(plan))
        assert standing(world) == FREE
        _, steps = world.apply(plan)

        assert {step.state for step in steps.values()} == {"verified"}
        assert standing(world) == RULED | {"schedules": 2}


def test_another_machine_finishes_it(plan: Plan, start: Path, tmp_path: Path) -> None:
    """Without the journal; the first one comes back and does nothing twice."""
    trial = Trial(plan, start, tmp_path / "a")
    trial.live(15, first=True)
    trial.world.fate = trial.world.wire.fate = type(trial.world.fate)()
    machine = another(trial.world)
    machine.apply(plan)
    machine.ports.close()
    between = standing(trial.world)
    trial.live(None, first=False)
    _, end = outcome(trial)
    trial.world.close()

    assert (between, end) == (RULED, RULED)


@pytest.mark.parametrize("seed", range(2))
def test_two_laptops_at_once(
    plan: Plan, start: Path, tmp_path: Path, seed: int
) -> None:
    """In any order of their requests there is one schedule, with what is to come."""
    with here(start, tmp_path / "a") as world:
        turns = Turns(Random(seed), 2)
        machines = [another(world) for _ in range(2)]

        def go(number: int) -> None:
            machine = machines[number]
            machine.folder = world.folder / f"machine-{number}"
            machine.folder.mkdir()
            machine.wire.before = lambda _: turns.take(number)
            try:
                machine.apply(plan)
            finally:
                turns.leave()

        threads = [threading.Thread(target=go, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        stands = standing(world)
        for machine in machines:
            machine.ports.close()

        assert stands == RULED


def states(world: World, plan: Plan) -> list[str]:
    _, steps = world.apply(plan)
    return [steps[LANE, place].state for place in range(2)]


def test_what_came_in_between_is_held(plan: Plan, start: Path, tmp_path: Path) -> None:
    """Somebody else's schedule, another quantity, an end: not touched."""
    found = {}
    for name, form in {
        "ends": {"cancel_at_period_end": "true"},
        "quantity": {"items[0][id]": "si_1", "items[0][quantity]": "4"},
        "discount": {"discounts": ""},
    }.items():
        with here(start, tmp_path / name) as world:
            world.sandbox.raw("POST", f"/v1/subscriptions/{SUB}", data=form)
            found[name] = (states(world, plan), standing(world)["schedules"])

    assert set(map(str, found.values())) == {str((["held", "planned"], 0))}


def test_another_change_by_somebody_else_is_held(
    plan: Plan, start: Path, tmp_path: Path
) -> None:
    """Ours of before with another key, or phases that were changed since."""
    begin, revise = plan[LANE]
    assert isinstance(revise, ReviseAtRenewal)
    with here(start, tmp_path / "a") as world:
        world.apply(plan)
        other = {LANE: [begin, replace(revise, key="else")]}

        assert states(world, other) == ["unchanged", "held"]
        name = world.ports.stripe.billed(SUB).schedule
        world.sandbox.raw(
            "POST",
            f"/v1/subscription_schedules/{name}",
            data={"metadata[eleva_change_price]": "price_else"},
        )
        assert states(world, backwards(plan)) == ["held", "planned"]
        assert standing(world) == RULED
