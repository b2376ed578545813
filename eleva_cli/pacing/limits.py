"""The budgets: what the vendors allow, less what is left to others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from eleva_cli.errors import ConfigError, UsageError
from eleva_cli.ports import Mode, Service

SEARCH = "/search"
SHARED = {
    "stripe-global": 100.0,
    "stripe-search": 20.0,
    "workos-all": 6000 / 60,
    "workos-users-read": 1000 / 10,
    "workos-users-write": 500 / 10,
    "workos-organizations-delete": 50 / 60,
}
# WorkOS names no limit of a single endpoint; its own limiter is what learns.
ENDPOINT = {"stripe-endpoint": 25.0, "workos-endpoint": 6000 / 60}
STRIPE_TEST_GLOBAL = 25.0
# To an application's own endpoint: nobody says what it takes, so it begins low.
DESTINATION = "destination"
DESTINATION_PER_SECOND = 2.0

Way = Service | Literal["destination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limiter's budget in calls a second."""

    name: str
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Every budget by its limiter's name; `cap` bounds each endpoint (`--rate`).

    A single endpoint has its own budget under "stripe POST /v1/customers/{id}", a
    destination under "destination-NAME".
    """

    budgets: Mapping[str, float]
    cap: float | None = None

    def of(self, way: Way, method: str, template: str) -> tuple[Limit, ...]:
        """
        Return the limits that a call counts against, its endpoint's first.

        What goes to a destination, whose name is the template, counts against that
        one alone.
        """
        if way == "destination":
            name = f"{DESTINATION}-{template}"
            budget = self.budgets.get(name, DESTINATION_PER_SECOND)
            return (Limit(name=name, per_second=self._capped(budget)),)
        name = f"{way} {method} {template}"
        budget = self.budgets.get(name, self.budgets[f"{way}-endpoint"])
        endpoint = Limit(name=name, per_second=self._capped(budget))
        shared = (
            Limit(name=name, per_second=self.budgets[name])
            for name in _shared(way, method, template)
        )
        return (endpoint, *shared)

    def _capped(self, budget: float) -> float:
        return budget if self.cap is None else min(budget, self.cap)


def _shared(service: Service, method: str, template: str) -> Iterator[str]:
    if service == "stripe":
        yield "stripe-global"
        if template.endswith(SEARCH):
            yield "stripe-search"
        return
    yield "workos-all"
    if template.startswith("/user_management/"):
        yield "workos-users-read" if method == "GET" else "workos-users-write"
    if method == "DELETE" and template.startswith("/organizations/"):
        yield "workos-organizations-delete"


def limits_for(
    mode: Mode, *, leave: float, rate: float | None, overrides: Mapping[str, float]
) -> Limits:
    """
    Return the budgets: limit x (1 - leave), all in calls a second.

    `leave` is the share left to others (0 to below 1), `rate` bounds each endpoint,
    `overrides` replaces limits by name before `leave` is taken off; of a destination's
    nothing is, as it is the application's own.
    Raise `UsageError` for a `leave` or `rate` and `ConfigError` for an override
    that makes no sense.
    """
    _check(leave, rate, overrides)
    limits = {**SHARED, **ENDPOINT}
    if mode == "test":
        limits["stripe-global"] = STRIPE_TEST_GLOBAL
    limits.update(overrides)
    return Limits(
        budgets={
            name: limit if name.startswith(DESTINATION) else limit * (1 - leave)
            for name, limit in limits.items()
        },
        cap=rate,
    )


def _check(leave: float, rate: float | None, overrides: Mapping[str, float]) -> None:
    if not 0 <= leave < 1:
        raise UsageError(
            f"the share to leave is {leave:g}, and must be from 0 to below 1",
            code="leave-out-of-range",
            hint="pass --leave 0.5 to leave half of each limit to the application",
        )
    if rate is not None and not _is_rate(rate):
        raise UsageError(
            f"the rate is {rate:g} calls a second, and must be above 0",
            code="rate-out-of-range",
            hint="pass --rate with calls a second for each endpoint, such as 10",
        )
    for name, limit in overrides.items():
        known = name in SHARED or name in ENDPOINT or name.startswith(_EXACT)
        if not known or not _is_rate(limit):
            raise ConfigError(
                f"no limit can be set by {name!r} = {limit:g}",
                code="limit-unusable",
                hint=f"use one of {', '.join((*SHARED, *ENDPOINT))}, or an endpoint "
                "such as 'stripe POST /v1/customers/{id}', or destination-NAME, and a "
                "number above 0",
            )


_EXACT = ("stripe ", "workos ", f"{DESTINATION}-")


def _is_rate(value: float) -> bool:
    return math.isfinite(value) and value > 0
