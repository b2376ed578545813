"""What the tool takes of the machine: memory while planning, time to start."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.places import BrokenError, Json, cores, environment, pin, wait
from bench.scenarios import Scenarios
from bench.table import Row, at_most, broken
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, WORKOS_KEY

MEMORY_MOST_MB, FLAT_MOST = 300.0, 1.25
STARTUP_MOST = 0.6
HELLO = '''
import typer

def greet(name: str) -> None:
    """Say hello."""
    print(f"Hello {name}")

def main() -> None:
    typer.run(greet)
'''
# What pip writes for a console script.
STUB = (
    "import sys\nfrom {module} import main\nsys.argv[0] = {name!r}\nsys.exit(main())\n"
)


def memory(scenarios: Scenarios) -> list[Row]:
    """Plan businesses of growing size, each in a process of its own."""
    found: list[tuple[int, Json]] = []
    rows: list[Row] = []
    for size in scenarios.sizes.planned:
        scenarios.say(f"planning {size:,} customers")
        try:
            peaks = _planned(scenarios, size)
        except BrokenError as error:
            rows.append(broken(f"peak memory planning {size:,} customers", error))
            continue
        found.append((size, peaks))
        rows += _peaks(size, peaks)
    return [*rows, *_growth(found)]


def _planned(scenarios: Scenarios, size: int) -> Json:
    folder = scenarios.folder / f"plan-{size}"
    folder.mkdir()
    file = folder / "peaks.json"
    nowhere = "http://127.0.0.1:1"
    env = environment(
        ELEVA_STATE_DIR=str(folder / "state"),
        ELEVA_STRIPE_API_BASE=nowhere,
        ELEVA_WORKOS_API_BASE=nowhere,
        STRIPE_SECRET_KEY=STRIPE_KEY,
        WORKOS_API_KEY=WORKOS_KEY,
        WORKOS_CLIENT_ID=CLIENT_ID,
    )
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.planner", str(size), str(file)],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        code = wait(process, scenarios.sizes.planning_timeout_s(size))
    if code or not file.is_file():
        said = (folder / "err").read_text("utf-8").strip()
        raise BrokenError(f"planning {size:,} ended with {code}: {said[-200:]}")
    peaks: Json = json.loads(file.read_text("utf-8"))
    return peaks


def _peaks(size: int, peaks: Json) -> list[Row]:
    plan, command = peaks["plan_kb"] / 1024, peaks["command_kb"] / 1024
    return [
        Row(
            measure=f"peak memory planning {size:,} customers",
            measured=f"{plan:.0f} MB",
            target=f"≤ {MEMORY_MOST_MB:.0f} MB",
            verdict=at_most(plan, MEMORY_MOST_MB),
            how=f"{peaks['plan_s']:.1f} s, {size / peaks['plan_s']:,.0f} a second",
        ),
        Row(
            measure="… and once the command has told its plan as JSON",
            measured=f"{command:.0f} MB",
            target=f"≤ {MEMORY_MOST_MB:.0f} MB",
            verdict=at_most(command, MEMORY_MOST_MB),
            how=f"{peaks['command_s'] - peaks['plan_s']:.1f} s more",
        ),
    ]


def _growth(found: Sequence[tuple[int, Json]]) -> list[Row]:
    if len(found) < 2:
        return []
    (small, first), (large, last) = found[0], found[-1]
    growth = last["plan_kb"] / first["plan_kb"]
    return [
        Row(
            measure=f"… flat: peak at {large:,} ÷ peak at {small:,}",
            measured=f"{growth:.2f}",
            target=f"≤ {FLAT_MOST}",
            verdict=at_most(growth, FLAT_MOST),
            how=f"with its report {last['command_kb'] / first['command_kb']:.2f}",
        )
    ]


def startup(scenarios: Scenarios) -> list[Row]:
    """Start the tool and a bare Typer program in turns; compare the medians."""
    scenarios.say("starting up, in turns")
    folder = scenarios.folder / "startup"
    folder.mkdir()
    (folder / "hello.py").write_text(HELLO, "utf-8")
    hello = _stub(folder, "hello", "hello")
    eleva = _stub(folder, "eleva_cli.__main__", "eleva")
    commands = {
        "hello": [*hello, "--help"],
        "--version": [*eleva, "--version"],
        "--help": [*eleva, "--help"],
    }
    times = _in_turns(commands, folder, scenarios.sizes.rounds)
    bare = times["hello"]
    return [
        Row(
            measure=f"`eleva {flag}` ÷ a bare Typer program's `--help`",
            measured=f"{times[flag] / bare:.3f}",
            target=f"≤ {STARTUP_MOST}",
            verdict=at_most(times[flag] / bare, STARTUP_MOST),
            how=(
                f"{times[flag] * 1000:.0f} ÷ {bare * 1000:.0f} ms, median of "
                f"{scenarios.sizes.rounds}, compiled"
            ),
        )
        for flag in ("--version", "--help")
    ]


def _stub(folder: Path, module: str, name: str) -> list[str]:
    path = folder / name
    path.write_text(STUB.format(module=module, name=name), "utf-8")
    return [sys.executable, str(path)]


def _in_turns(
    commands: dict[str, list[str]], folder: Path, rounds: int
) -> dict[str, float]:
    """Return each command's median seconds; the first round compiles and warms up."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            seconds = _timed(command, folder)
            if number:
                times[name].append(seconds)
    return {name: median(found) for name, found in times.items()}


def _timed(command: list[str], folder: Path) -> float:
    core = cores()
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pin(process.pid, core[1] if core else None)
    # `wait` with a time-out polls, up to 50 ms late.
    watchdog = threading.Timer(30.0, process.kill)
    watchdog.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    watchdog.cancel()
    if code:
        raise BrokenError(f"{command[-1]} ended with {code}")
    return seconds
