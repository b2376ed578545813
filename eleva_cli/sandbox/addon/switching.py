"""Switching the add-on on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.addon.claims import forget
from eleva_cli.sandbox.addon.seats import add_meter, is_synced

if TYPE_CHECKING:
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Call


def settings_changed(call: Call, before: Settings) -> None:
    """Follow changed settings: disconnecting forgets, seat sync brings its meter.

    The links stay, but nothing is known again before Stripe says something or a link
    is made anew.
    """
    after = call.settings
    if before.addon_on != after.addon_on:
        forget(call)
    if is_synced(after) and not is_synced(before):
        add_meter(call)
