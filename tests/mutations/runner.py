"""One mutation in a copy of the tree, and the tests that notice it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = "tests/sandbox"
COPIED = ("eleva_cli", "tests", "pyproject.toml", "docs")
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


class StaleError(Exception):
    """A mutation that no longer applies: the code it changes is not there, or twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """
    A defect: text of one file of the sandbox, and what stands there instead.

    `near` is the file of tests that is about it, and should be the one to notice.
    """

    name: str
    file: str
    near: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """Give the broken text, or say that it cannot be broken this way."""
        if text.count(self.old) != 1:
            times = text.count(self.old)
            raise StaleError(f"{self.name}: found {times} times in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Which tests failed, and how long it took to know."""

    by: tuple[str, ...]
    seconds: float


def check(mutation: Mutation, *, in_full: bool = True) -> Noticed:
    """Run the tests on the broken copy until the first two fail.

    In full all of the sandbox's; else those near it, and all if none of these fails.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="eleva-mutation-") as folder:
        tree = copy_to(Path(folder))
        broken = tree / "eleva_cli" / "sandbox" / mutation.file
        broken.write_text(mutation.applied(broken.read_text("utf-8")), "utf-8")
        failed: tuple[str, ...] = ()
        if not in_full:
            failed = _failed(
                mutation, _run(tree, f"{TESTS}/{mutation.near}", workers=0)
            )
        if not failed:
            failed = _failed(mutation, _run(tree, TESTS, workers=2))
    return Noticed(by=failed, seconds=time.monotonic() - started)


def _failed(
    mutation: Mutation, done: subprocess.CompletedProcess[str]
) -> tuple[str, ...]:
    """Name the tests that failed; not to have run is another matter."""
    failed = tuple(FAILED.findall(done.stdout))
    # with several workers, stopping early is an interruption
    if done.returncode not in (0, 1) and not failed:
        raise StaleError(f"{mutation.name}: the tests did not run\n{done.stdout}")
    return failed


def copy_to(folder: Path) -> Path:
    """Copy what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            # with what is compiled, which is good for files of the same time and size
            in_the_making = shutil.ignore_patterns("*.pyc.*")
            shutil.copytree(source, folder / name, ignore=in_the_making)
        else:
            shutil.copy2(source, folder / name)
    return folder


def _run(tree: Path, tests: str, *, workers: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--maxfail=2", "-p"]
    command += ["no:cacheprovider", "-n", str(workers), "--tb=no", tests]
    # the copy must win over the installed package
    path = os.pathsep.join([str(tree), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(  # our own command
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
