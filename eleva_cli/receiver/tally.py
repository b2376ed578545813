"""Counts what comes in, from any thread, and says what went wrong now and then.

A sender who is wrong is wrong many times: each code is told once a minute at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from eleva_cli.output.wording import count_of
from eleva_cli.ports import Clock
from eleva_cli.receiver import Counts, Kept

TOLD_EVERY_S = 60.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has come in since the start."""

    clock: Clock
    _lock: Lock = field(default_factory=Lock)
    _kept: Counter[Kept] = field(default_factory=Counter)
    _refused: Counter[str] = field(default_factory=Counter)
    _untold: Counter[str] = field(default_factory=Counter)
    _told_at: dict[str, float] = field(default_factory=dict)
    _last: str | None = None

    def kept(self, how: Kept) -> None:
        """Count an event that is in the journal."""
        with self._lock:
            self._kept[how] += 1

    def refused(self, code: str) -> None:
        """Count a request that was not taken."""
        with self._lock:
            self._refused[code] += 1
            self._untold[code] += 1
            self._last = code

    def failed(self, code: str) -> None:
        """Remember what went wrong with an event that was taken."""
        with self._lock:
            self._last = code

    def counts(self) -> Counts:
        """Return the counts so far."""
        with self._lock:
            return Counts(
                received=self._kept["new"],
                duplicates=self._kept["known"],
                refused=dict(sorted(self._refused.items())),
                last_error=self._last,
            )

    def news(self) -> Iterator[str]:
        """Give a line for each code that was refused and not told of for a while."""
        now = self.clock.monotonic()
        with self._lock:
            due = [
                (code, count)
                for code, count in self._untold.items()
                if now - self._told_at.get(code, -TOLD_EVERY_S) >= TOLD_EVERY_S
            ]
            for code, _ in due:
                del self._untold[code]
                self._told_at[code] = now
        for code, count in due:
            yield f"not taken: {code} ({count_of(count, 'request')})"
