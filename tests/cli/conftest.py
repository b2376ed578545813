"""A console in an empty folder, and a sandbox for it to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.console import Console, World


@pytest.fixture
def eleva(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Console:
    """A user in an empty folder, with a state folder of their own and no keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ELEVA_STATE_DIR", str(tmp_path / "state"))
    return Console(folder=tmp_path, capture=capsys, environment=monkeypatch)


@pytest.fixture
def world(tmp_path: Path, eleva: Console) -> Iterator[World]:
    """An empty sandbox on loopback that the user's environment points at."""
    world = World.open(tmp_path)
    eleva.point_at(world.server.base_url)
    yield world
    world.server.stop()
