"""The same apply at once from two laptops that know nothing of each other."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.proof.conftest import Report
from tests.proof.ground import BUSY, JITTER_MS, LATENCY_MS, Ground, Log, wait_for
from tests.proof.rig import Answer, Child, Rig, load_average, nothing_left, table

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

PATIENCE_S = 30.0
SOON_S = 0.2
# Slow links have both at work for some seconds, even if one was late to start.
SLOW_LINKS = {"kind": "latency", "method": "PUT", "seconds": 1.5}
# what becomes of the two: both go on, one is killed, both are
WAYS = ("both", "one killed", "both killed", "both", "one killed")
KILLED = {"both": 0, "one killed": 1, "both killed": 2}
PEOPLE, PEOPLE_SHORT = 80, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: its two laptops, how each came to its end, and what the server saw."""

    way: str
    answers: Sequence[Answer]
    killed_in_flight: Sequence[int]
    log: Log
    changes: int

    def row(self, number: int) -> tuple[object, ...]:
        first, second = (sum(answer.steps.values()) for answer in self.answers)
        return (
            number,
            self.way,
            "/".join(str(flying) for flying in self.killed_in_flight) or "-",
            "/".join(str(answer.code) for answer in self.answers),
            f"{first}/{second}",
            self.changes,
            len(self.log.doubled),
            self.log.idle_writes,
            self.log.replays,
            self.log.answered(409),
        )


COLUMNS = (
    "round", "way", "in flight at kill", "exits", "steps", "changes", "twice",
    "idle writes", "replays", "409s",
)  # fmt: skip


def is_applying(child: Child) -> bool:
    """Tell that its journal has a run, which it opens right before it writes."""
    for journal in child.folder.rglob("journal.db"):
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as conn:
            tables = conn.execute(
                "select count(*) from sqlite_master where name = 'runs'"
            ).fetchone()[0]
            if tables and conn.execute("select count(*) from runs").fetchone()[0]:
                return True
    return False


def kill_when_busy(ground: Ground, pair: list[Child], count: int) -> list[float]:
    """Kill so many of the two, while both are at work."""
    assert wait_for(lambda: all(is_applying(child) for child in pair), PATIENCE_S)
    time.sleep(SOON_S)
    assert wait_for(lambda: ground.in_flight >= 2 * BUSY, PATIENCE_S)
    return [child.kill() for child in pair[:count]]


def play(rig: Rig, ground: Ground, way: str) -> tuple[list[Answer], list[float]]:
    """Start both at once, kill as the way says, and have both come to their ends."""
    pair = [rig.laptop(ground) for _ in range(2)]
    children = [laptop.start("migrate", "apply", "--only", "links") for laptop in pair]
    killed = pair[: KILLED[way]]
    times = kill_when_busy(ground, children, len(killed)) if killed else []
    # what the killed one left is done from the other folder before its own resumes
    ended = [laptop.children[-1].wait() for laptop in pair if laptop not in killed]
    resumed = [laptop.run("run", "resume") for laptop in reversed(killed)]
    return [*ended, *resumed], times


def play_round(rig: Rig, number: int, people: int) -> Round:
    """Play one round with a fresh business, and hold it against an undisturbed run."""
    seed_number, way = 100 + number, WAYS[number % len(WAYS)]
    reference = rig.undisturbed(people, seed_number)
    ground = rig.ground(people, seed_number, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)
    ground.break_things([SLOW_LINKS])
    answers, times = play(rig, ground, way)
    log = ground.log()
    reference.compare(ground)
    if people == PEOPLE:
        nothing_left(rig.laptops[-1])
    ground.stop()
    return Round(
        way=way,
        answers=answers,
        killed_in_flight=[len(log.under_way(at)) for at in times],
        log=log,
        changes=reference.changes.total(),
    )


def test_the_same_apply_from_two_laptops_is_done_once(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Both end well, every object is changed once, and the end state is the same."""
    began = time.monotonic()
    people, number_of_rounds = (PEOPLE, 10) if in_full else (PEOPLE_SHORT, 3)
    rounds = [play_round(rig, n, people) for n in range(number_of_rounds)]
    rows = [each.row(number) for number, each in enumerate(rounds, start=1)]
    lines = table(COLUMNS, rows)
    lines += [f"{time.monotonic() - began:.0f} s, load {load_average()}"]
    report("the same apply from two state folders at once", lines)

    for each in rounds:
        assert [answer.code for answer in each.answers] == [0, 0]
        assert {state for answer in each.answers for state in answer.steps} <= {
            "verified",
            "unchanged",
        }
        assert all(flying >= BUSY for flying in each.killed_in_flight)
    # they did meet: each planned nearly the same work
    assert all(
        min(sum(answer.steps.values()) for answer in each.answers) > each.changes / 2
        for each in rounds
    )
