"""A console in an empty folder, and a sandbox for it to talk to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import main
from typer.utils import get_params_from_function

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.inputs import catalogue
from tests.cli.console import Console, Kept, World
from tests.fidelity import witness

PACES = (
    "stripe-endpoint",
    "stripe-global",
    "workos-endpoint",
    "workos-all",
    "workos-users-read",
    "workos-users-write",
)


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


@pytest.fixture(scope="session", autouse=True)
def signatures() -> Iterator[None]:
    """Have Typer read a command's signature once, not at each command line."""
    with pytest.MonkeyPatch.context() as patch:
        read = functools.cache(get_params_from_function)
        patch.setattr(main, "get_params_from_function", read)
        yield


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> Iterator[None]:
    """Have the text of a catalogue read once, not at each command line."""
    read = functools.cache(catalogue.mistakes_of)

    def read_before(text: str, name: str) -> tuple[Catalogue | None, list[Mistake]]:
        found, mistakes = read(text, name)
        return found, list(mistakes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "mistakes_of", read_before)
        yield


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sandbox for all: stopping a server takes half a second."""
    world = World.open(tmp_path_factory.mktemp("world"))
    yield world
    world.server.stop()


@pytest.fixture
def world(served: World, eleva: Console) -> World:
    """An empty sandbox on loopback that the user's environment points at."""
    served.empty()
    eleva.point_at(served.server.base_url)
    return served


@pytest.fixture(scope="module")
def begun() -> dict[str, tuple[Kept, Any]]:
    """What tests of this file began with in this process, by its name."""
    return {}


@pytest.fixture
def once(
    eleva: Console,
    world: World,
    begun: dict[str, tuple[Kept, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[], Any]], Any]:
    """Do something once a file: all tests but the first go on from what it left."""
    state = eleva.folder / "state"

    def found(name: str, begin: Callable[[], Any]) -> Any:
        if name in begun:
            world.go_on(begun[name][0], state)
        else:
            said = begin()
            kept = world.keep(state, tmp_path_factory.mktemp("kept") / "state")
            begun[name] = kept, said
        return begun[name][1]

    return found


@pytest.fixture(autouse=True)
def agreement() -> Iterator[None]:
    """Fail a test in which tool or sandbox and the vendors' own types disagreed."""
    yield
    witness.settle()


@pytest.fixture
def unhurried(eleva: Console) -> None:
    """Lift the tool's own pace: for tests that are not about it."""
    text = "[limits]\n" + "\n".join(f'"{name}" = 10000' for name in PACES)
    (eleva.folder / "eleva.toml").write_text(text, encoding="utf-8")
