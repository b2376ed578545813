"""What a test of a cassette says of it, and the adapters it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.connection import Connection
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from tests.cassettes import deck
from tests.cassettes.places import Place
from tests.contract.adapter_world import pacer

Origin = Literal["emulator", "sandbox"]
# Nobody is there, and the guards refuse to ask for it: a leak cannot pass.
NOWHERE = "http://replay.invalid"
KEY = "sk_test_replay"


def nothing(_: Place) -> None:
    """Leave the place empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """
    How a test's cassette is recorded.

    `prepare` makes what the test will see, off the tape; `key` replaces both keys;
    `is_real` says that the real services in test mode can answer, too.
    """

    origin: Origin
    prepare: Callable[[Place], None] = nothing
    is_real: bool = False
    key: str = ""


def recorded(
    origin: Origin,
    prepare: Callable[[Place], None] = nothing,
    *,
    is_real: bool = False,
    key: str = "",
) -> pytest.MarkDecorator:
    """Give a test its cassette, which has the name of the test."""
    how = Recorded(origin=origin, prepare=prepare, is_real=is_real, key=key)
    return pytest.mark.cassette(how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """The tool's own adapters, and the connection they were built with."""

    ports: Ports
    connection: Connection


def path_of(module: str, test: str) -> Path:
    """Name a test's file: `test_workos.py` keeps its own under `workos/`."""
    folder = Path(module).stem.removeprefix("test_")
    return deck.FOLDER / folder / f"{test.removeprefix('test_')}.yaml"


@contextmanager
def connected(place: Place | None, key: str) -> Iterator[Tape]:
    """Build the adapters as the tool does, at a place or at none."""
    connection = Connection(
        stripe_key=key or (place.stripe_key if place else KEY),
        workos_key=key or (place.workos_key if place else KEY),
        workos_client_id="client_1",
        stripe_base=(place.stripe_base or place.base_url) if place else NOWHERE,
        workos_base=place.base_url if place else NOWHERE,
    )
    ports = connect(connection, pacer(), Gate())
    with closing(ports):
        yield Tape(ports=ports, connection=connection)


@contextmanager
def replayed(how: Recorded, path: Path) -> Iterator[Tape]:
    """Play a test's cassette to the tool's own adapters."""
    with connected(None, how.key) as tape, deck.playing(path):
        yield tape


@contextmanager
def taken(how: Recorded, path: Path, place: Place) -> Iterator[Tape]:
    """Record a test's cassette at a place."""
    how.prepare(place)
    with connected(place, how.key) as tape, deck.recording(path, place.name):
        yield tape
