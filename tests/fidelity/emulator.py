"""The official WorkOS emulator, run on loopback for as long as tests need it.

`tests/outside/emulator.mjs` ends with the pipe that we hold: the process is gone when
we are, even when we were killed.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.outside.installed import HERE, NPM, node

STOP_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """Where the emulator listens, and the key it takes."""

    base_url: str
    key: str
    process: subprocess.Popen[str]

    def empty(self) -> None:
        """Forget all objects; the environment's roles are there again."""
        assert self.process.stdin is not None
        self.process.stdin.write("empty\n")
        self.process.stdin.flush()
        _said(self.process)


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Run an empty emulator on a free port."""
    script = (HERE / "emulator.mjs").read_text(encoding="utf-8")
    # the packages of a script given as text are looked up where it runs
    command = [node(), "--input-type=module", "--eval", script]
    with subprocess.Popen(
        command, cwd=NPM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said = _said(process)
            url = f"http://127.0.0.1:{said['port']}"
            yield Emulator(base_url=url, key=said["key"], process=process)
        finally:
            _stop(process)


def _said(process: subprocess.Popen[str]) -> Any:
    """Read the next line; a test's time limit is the limit of the wait."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the emulator ended with {process.wait(STOP_S)}")
    return json.loads(line)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
