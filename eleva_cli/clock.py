"""The real clock; the only module that asks the machine for the time."""

from __future__ import annotations

import time


class SystemClock:
    """Wall clock and monotonic time in seconds."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; returns early for no reason but a signal."""
        time.sleep(max(0.0, seconds))
