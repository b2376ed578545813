"""`kill -9` while subscribers are moved, with faults: nobody is charged, none lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from tests.proof.bringing import NO_FENCE, Scene
from tests.proof.conftest import Report
from tests.proof.ground import JITTER_MS, LATENCY_MS, Json, fault_rules, wait_for
from tests.proof.rig import FAST, Answer, Child, Reference, Rig, load_average
from tests.proof.test_kill import Kill, Killer, Trial, figures
from tests.proof.viewing import view

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3_600)]

SEED = 7
# Slow enough that every kill finds something still to be done.
SLOW = "stripe-global = 12"
MODEST = "stripe-global = 30"
FULL = Trial(
    people=300, linked=0, starts=20, observes=30, busy=0, anywhere=150, ends=10,
    faults=0.02, min_busy=0, min_dropped=4,
)  # fmt: skip
SHORT = Trial(
    people=100, linked=0, starts=1, observes=1, busy=0, anywhere=3, ends=1,
    faults=0.02, min_busy=0, min_dropped=0,
)  # fmt: skip
MOST_LATE_S = 0.15
LATE = 10  # kills of the last ones that may find the run ended
SIGNED_IN = {"session", "user", "signing_key"}


class OverError(Exception):
    """The run has ended: nothing is left to kill."""


@dataclass(kw_only=True)
class Mover(Killer):
    """Kills `migrate apply` with all its parts, and goes on with `run resume`."""

    scene: Scene

    def run(self) -> Iterator[Kill]:
        """Kill at every moment, or until a kill came when all was done and noted."""
        with suppress(OverError):
            yield from super().run()

    def finish(self) -> Answer:
        """Go on to the end; where it had come already, ask what the run did."""
        answer = super().finish()
        return self.laptop.run("run", "show", "1") if _is_over(answer) else answer

    def _go_on(self, child: Child, command: tuple[str, ...]) -> tuple[str, ...]:
        if _is_over(child.wait()):
            raise OverError
        return super()._go_on(child, command)

    def _start(self) -> tuple[tuple[str, ...], Child]:
        self.is_open = self.is_open or self.ground.count_effects() > 0
        words = (*self.scene.words, *NO_FENCE, *self.scene.lowering)
        begun = ("run", "resume")
        command = begun if self.is_open else ("migrate", "apply", *words)
        return command, self.laptop.start(*command)

    def _reading_back(self, delay_s: float) -> Callable[[Child], None]:
        return super()._reading_back(min(delay_s, self.chance.uniform(0, MOST_LATE_S)))


def test_subscribers_moved_through_kills_end_as_if_undisturbed(
    rig: Rig, in_full: bool, report: Report
) -> None:
    """Same end, one call a subscription, same renewals, no invoice, no event more."""
    trial = FULL if in_full else SHORT
    began, start = time.monotonic(), int(time.time())
    calm = Scene.of(rig, trial.people, SEED, start=start)
    answer = calm.apply()
    assert answer.code == 0, answer.out
    log = calm.ground.log()
    reference = Reference(
        world=_told(calm), changes=log.changes, events=calm.ground.events()
    )
    calm.ground.stop()

    scene = Scene.of(
        rig,
        trial.people,
        SEED,
        start=start,
        config=FAST.replace("stripe-global = 400", SLOW if in_full else MODEST),
        latency_ms=LATENCY_MS,
        jitter_ms=JITTER_MS,
    )
    scene.ground.break_things(fault_rules(SEED, trial.faults))
    mover = Mover(
        scene=scene,
        ground=scene.ground,
        laptop=scene.laptop,
        trial=trial,
        effects=reference.changes.total(),
        chance=random.Random(SEED),
    )
    kills = [_short(kill) for kill in mover.run()]
    last = mover.finish()
    log = scene.ground.log()
    lines = figures(log, kills, reference)
    lines += [f"ends by faults alone: {mover.early}; last exit: {last.code}"]
    lines += [f"{time.monotonic() - began:.0f} s, load {load_average()}"]
    report("kill -9 among subscribers, and resume", lines)

    assert (last.code, set(last.steps)) == (0, {"verified"}), last.out
    assert _different(reference.world, _told(scene)) == []
    assert (log.doubled, log.changes) == ({}, reference.changes)
    assert scene.ground.events() == reference.events
    scene.ground.front.faults.remove()
    assert scene.judge.faults(view(scene.ground)) == {}
    assert len(kills) >= trial.kills - LATE
    assert log.dropped_after_effect >= trial.min_dropped
    again = scene.plan("--check")
    assert (again.code, again.data["data"]["ready"]) == (3, 0)


def _is_over(answer: Answer) -> bool:
    return [error["code"] for error in answer.data["errors"]] == ["no-open-run"]


def _short(kill: Kill) -> Kill:
    """Leave the flags out."""
    return replace(kill, command=" ".join(kill.command.split()[:2]))


def _told(scene: Scene) -> dict[tuple[str, str], Json]:
    """Give the world but for who signed in, which the judge has users do."""
    wait_for(lambda: scene.ground.in_flight == 0, 3.0)
    world = scene.ground.world()
    return {name: body for name, body in world.items() if name[0] not in SIGNED_IN}


def _different(
    one: Mapping[tuple[str, str], Json], other: Mapping[tuple[str, str], Json]
) -> list[tuple[str, str]]:
    names = one.keys() | other.keys()
    return [name for name in sorted(names) if one.get(name) != other.get(name)]
