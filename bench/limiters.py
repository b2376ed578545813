"""The limiters of the sandbox, as rates: what a budget is reckoned with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bench.figures import Rates
from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.limits import limiters_of

NAMED = (
    "Stripe: token buckets of one second's capacity, 25/s an endpoint and 100/s (live)"
    " or 25/s (test) in all; WorkOS: fixed windows of 6,000 calls in 60 s, 1,000 reads"
    " of user management in 10 s"
)


def rates(*, live: bool, foreign_share: float = 0.0) -> Rates:
    """Return what each endpoint counts against, less what others use of it."""
    routes = {route.name: route for route in ROUTES}

    @cache
    def of(name: str) -> Mapping[str, float]:
        if name not in routes:
            return {}
        return {
            limiter.name: limiter.calls
            / (limiter.window_s or 1.0)
            * (1 - foreign_share)
            for limiter in limiters_of(routes[name], live=live)
        }

    return of
