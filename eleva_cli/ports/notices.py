"""Telling somebody at once, as a Protocol."""

from __future__ import annotations

from typing import Protocol


class NoticePort(Protocol):
    """The one address that notices may go to; nothing but a text ever does."""

    def post(self, text: str) -> str | None:
        """Return why it was not taken, `None` where it was; raises nothing."""
        ...


class NoNotices:
    """Where no address is set."""

    def post(self, text: str) -> str | None:
        """Take nothing."""
        del text
        return "no address is set"
