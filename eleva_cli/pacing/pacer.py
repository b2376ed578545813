"""When a call may leave: one lock for all limiters, sleeping outside it."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from eleva_cli.pacing.gate import nothing
from eleva_cli.pacing.limiter import Limiter, fit
from eleva_cli.pacing.limits import Limits, Way
from eleva_cli.ports import Clock, Service

SLICE_S = 0.5
LATE_S = 0.1


def _nobody(_limiter: str, _seconds: float) -> None:
    """Stand in where nobody wants to be told."""


class Pacer:
    """
    Hands out slots: one lock for all limiters, sleeping outside it.

    `on_wait` is told the limiter and the seconds to go at each sleep's start, from
    the waiting thread.
    """

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        *,
        on_wait: Callable[[str, float], None] = _nobody,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._limiters: dict[str, Limiter] = {}
        self._calls: dict[tuple[Way, str, str], tuple[Limiter, ...]] = {}
        self._waits: dict[int, tuple[float, str]] = {}
        self._made = Counter[Service]()

    def acquire(
        self,
        way: Way,
        method: str,
        template: str,
        *,
        check: Callable[[], None] = nothing,
    ) -> None:
        """
        Return when this call may leave; `check` may raise between slices of a wait.

        A slot is given up and another taken when we wake late (a closed lid) or a
        Retry-After came meanwhile: what was reserved then would leave all at once.
        """
        while True:
            limiters, slot, name = self._reserve(way, method, template)
            try:
                self._sleep_until(slot, name, check)
            finally:
                with self._lock:
                    self._waits.pop(threading.get_ident(), None)
            if self._still_ours(slot, limiters):
                if way != "destination":
                    with self._lock:
                        self._made[way] += 1
                return

    def learn(
        self,
        way: Way,
        method: str,
        template: str,
        *,
        reason: str | None,
        retry_after_s: float | None,
    ) -> None:
        """
        Slow the limiter that a 429 names; without a name, the endpoint's own.

        `reason` is Stripe's (`global-rate`, `endpoint-concurrency`, ...). One of
        `resource-specific` says that one object is busy: no rate would help there.
        """
        with self._lock:
            now = self._clock.monotonic()
            limiters = self._of(way, method, template)
            is_global = (reason or "").startswith("global")
            limiter = limiters[1] if is_global else limiters[0]
            if retry_after_s is not None and math.isfinite(retry_after_s):
                limiter.refused(now, retry_after_s)
            if reason != "resource-specific":
                limiter.slow_down(now)

    def closed_s(self, way: Way, method: str, template: str) -> float:
        """Return the seconds for which a Retry-After still keeps this call back."""
        with self._lock:
            limiters = self._of(way, method, template)
            until = max(limiter.closed_until for limiter in limiters)
            return max(0.0, until - self._clock.monotonic())

    def rate(self, way: Way, method: str, template: str) -> float:
        """Return the calls a second that this endpoint's own limiter gives now."""
        with self._lock:
            endpoint = self._of(way, method, template)[0]
            return endpoint.rate(self._clock.monotonic())

    def made(self) -> Mapping[Service, int]:
        """Count the calls that were let go so far, by service."""
        with self._lock:
            return dict(self._made)

    def longest_wait(self) -> tuple[str, float] | None:
        """Return the limiter of the longest present wait and its seconds to go."""
        with self._lock:
            if not self._waits:
                return None
            slot, name = max(self._waits.values())
            return name, max(0.0, slot - self._clock.monotonic())

    def waiting_s(self) -> float:
        """Return the seconds to go of the longest present wait, 0 without one."""
        wait = self.longest_wait()
        return 0.0 if wait is None else wait[1]

    def _of(self, way: Way, method: str, template: str) -> tuple[Limiter, ...]:
        call = (way, method, template)
        if call not in self._calls:
            self._calls[call] = tuple(
                self._limiters.setdefault(limit.name, Limiter(limit))
                for limit in self._limits.of(*call)
            )
        return self._calls[call]

    def _reserve(
        self, way: Way, method: str, template: str
    ) -> tuple[tuple[Limiter, ...], float, str]:
        with self._lock:
            now = self._clock.monotonic()
            limiters = self._of(way, method, template)
            slot, name = fit(limiters, now)
            for limiter in limiters:
                limiter.take(slot, now)
            if slot > now:
                self._waits[threading.get_ident()] = (slot, name)
        return limiters, slot, name

    def _sleep_until(self, slot: float, name: str, check: Callable[[], None]) -> None:
        left = slot - self._clock.monotonic()
        while left > 0:
            self._on_wait(name, left)
            self._clock.sleep(min(left, SLICE_S))
            left = slot - self._clock.monotonic()
            if left > 0:
                check()

    def _still_ours(self, slot: float, limiters: tuple[Limiter, ...]) -> bool:
        with self._lock:
            is_late = self._clock.monotonic() - slot > LATE_S
            return not is_late and all(slot >= it.closed_until for it in limiters)
