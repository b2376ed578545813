"""Webhook deliveries: what was sent where, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front


def views(_front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    return ()
