"""Runs one command line of the tool with a stopwatch around its journal and phases.

`python -m bench.stopwatch FILE migrate apply …`: what it read is in FILE at the end.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from eleva_cli.cli import run
from eleva_cli.engine import Engine
from eleva_cli.journal.store import Store
from eleva_cli.planning import Planning
from eleva_cli.readback import ReadBack

PHASES: tuple[tuple[type, Callable[..., Any]], ...] = (
    (Planning, Planning.make),
    (Engine, Engine.run),
    (ReadBack, ReadBack.verify),
)


class Stopwatch:
    """Collects (start, seconds) of each stretch, by Unix time."""

    def __init__(self) -> None:
        self.writes: list[tuple[float, float]] = []
        self.reads: list[tuple[float, float]] = []
        self.phases: dict[str, tuple[float, float]] = {}
        self.cpu_s: dict[str, float] = {}

    def around(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a phase, so that its begin, end and CPU time are noted."""

        def timed(*args: object, **named: object) -> object:
            began, used = time.time(), time.process_time()
            try:
                return real(*args, **named)
            finally:
                self.phases[name] = (began, time.time())
                self.cpu_s[name] = time.process_time() - used

        return timed

    def around_write(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `Store.write`: from asking for the lock to the end of the commit."""

        @contextmanager
        def timed(store: Store) -> Iterator[object]:
            began, start = time.time(), time.perf_counter()
            with real(store) as connection:
                yield connection
            self.writes.append((began, time.perf_counter() - start))

        return timed

    def around_rows(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `Store.rows`: the time inside SQLite, not that of who reads."""

        def timed(store: Store, sql: str, *args: object) -> Iterator[object]:
            began, spent = time.time(), 0.0
            rows = real(store, sql, *args)
            try:
                while True:
                    start = time.perf_counter()
                    row = next(rows, None)
                    spent += time.perf_counter() - start
                    if row is None:
                        return
                    yield row
            finally:
                self.reads.append((began, spent))

        return timed


def peak_kb() -> int:
    """Return this process's peak resident memory in KiB (macOS counts bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def main() -> None:
    """Run the rest of the command line, write the file, leave with its exit code."""
    file, *words = sys.argv[1:]
    watch = Stopwatch()
    with ExitStack() as stack:
        for kind, real in PHASES:
            timed = watch.around(kind.__name__, real)
            stack.enter_context(patch.object(kind, real.__name__, timed))
        for wrap, real in (
            (watch.around_write, Store.write),
            (watch.around_rows, Store.rows),
        ):
            stack.enter_context(patch.object(Store, real.__name__, wrap(real)))
        code = run(words)
    found = {
        "writes": watch.writes,
        "reads": watch.reads,
        "phases": watch.phases,
        "peak_kb": peak_kb(),
        "cpu_s": {**watch.cpu_s, "all": time.process_time()},
    }
    Path(file).write_text(json.dumps(found), "utf-8")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
