"""A fresh world for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.world import World, seed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give six customers with an organization each, nothing linked."""
    made = World(tmp_path)
    made.sandbox.seed(seed())
    yield made
    made.close()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Callable[[int], World]]:
    """Give a way to make a world with so many threads."""
    made: list[World] = []

    def make(threads: int) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(World(folder, threads=threads))
        return made[-1]

    yield make
    for one in made:
        one.close()
