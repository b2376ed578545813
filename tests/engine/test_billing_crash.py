"""A subscriber's move may die anywhere, there and back: no effect twice, no bill."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from eleva_cli.journal import runs
from tests.engine.grants import Turns
from tests.engine.moving import (
    AFTER,
    BEFORE,
    LANE,
    MEMBER,
    SUB,
    another,
    backwards,
    lane_of,
    outcome,
    standing,
    template,
)
from tests.engine.trial import Trial, crash_and_resume, dropping, every, undisturbed
from tests.engine.world import Fate, Plan, World, copied

DONE = {LANE: ["verified"] * 4}
ENDS = (DONE, AFTER)


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


def test_an_undisturbed_move(plan: Plan, start: Path, tmp_path: Path) -> None:
    """The yardstick: one write to each of four objects, and no invoice."""
    points, (steps, stands, effects) = undisturbed(
        plan, start, tmp_path / "calm", outcome
    )

    assert (steps, stands) == ENDS
    assert set(effects.values()) == {1}
    assert points > 40


def wrong(plan: Plan, start: Path, folder: Path, points: Any) -> dict[int, object]:
    """Crash at these points, each time resume, and return what is not as it should."""
    found: dict[int, object] = {}
    for at in points:
        steps, stands, effects = crash_and_resume(
            plan, start, folder / str(at), at, outcome=outcome
        )
        if (steps, stands) != ENDS or set(effects.values()) != {1}:
            found[at] = (steps, stands, effects)
    return found


def test_a_crash_here_and_there(plan: Plan, start: Path, tmp_path: Path) -> None:
    """A few points of the sweep, in every test run."""
    assert wrong(plan, start, tmp_path, (9, 26, 33, 44)) == {}


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_crash_anywhere(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """At any write, commit or request, and a resume: as if undisturbed."""
    points, _ = undisturbed(plan, start, tmp_path / "calm", outcome)

    assert wrong(plan, start, tmp_path, every(points, 1 if in_full else 11)) == {}


def without(plan: Plan, start: Path, folder: Path, at: int) -> tuple[Any, int]:
    """Apply with one answer lost; return how all stands, and how much was asked."""
    with here(start, folder) as world:
        world.wire.after = dropping(at)
        _, steps = world.apply(plan)
        assert {step.state for step in steps.values()} == {"verified"}, at
        assert set(world.effects().values()) == {1}, at
        return standing(world), len(world.wire.requests)


@pytest.mark.parametrize("at", [2, 4, 7, 9])
def test_the_answer_of_a_write_is_lost(
    plan: Plan, start: Path, tmp_path: Path, at: int
) -> None:
    """What was done is found, not done twice."""
    assert without(plan, start, tmp_path / "a", at)[0] == AFTER


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_any_answer_is_lost(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """Each in turn, of reads and of writes."""
    _, count = without(plan, start, tmp_path / "calm", 0)
    found = {
        at: stands
        for at in every(count, 1 if in_full else 5)
        if (stands := without(plan, start, tmp_path / str(at), at)[0]) != AFTER
    }

    assert found == {}


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
    steps, stands, _ = outcome(trial)
    trial.world.close()
    return steps, stands


@pytest.mark.parametrize("at", [20, 35])
def test_an_undo_after_a_crash(
    plan: Plan, start: Path, tmp_path: Path, at: int
) -> None:
    """Every field has its value of before, whether the undo dies or not."""
    found = there_and_back(plan, start, tmp_path / "a", at, at)

    assert found == (DONE, BEFORE)


def test_there_and_back_and_there_again(
    plan: Plan, start: Path, tmp_path: Path
) -> None:
    """The key of the first time does not get in the way of the second."""
    with here(start, tmp_path / "a") as world:
        world.apply(plan)
        world.apply(backwards(plan))
        assert standing(world) == BEFORE
        _, steps = world.apply(plan)

        assert {step.state for step in steps.values()} == {"verified"}
        assert standing(world) == AFTER


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_an_undo_after_any_crash(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """At any point there, and at another one on the way back."""
    points, _ = undisturbed(plan, start, tmp_path / "calm", outcome)
    found = {
        at: end
        for at in every(points, 1 if in_full else 13)
        if (
            end := there_and_back(
                plan, start, tmp_path / str(at), at, 1 + at * 7 % points
            )
        )
        != (DONE, BEFORE)
    }

    assert found == {}


def elsewhere(plan: Plan, start: Path, folder: Path, at: int) -> Any:
    """Die at a point; another laptop applies the same; then the first is resumed."""
    trial = Trial(plan, start, folder)
    trial.live(at, first=True)
    trial.world.fate = trial.world.wire.fate = Fate()
    machine = another(trial.world)
    machine.apply(plan)
    between = standing(trial.world)
    machine.ports.close()
    trial.live(None, first=False)
    _, end, effects = outcome(trial)
    trial.world.close()
    return between, end, set(effects.values())


@pytest.mark.parametrize("at", [20, 35])
def test_another_machine_finishes_it(
    plan: Plan, start: Path, tmp_path: Path, at: int
) -> None:
    """Without the journal; the first one comes back and does nothing twice."""
    assert elsewhere(plan, start, tmp_path / "a", at) == (AFTER, AFTER, {1})


def at_once(plan: Plan, start: Path, folder: Path, seed: int) -> tuple[Any, Any]:
    """Apply the same plan on two laptops, their requests in an order of chance."""
    with here(start, folder) as world:
        turns = Turns(Random(seed), 2)
        machines = [another(world) for _ in range(2)]
        ended: list[object] = []

        def go(number: int) -> None:
            machine = machines[number]
            machine.folder = world.folder / f"machine-{number}"
            machine.folder.mkdir()
            machine.wire.before = lambda _: turns.take(number)
            try:
                _, steps = machine.apply(plan)
                ended.extend(step.state for step in steps.values())
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
        return stands, set(ended)


@pytest.mark.parametrize("seed", range(3))
def test_two_laptops_at_once(
    plan: Plan, start: Path, tmp_path: Path, seed: int
) -> None:
    """In any order of their requests: moved, and nobody is billed for it."""
    stands, states = at_once(plan, start, tmp_path / "a", seed)

    assert stands == AFTER
    assert states <= {"verified", "unchanged"}


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_two_laptops_at_once_in_any_order(
    plan: Plan, start: Path, tmp_path: Path, in_full: bool
) -> None:
    """Many orders."""
    for seed in range(10, 60 if in_full else 11):
        stands, states = at_once(plan, start, tmp_path / str(seed), seed)
        assert (stands, states - {"verified", "unchanged"}) == (AFTER, set()), seed


def test_one_that_was_cancelled_meanwhile_is_held(
    plan: Plan, start: Path, tmp_path: Path
) -> None:
    """Link and stamp stand; price, stamp and role are left, and the run is over."""
    with here(start, tmp_path / "a") as world:
        world.ports.stripe.cancel_subscription(SUB, note="by rita")
        _, steps = world.apply(plan)
        found = [steps[LANE, place].state for place in range(4)]

        assert found == ["verified", "verified", "held", "planned"]
        assert world.ports.workos.membership(MEMBER).every_role == ("member",)
        store = world.open()
        assert runs.unfinished(store, steps[LANE, 0].run) == 0
        store.close()
