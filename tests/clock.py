"""A clock that goes only when told to, for the port `eleva_cli.ports.Clock`."""

from __future__ import annotations

import threading

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class FakeClock:
    """
    Wall and monotonic time that `sleep` moves at once, from any thread.

    `slept` holds what was asked for, in order. `jump` sets the wall clock alone, as
    a time server does.
    """

    def __init__(self, now: float = START) -> None:
        self._lock = threading.Lock()
        self._wall = now
        self._monotonic = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        with self._lock:
            return self._wall

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        with self._lock:
            self.slept.append(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass that nobody slept through."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds}")
        with self._lock:
            self._wall += seconds
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        with self._lock:
            self._wall += seconds
