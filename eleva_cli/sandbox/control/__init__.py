"""The sandbox's own endpoints under `/_sandbox/`: one module an area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.control import clock, deliveries, money, sessions, state
from eleva_cli.sandbox.control.door import guarded

if TYPE_CHECKING:
    from flask import Flask

    from eleva_cli.sandbox.front import Front

PREFIX = "/_sandbox"
AREAS = (state, clock, money, deliveries, sessions)


def add_to(app: Flask, front: Front) -> None:
    """Add the control endpoints to the application."""
    for area in AREAS:
        for path, view, methods in area.views(front):
            app.add_url_rule(
                f"{PREFIX}/{path}",
                endpoint=f"control {path}",
                view_func=guarded(view),
                methods=list(methods),
            )
