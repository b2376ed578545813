"""`eleva demo` as a user types it: a process of its own, and figures that hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

PEOPLE = 30
ACTS = 7
WIDTH = 80


def test_the_demo_tells_the_truth_and_leaves_nothing(
    tmp_path: Path, clean_env: dict[str, str]
) -> None:
    """Linked, moved and given roles, once each; no invoice, and no folder stays."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "eleva_cli", "demo", "--customers", str(PEOPLE),
         "--format", "json"],
        cwd=tmp_path,
        env=clean_env | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=500,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if line[1:2] == "/"]
    assert [line.split()[0] for line in told] == [f"{n}/7" for n in range(1, ACTS + 1)]
    assert "due today 0.00" in done.stderr
    assert told[-1].endswith("0 invoices made, charged today: 0.00")
    assert max(map(len, done.stderr.splitlines())) <= WIDTH
    data = json.loads(done.stdout)["data"]
    assert (data["written twice"], data["invoices made"]) == (0, 0)
    assert data["charged today"] == "0.00"
    assert data["left to do"] == 0
    for name in ("organizations linked", "subscriptions moved or stamped", "roles set"):
        assert 0 < data[name] <= PEOPLE, name
    assert sum(row["customers"] for row in data["held_lanes"]) == data["held"]
    assert all(": " in row["for example"] for row in data["held_lanes"])
    assert list(scratch.iterdir()) == []
