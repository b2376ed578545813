"""The budgets: the vendors' numbers, what is left to others, and the overrides."""

from __future__ import annotations

import pytest

from eleva_cli.errors import ConfigError, ElevaError, UsageError
from eleva_cli.pacing import Limit, limits_for
from eleva_cli.ports import Mode, Service


@pytest.mark.parametrize(
    ("mode", "call", "expected"),
    [
        ("live", ("stripe", "GET", "/v1/prices"), {"stripe-global": 100}),
        ("test", ("stripe", "GET", "/v1/prices"), {"stripe-global": 25}),
        (
            "live",
            ("stripe", "GET", "/v1/prices/search"),
            {"stripe-global": 100, "stripe-search": 20},
        ),
        ("live", ("workos", "PUT", "/organizations/{id}"), {"workos-all": 100}),
        (
            "live",
            ("workos", "GET", "/user_management/users"),
            {"workos-all": 100, "workos-users-read": 100},
        ),
        (
            "live",
            ("workos", "PUT", "/user_management/users/{id}"),
            {"workos-all": 100, "workos-users-write": 50},
        ),
        (
            "live",
            ("workos", "DELETE", "/organizations/{id}"),
            {"workos-all": 100, "workos-organizations-delete": 50 / 60},
        ),
    ],
)
def test_a_call_counts_against_what_the_vendors_publish(
    mode: Mode, call: tuple[Service, str, str], expected: dict[str, float]
) -> None:
    """Each call has its endpoint's limit first, and the shared ones that apply."""
    endpoint, *shared = limits_for(mode, leave=0, rate=None, overrides={}).of(*call)

    per_second = 25 if call[0] == "stripe" else 100
    assert Limit(name=" ".join(call), per_second=per_second) == endpoint
    assert expected == {limit.name: limit.per_second for limit in shared}


def test_what_is_left_to_others_comes_off_every_limit() -> None:
    """A budget is the limit times what is not left."""
    limits = limits_for("live", leave=0.4, rate=None, overrides={})

    endpoint, everything = limits.of("stripe", "GET", "/v1/prices")

    assert (endpoint.per_second, everything.per_second) == pytest.approx((15, 60))


def test_the_rate_caps_endpoints_only() -> None:
    """`--rate` bounds each endpoint and raises none."""
    slow = limits_for("live", leave=0, rate=10, overrides={})
    high = limits_for("live", leave=0, rate=1000, overrides={})

    assert [10, 100] == [it.per_second for it in slow.of("stripe", "GET", "/v1/x")]
    assert [25, 100] == [it.per_second for it in high.of("stripe", "GET", "/v1/x")]


def test_a_single_endpoint_can_have_its_own_limit() -> None:
    """An agreed higher limit is set by the endpoint's name, also before `leave`."""
    overrides = {"stripe POST /v1/customers/{id}": 80.0, "stripe-global": 200.0}
    limits = limits_for("live", leave=0.5, rate=None, overrides=overrides)

    stamp = limits.of("stripe", "POST", "/v1/customers/{id}")

    assert [40, 100] == [limit.per_second for limit in stamp]
    assert limits.of("stripe", "GET", "/v1/customers")[0].per_second == 12.5


@pytest.mark.parametrize(
    ("rate", "overrides", "expected"),
    [
        (None, {}, 2),
        (None, {"destination-app": 50.0}, 50),
        (None, {"destination-shop": 50.0}, 2),
        (1, {"destination-app": 50.0}, 1),
        (9, {}, 2),
    ],
)
def test_a_destination_has_a_limit_of_its_own(
    rate: float | None, overrides: dict[str, float], expected: float
) -> None:
    """It counts against no service, and is the application's: nothing is left to it."""
    limits = limits_for("live", leave=0.5, rate=rate, overrides=overrides)

    found = limits.of("destination", "POST", "app")

    assert found == (Limit(name="destination-app", per_second=expected),)


@pytest.mark.parametrize(
    ("leave", "rate", "overrides", "kind", "code"),
    [
        (1.0, None, {}, UsageError, "leave-out-of-range"),
        (-0.1, None, {}, UsageError, "leave-out-of-range"),
        (float("nan"), None, {}, UsageError, "leave-out-of-range"),
        (0, 0.0, {}, UsageError, "rate-out-of-range"),
        (0, float("inf"), {}, UsageError, "rate-out-of-range"),
        (0, None, {"stripe-globl": 5.0}, ConfigError, "limit-unusable"),
        (0, None, {"stripe-global": 0.0}, ConfigError, "limit-unusable"),
        (0, None, {"destination-app": 0.0}, ConfigError, "limit-unusable"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    leave: float,
    rate: float | None,
    overrides: dict[str, float],
    kind: type[ElevaError],
    code: str,
) -> None:
    """Each bad number has its own code and says what to pass."""
    with pytest.raises(kind) as refused:
        limits_for("live", leave=leave, rate=rate, overrides=overrides)

    assert code == refused.value.code
    assert refused.value.hint
