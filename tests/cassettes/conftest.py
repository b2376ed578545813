"""Plays each test its cassette, or records it where that was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import guards
from tests.cassettes import places
from tests.cassettes.places import Place
from tests.cassettes.real import RealKeys
from tests.cassettes.tape import Recorded, Tape, path_of, replayed, taken

# Taken before any test cleans the environment.
KEYS = RealKeys.of(os.environ)
MODES = ("local", "real")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `tests/cassettes/record.py` ask for recordings."""
    parser.addoption("--record", choices=MODES, help="record cassettes anew")


def mode_of(config: pytest.Config) -> str | None:
    """Tell what is recorded; nothing where this folder was not named."""
    mode: str | None = config.getoption("--record", default=None)
    return mode


@pytest.fixture(autouse=True)
def no_network(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[list[str]]:
    """Guard every test, except where the real services are recorded."""
    if mode_of(request.config) == "real":
        yield []
        return
    for owner, name, guarded in guards.guards():
        monkeypatch.setattr(owner, name, guarded)
    guards.refused.clear()
    yield guards.refused
    guards.settle()


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """Give a test the tool's adapters on its own cassette."""
    mark = request.node.get_closest_marker("cassette")
    how: Recorded = mark.args[0]
    path = path_of(request.node.path.name, request.node.name)
    mode = mode_of(request.config)
    if mode is None:
        with replayed(how, path) as made:
            yield made
        return
    if mode == "real" and not how.is_real:
        pytest.skip("not recorded from the real services")
    with place_for(how, mode) as place, taken(how, path, place) as made:
        yield made


def place_for(how: Recorded, mode: str) -> AbstractContextManager[Place]:
    """Open the place that a recording is taken at."""
    if mode == "real":
        return places.real(KEYS)
    return places.emulator() if how.origin == "emulator" else places.sandbox()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an empty folder for cassettes of a test's own."""
    return tmp_path / "cassettes"
