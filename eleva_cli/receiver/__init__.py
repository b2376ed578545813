"""Takes events over HTTP, on this machine only, and keeps each before it says so.

One rule: an answer of 2xx leaves after the row that remembers the event is committed,
and no work is done before. Whoever sends it sends it again until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kept = Literal["new", "known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a sender is told, as JSON."""

    status: int
    body: Mapping[str, object]
    headers: tuple[tuple[str, str], ...] = ()


class RefusedError(Exception):
    """A request that is not taken: the status that says so, and the code of why."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = tuple(
            (name.replace("_", "-"), value) for name, value in headers.items()
        )

    def answer(self) -> Answer:
        """Return what the sender is told: the code, and nothing of what it sent."""
        return Answer(
            status=self.status,
            body={"error": self.code},
            headers=self.headers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has come in since the start, by what became of it."""

    received: int = 0
    duplicates: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    last_error: str | None = None
