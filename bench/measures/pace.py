"""How near the tool comes to what the limits allow, and how often it is refused."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Call, budget, doubled, reading_bound_s, refused, wall_s
from bench.scenarios import FOREIGN_SHARE, LATENCY_S, Migration, Scenarios
from bench.table import Row, at_most

APPLY_MOST, OBSERVE_MOST, REFUSED_MOST = 1.05, 1.15, 0.02
# Below these a round trip at the end weighs more than the pace.
APPLY_ENOUGH_S, OBSERVE_ENOUGH_S, READ_BACK_ENOUGH_S = 45.0, 10.0, 5.0
SHARE_ENOUGH = 1_000  # calls: the first seconds, while it learns, weigh less then


def apply(scenarios: Scenarios) -> list[Row]:
    """Give the wall of the apply phase over its slowest limiter's budget."""
    return [_applied(scenarios.live), _applied(scenarios.test)]


def _applied(run: Migration) -> Row:
    least = budget(run.phases.apply, run.rates)
    server_s, client_s = wall_s(run.phases.apply), run.phase_s("Engine")
    ratio = max(server_s, client_s) / least.seconds
    return Row(
        measure=f"apply phase: wall ÷ budget ({run.mode} mode)",
        measured=f"{ratio:.3f}",
        target=f"≤ {APPLY_MOST}",
        verdict=at_most(ratio, APPLY_MOST, judged=least.seconds >= APPLY_ENOUGH_S),
        how=(
            f"{run.migrated:,} customers; {client_s:.1f} s by the client, "
            f"{server_s:.1f} s by the server's log; {least} = {least.seconds:.1f} s; "
            f"CPU of the client {run.answer.watch['cpu_s']['Engine']:.1f} s"
        ),
    )


def observe(scenarios: Scenarios) -> list[Row]:
    """Give the wall of observing and of reading back over the least they can take."""
    rows: list[Row] = []
    for run in (scenarios.live, scenarios.test):
        rows += [_observed(run), _in_stages(run), _read_back(run)]
    return rows


def _bound_s(run: Migration, calls: Sequence[Call]) -> float:
    return reading_bound_s(calls, run.rates, LATENCY_S)


def _observed(run: Migration) -> Row:
    calls = run.phases.observe
    wall, least = wall_s(calls), _bound_s(run, calls)
    return Row(
        measure=f"observe as a whole: wall ÷ bound ({run.mode} mode)",
        measured=f"{wall / least:.3f}",
        target=f"≤ {OBSERVE_MOST}",
        verdict=at_most(wall / least, OBSERVE_MOST, judged=least >= OBSERVE_ENOUGH_S),
        how=f"{len(calls):,} calls in {wall:.1f} s; bound {least:.1f} s",
    )


def _in_stages(run: Migration) -> Row:
    """Explain the figure above: each stage waits for the one before it."""
    phases = run.phases
    stages = (
        ("lists", phases.lists),
        ("memberships", phases.memberships),
        ("missing customers", phases.missing),
    )
    bounds = [(name, calls, _bound_s(run, calls)) for name, calls in stages if calls]
    told = [
        f"{name} {wall_s(calls):.1f} ÷ {bound:.1f} s" for name, calls, bound in bounds
    ]
    least = sum(bound for _, _, bound in bounds)
    return Row(
        measure="… the same over the sum of its stages' bounds",
        measured=f"{wall_s(phases.observe) / least:.3f}",
        how=", ".join(told),
    )


def _read_back(run: Migration) -> Row:
    calls = run.phases.read_back
    if not calls:
        return Row(measure=f"read-back ({run.mode} mode)", measured="no calls")
    least = _bound_s(run, calls)
    wall = max(wall_s(calls), run.phase_s("ReadBack"))
    return Row(
        measure=f"read-back: wall ÷ bound ({run.mode} mode)",
        measured=f"{wall / least:.3f}",
        target=f"≤ {OBSERVE_MOST}",
        verdict=at_most(wall / least, OBSERVE_MOST, judged=least >= READ_BACK_ENOUGH_S),
        how=f"{len(calls):,} calls in {wall:.1f} s; bound {least:.1f} s",
    )


def refusals(scenarios: Scenarios) -> list[Row]:
    """Count the answers 429: alone, and while others use a part of each limit."""
    alone = [scenarios.live, scenarios.test]
    count = sum(refused(run.calls) for run in alone)
    calls = sum(len(run.calls) for run in alone)
    first = Row(
        measure="answers 429, nobody else there",
        measured=str(count),
        target="0",
        verdict=at_most(count, 0),
        how=f"of {calls:,} calls, live and test mode",
    )
    run, left = scenarios.foreign
    return [first, _refused_share(run), _nothing_lost(run, left)]


def _refused_share(run: Migration) -> Row:
    """Judge by the calls of the limiter that refused most: the strictest reading."""
    least = budget(run.phases.apply, run.rates)
    met = [c for c in run.phases.apply if least.limiter in run.rates(c.name)]
    share = refused(met) / max(1, len(met))
    return Row(
        measure=f"answers 429, {FOREIGN_SHARE:.0%} foreign load",
        measured=f"{share:.2%}",
        target=f"≤ {REFUSED_MOST:.0%}",
        verdict=at_most(share, REFUSED_MOST, judged=len(met) >= SHARE_ENOUGH),
        how=(
            f"{refused(met)} of {len(met):,} calls of {least.limiter} at "
            f"{least.per_second:g}/s; {refused(run.calls)} of all {len(run.calls):,}; "
            f"wall ÷ budget {run.phase_s('Engine') / least.seconds:.3f}"
        ),
    )


def _nothing_lost(run: Migration, left: dict[str, object]) -> Row:
    twice = doubled(run.calls)
    lost = run.not_well + twice + int(str(left.get("ready", 0)))
    return Row(
        measure="… effects lost, doubled or left to do",
        measured=str(lost),
        target="0",
        verdict=at_most(lost, 0),
        how=(
            f"{run.verified:,} steps read back, {run.not_well} not; {twice} objects "
            f"changed twice; a new plan has {left.get('ready', 0)} customers to do"
        ),
    )
