"""What `eleva invite import` takes: time against the limits, calls a grant."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.figures import Call, Rates, budget, refused, wall_s
from bench.limiters import rates
from bench.places import Answer, BrokenError, Laptop, cores
from bench.scenarios import JITTER_MS, LATENCY_MS, Scenarios
from bench.table import Row, at_most
from eleva_cli.inputs.catalogue import read
from tests.sound_business import Town

WALL_MOST = 1.05
ENOUGH_S = 45.0
BAD_EVERY = 20  # one row in so many is bad
PARTIAL = 5


def invite(scenarios: Scenarios) -> list[Row]:
    """Grant once from a file, to people who have no customer yet, with test keys."""
    count = scenarios.sizes.granted
    scenarios.say(f"granting {count:,} rows, test keys")
    town = Town(catalogue=read(None), now=int(time.time()))
    for _ in range(count):
        town.house()
    server = scenarios.server
    server.fill(1, live=False, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)
    server.ask("/_sandbox/reset", {})
    server.ask("/_sandbox/seed", town.document())
    core = cores()
    laptop = Laptop(
        folder=scenarios.folder / "granting",
        server=server,
        live=False,
        core=core[1] if core else None,
    )
    path = scenarios.folder / "grants.csv"
    _write(path, town)
    words = ["invite", "import", str(path), "--skip-invalid"]
    answer = laptop.run(
        *words, "--max-grants", str(count), timeout_s=scenarios.sizes.timeout_s
    )
    if answer.code != PARTIAL:
        raise BrokenError(f"exit {answer.code}: {answer.err.strip()[-300:]}")
    return _rows(answer, server.calls())


def _write(path: Path, town: Town) -> None:
    """Write a row for each house; a bad one names a user whom nobody knows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("user", "tier", "for"))
        for number, house in enumerate(town.houses):
            is_bad = number % BAD_EVERY == BAD_EVERY - 1
            whom = f"no{number}@example.com" if is_bad else house.user
            writer.writerow((whom, ("community", "top")[number % 2], "6mo"))


def phases(calls: Iterable[Call]) -> tuple[Sequence[Call], ...]:
    """Sort calls by when they began: before, among and after the writes."""
    ordered = sorted(calls, key=lambda call: call.began)
    writes = [call.began for call in ordered if call.writes]
    if not writes:
        return (ordered,)
    first, last = writes[0], writes[-1]
    return (
        [call for call in ordered if call.began < first],
        [call for call in ordered if first <= call.began <= last],
        [call for call in ordered if call.began > last],
    )


def _rows(answer: Answer, calls: list[Call]) -> list[Row]:
    told = answer.data["data"]
    granted = told["granted"]
    parts = phases(calls)
    least = [budget(part, rates(live=False)) for part in parts]
    seconds = sum(each.seconds for each in least)
    wall = wall_s(calls)
    ratio = wall / seconds
    return [
        Row(
            measure=f"import {granted:,} grants: wall ÷ budget",
            measured=f"{ratio:.3f}",
            target=f"≤ {WALL_MOST}",
            verdict=at_most(ratio, WALL_MOST, judged=seconds >= ENOUGH_S),
            how=(
                f"{wall:.1f} s by the server's log, {answer.wall_s:.1f} s of the whole"
                f" process; {_spans(parts, rates(live=False))}; CPU of the client"
                f" {answer.watch['cpu_s']['all']:.1f} s"
            ),
        ),
        Row(
            measure="… calls a grant",
            measured=f"{len(calls) / max(1, granted):.2f}",
            how=(
                f"{len(calls):,} calls, {sum(call.writes for call in calls):,} of them"
                f" writes; {told['refused']:,} rows came back"
            ),
        ),
        Row(
            measure="… answers 429",
            measured=str(refused(calls)),
            target="0",
            verdict=at_most(refused(calls), 0),
        ),
    ]


def _spans(parts: Iterable[Sequence[Call]], of: Rates) -> str:
    """Say of each phase how long it took and what the limits asked for."""
    names = ("deciding", "applying", "looking back")
    return ", ".join(
        f"{name} {wall_s(part):.1f} s for {budget(part, of)} ="
        f" {budget(part, of).seconds:.1f} s"
        for name, part in zip(names, parts, strict=False)
    )
