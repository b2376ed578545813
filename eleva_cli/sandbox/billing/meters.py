"""Billing meters and summaries of their events."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.wire import Route

ROUTES: tuple[Route, ...] = ()
