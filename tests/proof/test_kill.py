"""`kill -9` again and again, with faults on: the end is as if nothing had happened."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.proof.conftest import Report
from tests.proof.ground import (
    BUSY,
    JITTER_MS,
    LATENCY_MS,
    Ground,
    Log,
    fault_rules,
    wait_for,
)
from tests.proof.rig import (
    FAST,
    Answer,
    Child,
    Laptop,
    Reference,
    Rig,
    load_average,
    nothing_left,
    table,
)

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

# Watched for, so that still more than BUSY are in flight when the signal arrives.
WATCHED = BUSY + 3
REST = 60  # changes left for the last of them: fewer would not keep it busy
PATIENCE_S = 20.0
TURNS = 5
ON_ITS_OWN = (5, 6)  # in part, or could not check: what faults may bring about


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How much is killed how often; `people` are made, most of them to be linked."""

    people: int
    linked: int
    starts: int
    observes: int
    busy: int
    anywhere: int
    ends: int
    faults: float
    min_busy: int
    min_dropped: int

    @property
    def kills(self) -> int:
        return self.starts + self.observes + self.busy + self.anywhere + self.ends


FULL = Trial(
    people=650, linked=400, starts=3, observes=5, busy=34, anywhere=5, ends=3,
    faults=0.02, min_busy=30, min_dropped=20,
)  # fmt: skip
SHORT = Trial(
    people=100, linked=60, starts=0, observes=1, busy=2, anywhere=0, ends=1,
    faults=0.02, min_busy=2, min_dropped=1,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: what moment was waited for, when it came, what the tool was doing."""

    moment: str
    command: str
    at: float
    changed: int


@dataclass(kw_only=True)
class Killer:
    """Starts the tool, kills it at chosen moments, and starts it again."""

    ground: Ground
    laptop: Laptop
    trial: Trial
    effects: int
    chance: random.Random
    is_open: bool = False
    early: int = 0  # ends that nobody asked for

    def moments(self) -> Iterator[tuple[str, Callable[[Child], None]]]:
        """Give the moments in the order in which a run comes to them."""
        for _ in range(self.trial.starts):
            yield "start-up", self._a_while
        for _ in range(self.trial.observes):
            yield "observing", self._observing
        marks = [("5 in flight", n) for n in range(self.trial.busy)]
        marks += [("anywhere", n) for n in range(self.trial.anywhere)]
        self.chance.shuffle(marks)
        for number, (name, _) in enumerate(marks):
            share = (number + self.chance.random()) / len(marks)
            yield name, self._at_effect(int(share * (self.effects - REST)), name)
        for number in range(self.trial.ends):
            yield "reading back", self._reading_back(number * 0.08)

    def run(self) -> Iterator[Kill]:
        """Kill at every moment; a process that ends before is started again."""
        for name, wait in self.moments():
            command, child = self._start()
            wait(child)
            while not child.is_alive:
                command = self._go_on(child, command)
                child = self.laptop.start(*command)
                wait(child)
            at = child.kill()
            yield Kill(
                moment=name,
                command=" ".join(command),
                at=at,
                changed=self.ground.count_effects(),
            )

    def finish(self) -> Answer:
        """Go on undisturbed but for the faults, as often as they make it end early."""
        for _ in range(TURNS):
            answer = self.laptop.run("run", "resume")
            if answer.code not in ON_ITS_OWN:
                break
            self.early += 1
        return answer

    def _start(self) -> tuple[tuple[str, ...], Child]:
        self.is_open = self.is_open or self.ground.count_effects() > 0
        command = (
            ("run", "resume")
            if self.is_open
            else ("migrate", "apply", "--only", "links")
        )
        return command, self.laptop.start(*command)

    def _go_on(self, child: Child, command: tuple[str, ...]) -> tuple[str, ...]:
        """Read as an operator would why it ended, and give the next command."""
        answer = child.wait()
        errors = [error["code"] for error in answer.data["errors"]]
        if answer.code == 4 and errors == ["run-open"]:
            self.is_open = True
            return "run", "resume"
        assert answer.code in ON_ITS_OWN, f"{command}: {answer}"
        self.early += 1
        return command

    def _until(self, child: Child, is_so: Callable[[], bool]) -> None:
        wait_for(lambda: is_so() or not child.is_alive, PATIENCE_S)

    def _a_while(self, child: Child) -> None:
        self._until(child, lambda: child.age_s > self._spread)

    def _observing(self, child: Child) -> None:
        self._until(child, lambda: self.ground.in_flight > 0)
        until = time.monotonic() + self.chance.uniform(0.0, 1.5)
        self._until(child, lambda: time.monotonic() > until)

    def _at_effect(self, number: int, name: str) -> Callable[[Child], None]:
        delay_s = self.chance.uniform(0.0, 2.0)

        def wait(child: Child) -> None:
            if name == "anywhere":
                self._until(child, lambda: child.age_s > delay_s)
            self._until(child, lambda: self.ground.count_effects() >= number)
            if name != "anywhere":
                self._until(child, lambda: self.ground.in_flight >= WATCHED)

        return wait

    def _reading_back(self, delay_s: float) -> Callable[[Child], None]:
        """Everything is changed and answered, and requests go out again."""

        def wait(child: Child) -> None:
            self._until(child, lambda: self.ground.count_effects() >= self.effects)
            self._until(child, lambda: self.ground.in_flight == 0)
            self._until(child, lambda: self.ground.in_flight > 0)
            until = time.monotonic() + delay_s
            self._until(child, lambda: time.monotonic() > until)

        return wait

    @property
    def _spread(self) -> float:
        return self.chance.uniform(0.05, 1.0)


def killer_of(rig: Rig, trial: Trial, reference: Reference) -> Killer:
    """Set up the same business as the reference, with faults; in full, real limits."""
    is_full = trial is FULL
    ground = rig.ground(
        trial.people,
        7,
        limits_enabled=is_full,
        latency_ms=LATENCY_MS,
        jitter_ms=JITTER_MS,
    )
    ground.break_things(fault_rules(7, trial.faults))
    return Killer(
        ground=ground,
        laptop=rig.laptop(ground, "" if is_full else FAST),
        trial=trial,
        effects=reference.changes.total(),
        chance=random.Random(7),
    )


def test_a_run_killed_again_and_again_ends_as_if_undisturbed(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """The same end state, no effect twice, none missing, by the server's own log."""
    trial = FULL if in_full else SHORT
    began = time.monotonic()
    reference = rig.undisturbed(trial.people, 7)
    killer = killer_of(rig, trial, reference)
    kills = list(killer.run())
    last = killer.finish()
    log = killer.ground.log()
    lines = figures(log, kills, reference)
    lines += [f"ends by faults alone: {killer.early}; last exit: {last.code}"]
    lines += [f"{time.monotonic() - began:.0f} s, load {load_average()}"]
    report("kill -9, and resume", lines)

    assert (last.code, set(last.steps)) == (0, {"verified"}), last.out
    assert last.steps["verified"] == reference.changes.total()
    reference.compare(killer.ground)
    assert linked(reference) >= trial.linked
    assert len(kills) == trial.kills
    assert sum(len(log.under_way(kill.at)) >= BUSY for kill in kills) >= trial.min_busy
    assert log.dropped_after_effect >= trial.min_dropped
    if in_full:
        killer.ground.front.faults.remove()
        nothing_left(killer.laptop)


def linked(reference: Reference) -> int:
    return sum('"kind": "organization"' in change for change in reference.changes)


def figures(log: Log, kills: list[Kill], reference: Reference) -> list[str]:
    """Say what happened, as the server saw it."""
    rows = []
    for number, kill in enumerate(kills, start=1):
        flying = log.under_way(kill.at)
        writes = sum(call["method"] != "GET" for call in flying)
        unheard = sum(call["effect"] is not None for call in flying)
        row = (number, kill.moment, kill.command, kill.changed)
        rows.append((*row, len(flying), writes, unheard))
    columns = ("kill", "moment", "command", "changed", "in flight", "writes", "unheard")
    facts = {
        "organizations linked": linked(reference),
        "changes in all": reference.changes.total(),
        "kills": len(kills),
        f"kills with {BUSY} or more in flight": sum(row[4] >= BUSY for row in rows),
        "changes whose answer a kill cut off": sum(row[6] for row in rows),
        "answers dropped after the effect": log.dropped_after_effect,
        "faults met": dict(sorted(log.faults.items())),
        "429 answers": log.answered(429),
        "changes missing": (reference.changes - log.changes).total(),
        "objects changed twice": len(log.doubled),
        "other changes": (log.changes - reference.changes).total(),
        "writes that changed nothing": log.idle_writes,
        "replayed answers": log.replays,
    }
    return [*table(columns, rows), *(f"{name}: {fact}" for name, fact in facts.items())]
