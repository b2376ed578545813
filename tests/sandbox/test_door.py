"""Keys, permissions, idempotency and limits: what comes before the work."""

from __future__ import annotations

import threading
import time

import pytest
import stripe
import workos

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.limits import Limits
from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import Sandbox

UPDATE = next(route for route in ROUTES if route.name == "POST /v1/customers/{id}")
LINK = next(route for route in ROUTES if route.name == "PUT /organizations/{id}")
ROLE = next(r for r in ROUTES if r.name.startswith("PUT") and "memberships" in r.name)


def keyed(sandbox: Sandbox, key: str, **metadata: str) -> object:
    return sandbox.stripe().customers.update(
        "cus_1", {"metadata": metadata}, {"idempotency_key": key}
    )


def test_a_revoked_key_is_refused_at_once(sandbox: Sandbox) -> None:
    """Keys are looked at on every request."""
    customers = sandbox.stripe().customers
    customers.list()
    sandbox.post("settings", stripe_keys={})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        customers.list()


def test_a_restricted_key_lacks_what_it_lacks(sandbox: Sandbox) -> None:
    """Reading works, writing is a 403 that names the permission."""
    sandbox.post("settings", stripe_keys={"rk_test_x": ["customer_write"]})
    customers = sandbox.stripe("rk_test_x").customers
    assert customers.retrieve("cus_1").id == "cus_1"
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        customers.update("cus_1", {"name": "B"})


def test_the_same_key_replays_the_first_answer(sandbox: Sandbox) -> None:
    """One effect, and the second answer says that it is a replay."""
    keyed(sandbox, "k", a="1")
    again = keyed(sandbox, "k", a="1")
    headers = again.last_response.headers  # type: ignore[attr-defined]
    assert headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.effects()) == 1


def test_a_key_is_for_one_request(sandbox: Sandbox) -> None:
    """With other parameters it is an idempotency error."""
    keyed(sandbox, "k", a="1")
    with pytest.raises(stripe.IdempotencyError):
        keyed(sandbox, "k", a="2")


def test_a_key_lives_a_day(sandbox: Sandbox) -> None:
    """After that it is as new."""
    keyed(sandbox, "k", a="1")
    sandbox.post("settings", clock_offset_s=24 * 3600 + 1)
    keyed(sandbox, "k", a="2")
    assert len(sandbox.effects()) == 2


def test_a_refusal_at_the_door_is_not_remembered(sandbox: Sandbox) -> None:
    """Unknown parameters leave the key free; a missing object does not."""
    customers = sandbox.stripe().customers
    options = {"idempotency_key": "k"}
    with pytest.raises(stripe.InvalidRequestError):
        customers.update("cus_1", {"nickname": "x"}, options)
    assert customers.update("cus_1", {"name": "B"}, options).name == "B"
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            customers.update("cus_0", {"name": "B"}, {"idempotency_key": "m"})
    assert (missing.value.headers or {})["Idempotent-Replayed"] == "true"


def test_a_500_is_remembered(sandbox: Sandbox) -> None:
    """The same key gets it again although the fault is over."""
    sandbox.post("faults", kind="status", status=500, count=1, service="stripe")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            keyed(sandbox, "k", a="1")
    keyed(sandbox, "k2", a="1")
    assert len(sandbox.effects()) == 1


def test_a_key_in_use_is_a_conflict(sandbox: Sandbox) -> None:
    """While the first request is being answered, the second gets a 409."""
    sandbox.post("settings", latency_ms=150)
    first = threading.Thread(target=keyed, args=(sandbox, "k"), kwargs={"a": "1"})
    first.start()
    time.sleep(0.01)
    with pytest.raises(stripe.APIError) as refused:
        keyed(sandbox, "k", a="1")
    first.join()
    assert refused.value.http_status == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "idempotency_key_in_use"


