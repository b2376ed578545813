"""The sandbox's own endpoints under `/_sandbox/`: one module an area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.control import clock, deliveries, money, sessions, state
from eleva_cli.sandbox.control.door import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Response

    from eleva_cli.sandbox.front import Front

    Answering = Callable[..., Response]

PREFIX = "/_sandbox"
AREAS = (state, clock, money, deliveries, sessions)


def rules(front: Front) -> Iterator[tuple[str, str, Answering, tuple[str, ...]]]:
    """Give each control endpoint: its address, its name, what answers, methods."""
    for area in AREAS:
        for path, view, methods in area.views(front):
            yield f"{PREFIX}/{path}", f"control {path}", guarded(view), methods
