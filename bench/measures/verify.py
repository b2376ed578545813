"""What `eleva verify` takes: calls a user, time against the limits, memory."""

from __future__ import annotations

import time
from pathlib import Path

from bench.figures import Call, budget, refused, wall_s
from bench.limiters import rates
from bench.measures.footprint import MEMORY_MOST_MB
from bench.places import Answer, BrokenError, Laptop, cores
from bench.scenarios import JITTER_MS, LATENCY_MS, Scenarios
from bench.table import Row, at_most
from eleva_cli.inputs.catalogue import read
from tests.sound_business import Town

WALL_MOST = 1.05
ENOUGH_S = 45.0


def verify(scenarios: Scenarios) -> list[Row]:
    """Look once at a sound business, everything, with test keys."""
    people = scenarios.sizes.verified
    scenarios.say(f"verifying {people:,} people, test keys")
    town = Town(catalogue=read(None), now=int(time.time()))
    town.grow(people)
    server = scenarios.server
    server.fill(1, live=False, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)
    server.ask("/_sandbox/reset", {})
    server.ask("/_sandbox/seed", town.document())
    core = cores()
    laptop = Laptop(
        folder=_folder(scenarios),
        server=server,
        live=False,
        core=core[1] if core else None,
    )
    answer = laptop.run("verify", timeout_s=scenarios.sizes.timeout_s)
    if answer.code:
        raise BrokenError(f"exit {answer.code}: {answer.err.strip()[-300:]}")
    return _rows(people, answer, server.calls())


def _folder(scenarios: Scenarios) -> Path:
    return scenarios.folder / "verifying"


def _timeline(calls: list[Call], answer: Answer) -> str:
    """Say from when to when each kind of call was made, by the process's own time."""
    spans: dict[str, tuple[float, float]] = {}
    for call in calls:
        first, last = spans.get(call.name, (call.began, call.ended))
        spans[call.name] = (min(first, call.began), max(last, call.ended))
    told = sorted(spans.items(), key=lambda pair: pair[1])
    return ", ".join(
        f"{name.removeprefix('GET ')} {first - answer.began:.1f} to"
        f" {last - answer.began:.1f}"
        for name, (first, last) in told
    )


def _rows(people: int, answer: Answer, calls: list[Call]) -> list[Row]:
    least = budget(calls, rates(live=False))
    wall = wall_s(calls)
    ratio = wall / least.seconds
    peak = answer.watch["peak_kb"] / 1024
    found = answer.data["data"]["audit"]
    return [
        Row(
            measure=f"verify {people:,} users: wall ÷ budget",
            measured=f"{ratio:.3f}",
            target=f"≤ {WALL_MOST}",
            verdict=at_most(ratio, WALL_MOST, judged=least.seconds >= ENOUGH_S),
            how=(
                f"{wall:.1f} s by the server's log, {answer.wall_s:.1f} s of the whole"
                f" process; {least} = {least.seconds:.1f} s; CPU of the client"
                f" {answer.watch['cpu_s']['all']:.1f} s"
            ),
        ),
        Row(
            measure="… where the time went",
            measured=f"{answer.wall_s:.1f} s",
            how=_timeline(calls, answer),
        ),
        Row(
            measure="… calls a user",
            measured=f"{len(calls) / people:.3f}",
            how=(
                f"{len(calls):,} calls, one an organization of"
                f" {found['checked']['organizations']:,}, as WorkOS lists no"
                f" memberships in bulk; {found['depth']['exact']:,} customers asked for"
                " their entitlements"
            ),
        ),
        Row(
            measure="… answers 429",
            measured=str(refused(calls)),
            target="0",
            verdict=at_most(refused(calls), 0),
        ),
        Row(
            measure="… peak memory, the answer told as JSON",
            measured=f"{peak:.0f} MB",
            target=f"≤ {MEMORY_MOST_MB:.0f} MB",
            verdict=at_most(peak, MEMORY_MOST_MB),
        ),
    ]
