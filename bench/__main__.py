"""`python -m bench [MEASURE…]`: take the measures and print their table.

Exit 0 when every measure could be taken, met or not; 1 when one could not.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bench.limiters import NAMED
from bench.measures import MEASURES
from bench.places import ROOT, BrokenError, Server, cores
from bench.scenarios import JITTER_MS, LATENCY_MS, QUICK, Scenarios, Sizes
from bench.table import Row, broken, markdown, replaced, summed_up

PAGE = ROOT / "bench" / "README.md"
MILLION = 1_000_000


def main() -> int:
    """Take what was asked for; print, and write if wanted."""
    signal.signal(signal.SIGTERM, _leave)
    asked = _arguments()
    began = time.monotonic()
    sizes = _sizes(asked)
    rows = _measured(asked.measures or list(MEASURES), sizes)
    minutes = (time.monotonic() - began) / 60
    text = f"{markdown(rows)}\n\n{_place(asked, sizes, minutes)}"
    print(text)
    _say(summed_up(rows))
    if asked.write:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(replaced(page, text), "utf-8")
        _say(f"written to {PAGE.relative_to(ROOT)}")
    return int(any(row.verdict == "could not be taken" for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help=f"all, or some of {', '.join(MEASURES)}",
    )
    parser.add_argument(
        "--customers", type=int, metavar="N", help="people in the largest business"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a minute: does the bench itself work?"
    )
    parser.add_argument(
        "--full", action="store_true", help="plan a million customers, too"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into bench/README.md"
    )
    asked = parser.parse_args()
    if unknown := set(asked.measures) - set(MEASURES):
        parser.error(f"no measure {', '.join(unknown)}; one of {', '.join(MEASURES)}")
    if asked.write and (asked.measures or asked.quick):
        parser.error("--write is for a whole run: without measures and --quick")
    return asked


def _sizes(asked: argparse.Namespace) -> Sizes:
    sizes = QUICK if asked.quick else Sizes()
    if asked.customers:
        sizes = replace(
            sizes,
            live=asked.customers,
            test=max(40, asked.customers // 2),
            foreign=max(40, asked.customers // 2),
            part=min(sizes.part, asked.customers),
            verified=asked.customers,
            granted=asked.customers,
            timeout_s=max(sizes.timeout_s, 300 + asked.customers / 10),
        )
    if asked.full:
        sizes = replace(sizes, planned=(*sizes.planned, MILLION))
    return sizes


def _measured(names: Sequence[str], sizes: Sizes) -> list[Row]:
    rows: list[Row] = []
    core = cores()
    with tempfile.TemporaryDirectory(prefix="eleva-bench-") as place:
        folder = Path(place)
        server = Server(folder=folder / "server", core=core[0] if core else None)
        with server:
            scenarios = Scenarios(folder=folder, server=server, sizes=sizes, say=_say)
            for name in names:
                rows += _taken(name, scenarios)
    return rows


def _taken(name: str, scenarios: Scenarios) -> list[Row]:
    try:
        return MEASURES[name](scenarios)
    except (BrokenError, OSError, LookupError, ValueError, ArithmeticError) as error:
        return [broken(name, f"{type(error).__name__}: {error}")]


def _place(asked: argparse.Namespace, sizes: Sizes, minutes: float) -> str:
    """Say when, where and against what it was measured."""
    load = " ".join(f"{figure:.1f}" for figure in os.getloadavg())
    pinned = "server and client on a core each" if cores() else "cores not pinned"
    quick = ", quick" if asked.quick else ""
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    machine = f"{_processor()}, {os.cpu_count()} cores"
    system = f"{platform.system()} {platform.release()}"
    people = (
        f"{sizes.live:,} in live mode, {sizes.test:,} in test mode, "
        f"{sizes.foreign:,} beside foreign load, {sizes.part:,} for the script"
    )
    disk = _file_system(Path(tempfile.gettempdir()))
    lines = [
        f"{when}, commit {_commit()}, {minutes:.1f} minutes{quick}.",
        f"Machine: {machine}, {system}, Python {platform.python_version()}; {pinned}.",
        f"Journals on {disk}; load at the end {load}.",
        f"Server: the sandbox with latency {LATENCY_MS:.0f} ms ± {JITTER_MS:.0f} ms.",
        f"Limiters: {NAMED}.",
        f"People: {people}.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [
        line.partition(":")[2] for line in text.splitlines() if "model name" in line
    ]
    return names[0].strip() if names else platform.machine()


def _file_system(folder: Path) -> str:
    """Name what the journals lay on: in memory a commit costs nothing."""
    try:
        mounts = [
            line.split() for line in Path("/proc/mounts").read_text().splitlines()
        ]
    except OSError:
        return "an unknown file system"
    above = [m for m in mounts if folder.is_relative_to(m[1])]
    return max(above, key=lambda m: len(m[1]))[2] if above else "an unknown file system"


def _commit() -> str:
    def git(*words: str) -> str:
        command = ["git", "-c", "safe.directory=*", *words]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if not done.returncode else ""

    changed = " with changes" if git("status", "--porcelain", "eleva_cli") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    raise SystemExit(main())
