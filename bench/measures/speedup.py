"""The tool beside the sequential script: as much faster as the limits allow?"""

from __future__ import annotations

from bench.figures import Call, budget, reading_bound_s, timeline, wall_s
from bench.scenarios import LATENCY_S, Migration, Scenarios
from bench.table import Row, at_least, at_most

LEAST = 0.95
ENOUGH_S = 45.0


def speedup(scenarios: Scenarios) -> list[Row]:
    """Compare the writing, the whole job, and what both leave behind."""
    part, ours = scenarios.part
    calls, theirs, script_s = scenarios.script
    differing = [
        name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)
    ]
    return [
        _writing(scenarios.live, calls),
        _whole_job(scenarios.live, calls, script_s),
        _timeline(scenarios.live),
        Row(
            measure="… links and metadata that differ after both",
            measured=str(len(differing)),
            target="0",
            verdict=at_most(len(differing), 0),
            how=f"of {len(ours):,} objects; {part.migrated:,} migrated",
        ),
    ]


def _customers(calls: list[Call]) -> int:
    return len({customer for call in calls for customer in call.customers})


def _writing(run: Migration, calls: list[Call]) -> Row:
    """Both sides from the first write to the last: memberships are read before."""
    writes = [call for call in calls if call.writes]
    script = _customers(calls) / wall_s(writes)
    least = budget(run.phases.apply, run.rates)
    limit = run.migrated / least.seconds
    tool = run.migrated / max(wall_s(run.phases.apply), run.phase_s("Engine"))
    ratio = (tool / script) / (limit / script)
    return Row(
        measure="speed-up over the sequential script ÷ what the limit allows",
        measured=f"{ratio:.3f} (x {tool / script:.1f} of x {limit / script:.1f})",
        target=f"≥ {LEAST}",
        verdict=at_least(ratio, LEAST, judged=least.seconds >= ENOUGH_S),
        how=(
            f"customers written a second: tool {tool:.2f}, script {script:.2f} "
            f"(measured on {_customers(calls)}), limit {limit:.2f}"
        ),
    )


def _whole_job(run: Migration, calls: list[Call], script_s: float) -> Row:
    """From start to end: the script's seconds a customer, taken from its part."""
    phases = run.phases
    stages = (phases.lists, phases.memberships, phases.missing, phases.read_back)
    least = sum(reading_bound_s(stage, run.rates, LATENCY_S) for stage in stages)
    least += budget(phases.apply, run.rates).seconds
    script = script_s / _customers(calls) * run.migrated
    wall = run.answer.wall_s
    return Row(
        measure="… the whole job, start to end, read back by the tool only",
        measured=(
            f"{least / wall:.3f} (x {script / wall:.1f} of x {script / least:.1f})"
        ),
        how=(
            f"{run.migrated:,} customers: tool {wall:.0f} s, script {script:.0f} s "
            f"(from {script_s:.0f} s for {_customers(calls)}), limits {least:.0f} s"
        ),
    )


def _timeline(run: Migration) -> Row:
    answer = run.answer
    parts = timeline(run.phases, answer.began, answer.ended)
    return Row(
        measure="… where the tool's time went",
        measured=f"{answer.wall_s:.1f} s",
        how=", ".join(f"{name} {seconds:.1f}" for name, seconds in parts),
    )
