"""Both services' limiters, on a clock that is given.

Stripe's are token buckets of one second's capacity, WorkOS's are fixed windows.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.wire import Service

if TYPE_CHECKING:
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Route

STRIPE_ENDPOINT_PER_S = 25.0
STRIPE_LIVE_PER_S = 100.0
STRIPE_TEST_PER_S = 25.0
STRIPE_SEARCH_PER_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiter:
    """How many calls pass in a period; a period of 0 is a bucket refilled by rate."""

    name: str
    reason: str
    calls: float
    window_s: float = 0.0


@dataclass(slots=True)
class _Used:
    calls: float = 0.0
    since: float = 0.0


class Limits:
    """What has been used of each limiter, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, _Used] = {}

    def refuse(
        self, route: Route, settings: Settings, now: float, *, live: bool
    ) -> tuple[Limiter, float] | None:
        """Count a call, or name the limiter that refuses it and the seconds to wait."""
        if not settings.limits_enabled:
            return None
        limiters = limiters_of(route, live=live)
        with self._lock:
            waits = [(each, self._wait(each, settings, now)) for each in limiters]
            for limiter, wait in waits:
                if wait > 0:
                    return limiter, wait
            for limiter in limiters:
                self._used[limiter.name].calls += 1
        return None

    def _wait(self, limiter: Limiter, settings: Settings, now: float) -> float:
        allowed = settings.limits.get(limiter.name, limiter.calls)
        allowed *= settings.limits_scale * (1 - settings.foreign_share)
        used = self._used.setdefault(limiter.name, _Used(0.0, now))
        if limiter.window_s:
            if now - used.since >= limiter.window_s:
                used.calls, used.since = 0.0, now
            over = used.calls + 1 > allowed
            return used.since + limiter.window_s - now if over else 0.0
        used.calls = max(0.0, used.calls - (now - used.since) * allowed)
        used.since = now
        # a hair of tolerance, or a perfectly even client would lose to rounding
        over_by = used.calls + 1 - max(1.0, allowed) - 1e-6
        return over_by / allowed if over_by > 0 else 0.0

    def clear(self) -> None:
        """Start afresh."""
        with self._lock:
            self._used.clear()


def limiters_of(route: Route, *, live: bool) -> list[Limiter]:
    """Give the limiters a call must pass, the widest first."""
    if route.service is Service.STRIPE:
        return _of_stripe(route, live=live)
    limiters = [_workos("workos-all", 6000, 60)]
    if route.template.startswith("/user_management/"):
        if route.writes:
            limiters.append(_workos("workos-user-management-write", 500, 10))
        else:
            limiters.append(_workos("workos-user-management-read", 1000, 10))
    if route.name == "DELETE /organizations/{id}":
        limiters.append(_workos(route.name, 50, 60))
    return limiters


def _of_stripe(route: Route, *, live: bool) -> list[Limiter]:
    rate = STRIPE_LIVE_PER_S if live else STRIPE_TEST_PER_S
    limiters = [
        Limiter(name="stripe-global", reason="global-rate", calls=rate),
        Limiter(name=route.name, reason="endpoint-rate", calls=STRIPE_ENDPOINT_PER_S),
    ]
    if route.template.endswith("/search"):
        # all searches together; which reason a refusal names is not documented
        searches = Limiter(
            name="stripe-search", reason="endpoint-rate", calls=STRIPE_SEARCH_PER_S
        )
        limiters.insert(1, searches)
    return limiters


def _workos(name: str, calls: float, window_s: float) -> Limiter:
    return Limiter(name=name, reason="", calls=calls, window_s=window_s)
