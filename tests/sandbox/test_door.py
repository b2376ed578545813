"""Keys, permissions, idempotency and limits: what comes before the work."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stripe
import workos

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.idempotency import replay
from eleva_cli.sandbox.limits import Limits
from eleva_cli.sandbox.settings import Settings
from eleva_cli.sandbox.store import Store
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor

UPDATE = next(route for route in ROUTES if route.name == "POST /v1/customers/{id}")
LINK = next(route for route in ROUTES if route.name == "PUT /organizations/{id}")
ROLE = next(r for r in ROUTES if r.name.startswith("PUT") and "memberships" in r.name)


def keyed(sandbox: Sandbox, key: str, **metadata: str) -> object:
    return sandbox.stripe().customers.update(
        "cus_1", {"metadata": metadata}, {"idempotency_key": key}
    )


@vendor("A2", "stripe 16.1")
def test_a_revoked_key_is_refused_at_once(sandbox: Sandbox) -> None:
    """Keys are looked at on every request."""
    customers = sandbox.stripe().customers
    customers.list()
    sandbox.post("settings", stripe_keys={})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        customers.list()


@belief("the words are what third parties saw; the 403 is the SDK's PermissionError")
def test_a_restricted_key_lacks_what_it_lacks(sandbox: Sandbox) -> None:
    """Reading works, writing is a 403 that names the permission."""
    sandbox.post("settings", stripe_keys={"rk_test_x": ["customer_write"]})
    customers = sandbox.stripe("rk_test_x").customers
    assert customers.retrieve("cus_1").id == "cus_1"
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        customers.update("cus_1", {"name": "B"})


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_the_same_key_replays_the_first_answer(sandbox: Sandbox) -> None:
    """One effect, and the second answer says that it is a replay."""
    keyed(sandbox, "k", a="1")
    again = keyed(sandbox, "k", a="1")
    headers = again.last_response.headers  # type: ignore[attr-defined]
    assert headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.effects()) == 1


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_a_key_is_for_one_request(sandbox: Sandbox) -> None:
    """With other parameters it is an idempotency error."""
    keyed(sandbox, "k", a="1")
    with pytest.raises(stripe.IdempotencyError):
        keyed(sandbox, "k", a="2")


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_a_key_lives_a_day(sandbox: Sandbox) -> None:
    """After that it is as new."""
    keyed(sandbox, "k", a="1")
    sandbox.post("settings", clock_offset_s=24 * 3600 + 1)
    keyed(sandbox, "k", a="2")
    assert len(sandbox.effects()) == 2


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
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


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_a_500_is_remembered(sandbox: Sandbox) -> None:
    """The same key gets it again although the fault is over."""
    sandbox.post("faults", kind="status", status=500, count=1, service="stripe")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            keyed(sandbox, "k", a="1")
    keyed(sandbox, "k2", a="1")
    assert len(sandbox.effects()) == 1


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
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


@vendor("A1", "docs.stripe.com/rate-limits")
def test_an_endpoint_of_stripe_takes_25_a_second() -> None:
    """A bucket of one second, refilled evenly; the account's own limit is 100 live."""
    limits, settings = Limits(), Settings()
    refused = [limits.refuse(UPDATE, settings, 1.0, live=True) for _ in range(26)]
    assert refused[:25] == [None] * 25
    assert refused[25] is not None
    assert refused[25][0].reason == "endpoint-rate"
    assert limits.refuse(UPDATE, settings, 1.05, live=True) is None
    assert limits.refuse(UPDATE, settings, 1.05, live=True) is not None


@vendor("A1", "docs.stripe.com/rate-limits")
def test_test_mode_takes_25_a_second_in_all() -> None:
    """Whatever the endpoints."""
    limits, settings = Limits(), Settings()
    other = next(route for route in ROUTES if route.name == "GET /v1/customers")
    for _ in range(25):
        limits.refuse(UPDATE, settings, 1.0, live=False)
    over = limits.refuse(other, settings, 1.0, live=False)
    assert over is not None
    assert over[0].reason == "global-rate"


@vendor("F1", "workos.com/docs/reference/rate-limits")
def test_workos_limits_writes_of_user_management() -> None:
    """500 in ten seconds; links are not among them."""
    limits, settings = Limits(), Settings()
    for _ in range(500):
        assert limits.refuse(ROLE, settings, 1.0, live=False) is None
    assert limits.refuse(ROLE, settings, 2.0, live=False) is not None
    assert limits.refuse(LINK, settings, 2.0, live=False) is None
    assert limits.refuse(ROLE, settings, 11.0, live=False) is None


@ours
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


@vendor("A1", "docs.stripe.com/rate-limits")
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


@ours
def test_the_date_can_be_wrong(sandbox: Sandbox) -> None:
    """The server's clock may be off by a set number of seconds."""
    sandbox.post("settings", clock_offset_s=-86_400 * 400)
    year = sandbox.raw("GET", "/v1/account").headers["Date"].split()[3]
    assert int(year) < time.gmtime().tm_year


@vendor("A2", "stripe 16.1")
def test_answers_carry_their_request_id(sandbox: Sandbox) -> None:
    """Each service has its own header; Stripe tells the version it was asked for."""
    stripes = sandbox.raw(
        "GET", "/v1/account", headers={"Stripe-Version": "2026-01-01"}
    )
    assert stripes.headers["Request-Id"].startswith("req_")
    assert stripes.headers["Stripe-Version"] == "2026-01-01"
    assert sandbox.raw("GET", "/organizations").headers["X-Request-ID"]


