"""The set-up takes a Python that will do, or says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.source import ROOT

OLD = "#!/bin/sh\nexit 1\n"  # too old, without venv, or a pyenv shim of nothing
GOOD = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the script beside empty locks, where nothing has to be fetched."""
    project = tmp_path / "with a space"
    (project / "scripts").mkdir(parents=True)
    (project / "bin").mkdir()
    (project / "scripts" / "set-up").write_bytes((ROOT / "scripts/set-up").read_bytes())
    (project / "requirements.lock").write_text("")
    return project


def put(project: Path, name: str, script: str) -> None:
    path = project / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def set_up(project: Path, **env: str) -> subprocess.CompletedProcess[str]:
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3"):
        if not (project / "bin" / name).exists():
            put(project, name, OLD)
    path = os.pathsep.join([str(project / "bin"), "/usr/bin", "/bin"])
    return subprocess.run(
        ["sh", "scripts/set-up", "new"],
        cwd=project, env={"PATH": path, "UV": ""} | env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_first_python_that_will_do_makes_it_anew(project: Path) -> None:
    """Shims of nothing are passed over; what an interrupted set-up left is cleared."""
    put(project, "python3.12", GOOD)
    left = project / ".venv" / "lib" / "left"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    done = set_up(project)

    assert done.returncode == 0, done.stderr
    assert (project / ".venv" / "bin" / "python").exists()
    assert not left.exists()


def test_without_a_python_it_says_what_to_do(project: Path) -> None:
    """The names it tried, the package to install, the variable to set."""
    done = set_up(project)

    assert done.returncode == 1
    assert "no Python >= 3.11 with venv found" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (project / ".venv").exists()


def test_a_named_python_that_will_not_do_is_refused(project: Path) -> None:
    """What was asked for is not silently replaced by another."""
    put(project, "python3", GOOD)
    put(project, "mine", OLD)
    done = set_up(project, PYTHON="mine")

    assert done.returncode == 1
    assert "PYTHON=mine is not a Python >= 3.11" in done.stderr
