"""How far a phase is, how fast it goes, and when it will be done, if that is known.

Pure: the time is an argument. The rate is that of the last half minute, so that an
early burst or a slow start is forgotten, and an estimate is only given where there
is ground for one.
"""

from __future__ import annotations

from collections import deque

WINDOW_S = 30.0
SETTLED_S = 2.0  # before that a rate is noise
STALLED_S = 3.0
LONG_WAIT_S = 5.0


class Meter:
    """
    Counts one phase.

    A pause is a stretch where a limiter told us to wait and nothing moved. It does
    not slow the rate down, but what is left of it is part of the estimate.
    """

    def __init__(self, total: int | None, now: float) -> None:
        self.total = total
        self.done = 0
        self.started = now
        self._moved = now
        self._paused_s = 0.0
        self._pause: tuple[float, float] | None = None
        # (second on the clock of active time, count): at most WINDOW_S + 1 entries.
        self._recent: deque[tuple[int, int]] = deque()

    def advance(self, count: int, now: float) -> None:
        """Count items that were done just now."""
        self._end_pause(now)
        self.done += count
        self._moved = now
        second = int(self._active(now))
        if self._recent and self._recent[-1][0] == second:
            count += self._recent.pop()[1]
        self._recent.append((second, count))
        self._forget(now)

    def wait_until(self, until: float, now: float) -> None:
        """Take a long wait for a pause, once nothing has moved for a while."""
        stalled = now - self._moved >= STALLED_S
        if stalled and self._pause is None and until > now:
            self._pause = (now, until)

    def elapsed(self, now: float) -> float:
        """Return the seconds since the phase started, pauses included."""
        return now - self.started

    def rate(self, now: float) -> float | None:
        """Return items per second of active time, `None` while it cannot be known."""
        active = self._active(now)
        if active < SETTLED_S:
            return None
        self._forget(now)
        return sum(count for _, count in self._recent) / min(active, WINDOW_S)

    def eta(self, now: float) -> float | None:
        """Return the seconds still to go, `None` where nobody can tell."""
        rate = self.rate(now)
        if self.total is None or self.done > self.total or not rate:
            return None
        return self._pause_left(now) + (self.total - self.done) / rate

    def _active(self, now: float) -> float:
        pausing = min(now, self._pause[1]) - self._pause[0] if self._pause else 0.0
        return now - self.started - self._paused_s - pausing

    def _pause_left(self, now: float) -> float:
        return max(self._pause[1] - now, 0.0) if self._pause else 0.0

    def _end_pause(self, now: float) -> None:
        if self._pause:
            began, until = self._pause
            self._paused_s += min(now, until) - began
            self._pause = None

    def _forget(self, now: float) -> None:
        oldest = self._active(now) - WINDOW_S
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()