@belief("both shapes follow from the other errors; no page shows this one")
def test_unknown_addresses_are_404_in_their_service_s_shape(sandbox: Sandbox) -> None:
    """Neither service shows a page."""
    assert "error" in sandbox.raw("GET", "/v1/charges").json()
    assert "message" in sandbox.raw("GET", "/directories").json()


@vendor("A1", "docs.stripe.com/rate-limits")
def test_one_endpoint_alone_is_named_as_such(sandbox: Sandbox) -> None:
    """Its own limit is not the account's: other endpoints still answer."""
    sandbox.post("settings", limits_enabled=True, limits={"GET /v1/customers/{id}": 1})
    customers = sandbox.stripe().customers
    customers.retrieve("cus_1")
    with pytest.raises(stripe.RateLimitError) as over:
        customers.retrieve("cus_2")
    headers = over.value.headers or {}
    assert headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert "Retry-After" not in headers
    assert customers.list().data


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_what_a_limiter_refused_may_be_sent_again(sandbox: Sandbox) -> None:
    """A 429 is not remembered by its key."""
    sandbox.post("settings", limits_enabled=True, limits={"POST /v1/customers/{id}": 1})
    keyed(sandbox, "k1", a="1")
    with pytest.raises(stripe.RateLimitError):
        keyed(sandbox, "k2", a="2")
    sandbox.post("settings", limits_enabled=False)
    keyed(sandbox, "k2", a="3")
    assert len(sandbox.effects()) == 2


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_a_mismatch_leaves_the_first_answer(sandbox: Sandbox) -> None:
    """The key still replays what it was first used for."""
    keyed(sandbox, "k", a="1")
    with pytest.raises(stripe.IdempotencyError) as refused:
        keyed(sandbox, "k", a="2")
    assert refused.value.http_status == 400
    again: Any = keyed(sandbox, "k", a="1")
    assert again.metadata.to_dict() == {"a": "1"}


@belief("third parties' recordings show it; stripe-mock echoes the key")
def test_a_keyed_answer_names_key_and_first_request(sandbox: Sandbox) -> None:
    """A replay has an id of its own and names the request that did the work."""
    told = {"headers": {"Idempotency-Key": "k"}, "data": {"name": "B"}}
    first = sandbox.raw("POST", "/v1/customers/cus_1", **told).headers
    second = sandbox.raw("POST", "/v1/customers/cus_1", **told).headers
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == "k"
    assert first["Original-Request"] == first["Request-Id"]
    assert second["Original-Request"] == first["Request-Id"]
    assert second["Request-Id"] != first["Request-Id"]


@belief("third parties' recordings show it on every answer")
def test_without_a_version_the_account_s_own_is_told(sandbox: Sandbox) -> None:
    """The header names what the answer is written in."""
    sandbox.post("settings", api_version="2024-06-20")
    assert sandbox.raw("GET", "/v1/account").headers["Stripe-Version"] == "2024-06-20"


@vendor("A3", "docs.stripe.com/api/expanding_objects")
def test_no_more_than_four_levels_are_expanded(sandbox: Sandbox) -> None:
    """A list's `data` counts as one."""
    subscriptions = sandbox.stripe().subscriptions
    subscriptions.list({"expand": ["data.items.data.price"]})
    with pytest.raises(stripe.InvalidRequestError) as deep:
        subscriptions.list({"expand": ["data.items.data.price.product"]})
    assert deep.value.code == "property_expansion_max_depth"


@pytest.mark.parametrize("key", ["sk_test_of_somebody_else", ""])
@vendor("A2", "stripe 16.1")
def test_a_wrong_key_is_a_401_at_both(sandbox: Sandbox, key: str) -> None:
    """Each in its own shape; the key itself is not repeated."""
    headers = {"Authorization": f"Bearer {key}"}
    stripes = sandbox.raw("GET", "/v1/customers", headers=headers)
    theirs = sandbox.raw("GET", "/organizations", headers=headers)
    assert (stripes.status_code, theirs.status_code) == (401, 401)
    assert stripes.json()["error"]["type"] == "invalid_request_error"
    assert theirs.json()["message"] == "Unauthorized"
    assert not key or key not in stripes.text


@vendor("A4", "docs.stripe.com/api/idempotent_requests")
def test_a_401_is_not_remembered(sandbox: Sandbox) -> None:
    """Whoever comes again with a good key and the same key of idempotency is served."""
    options = {"idempotency_key": "k"}
    bad = sandbox.stripe("sk_test_other").customers
    with pytest.raises(stripe.AuthenticationError):
        bad.update("cus_1", {"name": "B"}, options)
    assert sandbox.stripe().customers.update("cus_1", {"name": "B"}, options)


@ours
def test_a_store_of_an_earlier_version_opens(tmp_path: Path) -> None:
    """Its answers lack the request that made them; they are replayed all the same."""
    path = tmp_path / "old.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE answers DROP COLUMN request_id")
        old.execute("INSERT INTO answers VALUES ('k', 'hash', 200, '{}', 0)")
        old.commit()
    with Store(path).read() as session:
        answer = replay(session, "k", "hash", 1.0)
    assert answer is not None
    assert "Original-Request" not in answer.headers
