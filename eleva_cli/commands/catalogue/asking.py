"""What a check of the file may ask the services, once the file itself is right."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from eleva_cli.bootstrap import FIRST_TRIES, open_app
from eleva_cli.engine.pool import patiently

if TYPE_CHECKING:
    import typer


def roles_of(ctx: typer.Context) -> Collection[str]:
    """Return the slugs of the environment's roles; the pins are held first."""
    app = open_app(ctx)
    app.progress.say(app.banner())
    assert app.account  # another account's or environment's keys raise here
    found = patiently(app.ports.workos.roles, app.clock, most=FIRST_TRIES)
    app.progress.close()
    return found
