"""What moving subscribers takes: link, stamp, price and role, against the limits.

Four endpoints are written in turn for each customer, so that the slowest limiter of
all of them is the budget. Once with limits ten times as wide and a tenth of the
latency, for more people in the same time, with test keys, as the server answers no
faster than that; once as the services are, with live keys.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.figures import Call, budget, doubled, refused, wall_s
from bench.limiters import rates
from bench.places import Answer, BrokenError, Laptop, cores
from bench.scenarios import JITTER_MS, LATENCY_MS, LIVE, Scenarios
from bench.table import Row, at_most
from eleva_cli.pacing.limits import ENDPOINT, SHARED, STRIPE_TEST_GLOBAL
from eleva_cli.sandbox.fleet import Fleet, olden

WALL_MOST = 1.05
ENOUGH_S = 45.0
WIDER = 10.0
OWNERS = '\n[roles]\nsole_owner = "replace"\n'
PREVIEW = "POST /v1/invoices/create_preview"


def moving(scenarios: Scenarios) -> list[Row]:
    """Bring a business on old prices in: scaled, and as it is."""
    sizes = scenarios.sizes
    return [
        *_moved(scenarios, sizes.moved_wide, live=False, wider=WIDER),
        *_moved(scenarios, sizes.moved, live=True, wider=1.0),
    ]


def _moved(scenarios: Scenarios, people: int, *, live: bool, wider: float) -> list[Row]:
    mode = "live" if live else "test"
    scenarios.say(f"moving {people:,} subscribers, {mode} keys, limits x {wider:g}")
    laptop, truth = _business(scenarios, people, wider, live=live)
    folder = laptop.folder / "fleet"
    words = [
        *("migrate", "apply", "--fence", "0h"),
        *(("--events-understood",) if live else ()),
        *("--mapping", str(folder / "mapping.csv")),
        *("--prices", str(folder / "prices.csv")),
        *("--max-lowered", str(truth["lowered"]["replace"])),
    ]
    answer = laptop.run(*words, timeout_s=scenarios.sizes.timeout_s)
    if answer.code:
        raise BrokenError(f"exit {answer.code}: {answer.err.strip()[-300:]}")
    calls, moved = scenarios.server.calls(), truth["expected"]["moved"]
    return _rows(answer, calls, moved, wider, live=live)


def _business(
    scenarios: Scenarios, people: int, wider: float, *, live: bool
) -> tuple[Laptop, dict[str, dict[str, int]]]:
    """Fill the server with subscribers from before the catalogue."""
    server, account = scenarios.server, scenarios.account
    # two people come with the settings; they make room for the others at once
    server.fill(
        2,
        live=live,
        latency_ms=LATENCY_MS / wider,
        jitter_ms=JITTER_MS / wider,
        limits_scale=wider,
    )
    server.ask("/_sandbox/reset", {})
    asked = {"size": people, "seed": 7, "start": int(time.time()), "old_prices": True}
    made = server.ask("/_sandbox/fleet", asked)
    truths = made["truth"]["customers"].values()
    witness = next(
        one["true_organization"] for one in truths if one["expect"] == "link"
    )
    core = cores()
    keys = LIVE.format(account=account, witness=witness) if live else ""
    mode = "live" if live else "test"
    laptop = Laptop(
        folder=scenarios.folder / f"moving-{people}-{wider:g}",
        server=server,
        live=live,
        core=core[1] if core else None,
        config=keys + OWNERS + _limits(wider, live=live),
    )
    prices = list(olden.rows())
    Fleet(
        document={}, truth={}, mapping=made["mapping"], prices=prices, mode=mode
    ).write(laptop.folder / "fleet")
    return laptop, made["truth"]


def _limits(wider: float, *, live: bool) -> str:
    """Tell the tool of the limits that the server has."""
    if wider == 1.0:
        return ""
    known = {**SHARED, **ENDPOINT}
    if not live:
        known["stripe-global"] = STRIPE_TEST_GLOBAL
    lines = [f"{name} = {limit * wider:g}" for name, limit in sorted(known.items())]
    return "\n".join(["", "[limits]", *lines, ""])


def _rows(
    answer: Answer, calls: list[Call], moved: int, wider: float, *, live: bool
) -> list[Row]:
    began, ended = answer.watch["phases"]["Engine"]
    within = [call for call in calls if began <= call.began <= ended]
    of = rates(live=live)
    least = budget(within, of)
    seconds = least.seconds / wider
    wall = max(wall_s(within), ended - began)
    return [
        Row(
            measure=f"move {moved:,} subscriptions, limits x {wider:g}: wall ÷ budget",
            measured=f"{wall / seconds:.3f}",
            target=f"≤ {WALL_MOST}",
            verdict=at_most(wall / seconds, WALL_MOST, judged=seconds >= ENOUGH_S),
            how=(
                f"{wall:.1f} s; {least}, x {wider:g} = {seconds:.1f} s;"
                f" {_endpoints(within)}; whole process {answer.wall_s:.1f} s; CPU of"
                f" the client {answer.watch['cpu_s']['Engine']:.1f} s"
            ),
        ),
        Row(
            measure="… calls a moved subscription",
            measured=f"{len(within) / max(1, moved):.2f}",
            how=(
                f"{len(within):,} calls while it applied,"
                f" {sum(call.name == PREVIEW for call in calls):,} previews in all"
            ),
        ),
        Row(
            measure="… answers 429, objects changed twice",
            measured=f"{refused(calls)}, {doubled(calls)}",
            target="0, 0",
            verdict=at_most(refused(calls) + doubled(calls), 0),
        ),
    ]


def _endpoints(calls: Sequence[Call]) -> str:
    """Name the endpoints that were written, and how often."""
    names = sorted({call.name for call in calls if call.objects})
    counts = [sum(call.name == name for call in calls) for name in names]
    return ", ".join(
        f"{name} {count:,}" for name, count in zip(names, counts, strict=True)
    )