def test_an_endpoint_of_stripe_takes_25_a_second() -> None:
    """A bucket of one second, refilled evenly; the account's own limit is 100 live."""
    limits, settings = Limits(), Settings()
    refused = [limits.refuse(UPDATE, settings, 1.0, live=True) for _ in range(26)]
    assert refused[:25] == [None] * 25
    assert refused[25] is not None
    assert refused[25][0].reason == "endpoint-rate"
    assert limits.refuse(UPDATE, settings, 1.05, live=True) is None
    assert limits.refuse(UPDATE, settings, 1.05, live=True) is not None


def test_test_mode_takes_25_a_second_in_all() -> None:
    """Whatever the endpoints."""
    limits, settings = Limits(), Settings()
    other = next(route for route in ROUTES if route.name == "GET /v1/customers")
    for _ in range(25):
        limits.refuse(UPDATE, settings, 1.0, live=False)
    over = limits.refuse(other, settings, 1.0, live=False)
    assert over is not None
    assert over[0].reason == "global-rate"


def test_workos_limits_writes_of_user_management() -> None:
    """500 in ten seconds; links are not among them."""
    limits, settings = Limits(), Settings()
    for _ in range(500):
        assert limits.refuse(ROLE, settings, 1.0, live=False) is None
    assert limits.refuse(ROLE, settings, 2.0, live=False) is not None
    assert limits.refuse(LINK, settings, 2.0, live=False) is None
    assert limits.refuse(ROLE, settings, 11.0, live=False) is None


@pytest.mark.parametrize(
    ("settings", "passed"),
    [
        (Settings(limits_scale=0.4), 10),
        (Settings(foreign_share=0.6), 10),
        (Settings(limits={"POST /v1/customers/{id}": 3}), 3),
        (Settings(limits_enabled=False), 60),
    ],
)
def test_limits_can_be_changed(settings: Settings, passed: int) -> None:
    """By a factor, by foreign load, by endpoint, altogether."""
    limits = Limits()
    tries = [limits.refuse(UPDATE, settings, 1.0, live=True) for _ in range(60)]
    assert tries.count(None) == passed


def test_429s_say_what_limited(sandbox: Sandbox) -> None:
    """Stripe by its header, WorkOS by its code, with Retry-After when switched on."""
    sandbox.post(
        "settings", limits_enabled=True, limits_scale=0.001, retry_after_present=True
    )
    customers, client = sandbox.stripe().customers, sandbox.workos()
    customers.retrieve("cus_1")
    with pytest.raises(stripe.RateLimitError) as stripes:
        customers.retrieve("cus_1")
    assert (stripes.value.headers or {})["Stripe-Rate-Limited-Reason"] == "global-rate"
    for _ in range(6):
        client.organizations.get_organization("org_1")
    with pytest.raises(workos.RateLimitExceededError) as theirs:
        client.organizations.get_organization("org_1")
    assert theirs.value.code == "rate_limit_exceeded"
    assert theirs.value.retry_after is not None


def test_the_date_can_be_wrong(sandbox: Sandbox) -> None:
    """The server's clock may be off by a set number of seconds."""
    sandbox.post("settings", clock_offset_s=-86_400 * 400)
    year = sandbox.raw("GET", "/v1/account").headers["Date"].split()[3]
    assert int(year) < time.gmtime().tm_year


def test_answers_carry_their_request_id(sandbox: Sandbox) -> None:
    """Each service has its own header; Stripe tells the version it was asked for."""
    stripes = sandbox.raw(
        "GET", "/v1/account", headers={"Stripe-Version": "2026-01-01"}
    )
    assert stripes.headers["Request-Id"].startswith("req_")
    assert stripes.headers["Stripe-Version"] == "2026-01-01"
    assert sandbox.raw("GET", "/organizations").headers["X-Request-ID"]


def test_unknown_addresses_are_404_in_their_service_s_shape(sandbox: Sandbox) -> None:
    """Neither service shows a page."""
    assert "error" in sandbox.raw("GET", "/v1/charges").json()
    assert "message" in sandbox.raw("GET", "/directories").json()
