"""Faults, in process and on a socket."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx2
import pytest
import stripe
import workos

from eleva_cli.sandbox.faults import Faults
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.keys import STRIPE_KEY
from eleva_cli.sandbox.store import FRESH_S, Store
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import ours, vendor

STAMP = {"metadata": {"workos_org_id": "org_1"}}


def stamp(sandbox: Sandbox) -> Any:
    return sandbox.stripe().customers.update("cus_1", STAMP, {"idempotency_key": "k"})


def stamped(sandbox: Sandbox) -> bool:
    customer = sandbox.get("objects/customer")["data"][0]
    return "workos_org_id" in customer["metadata"]


@ours
def test_drop_before_leaves_nothing(served: Sandbox) -> None:
    """The connection ends with no byte, and nothing was done."""
    served.post("faults", kind="drop_before", template="/v1/customers/*", count=1)
    with pytest.raises(stripe.APIConnectionError):
        stamp(served)
    assert not stamped(served)
    stamp(served)
    assert stamped(served)


@ours
@pytest.mark.parametrize("share", [0, 1])
def test_a_request_cut_short_never_came(served: Sandbox, share: int) -> None:
    """Its sender died in the middle of it: nothing is done, and its key is unused."""
    body = "metadata[workos_org_id]=org_1"
    address = httpx2.URL(served.base_url)
    head = (
        "POST /v1/customers/cus_1 HTTP/1.1\r\nHost: stripe\r\n"
        f"Authorization: Bearer {STRIPE_KEY}\r\nIdempotency-Key: k\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port or 80)) as line:
        line.sendall((head + body[: len(body) * share // 2]).encode())
        line.shutdown(socket.SHUT_WR)
        assert b" 200 " not in line.recv(1000)

    assert not stamped(served)
    stamp(served)
    assert stamped(served)


@ours
def test_drop_after_leaves_the_effect(served: Sandbox) -> None:
    """The connection ends with no byte, and the work is done; the key replays it."""
    served.post("faults", kind="drop_after", method="POST", count=1)
    with pytest.raises(stripe.APIConnectionError) as lost:
        stamp(served)
    assert isinstance(lost.value.__cause__, httpx2.RemoteProtocolError)
    assert stamped(served)
    again = stamp(served)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(served.effects()) == 1
    log = served.get("calls")["data"]
    assert [(row["fault"], row["replayed"]) for row in log] == [
        ("drop_after", False),
        (None, True),
    ]


@ours
def test_drop_after_works_on_workos(served: Sandbox) -> None:
    """A link may be there although the answer never came."""
    served.post("faults", kind="drop_after", service="workos", count=1)
    organizations = served.workos().organizations
    with pytest.raises(workos.WorkOSError):
        organizations.update_organization("org_1", stripe_customer_id="cus_1")
    assert organizations.get_organization("org_1").stripe_customer_id == "cus_1"


@ours
def test_a_cut_body_is_an_error_and_the_effect_stays(served: Sandbox) -> None:
    """The status says 200, the body ends in the middle."""
    served.post("faults", kind="cut_body", method="POST", count=1)
    with pytest.raises(stripe.APIConnectionError):
        stamp(served)
    assert stamped(served)


@ours
def test_a_hang_ends_by_the_client_s_patience(served: Sandbox) -> None:
    """Nothing was done."""
    served.post("faults", kind="hang", method="POST", count=1, seconds=0.3)
    with pytest.raises(httpx2.ReadTimeout):
        served.raw("POST", "/v1/customers/cus_1", data={"name": "B"}, timeout=0.05)
    assert served.effects() == []


@ours
def test_a_slow_body_comes_in_full(served: Sandbox) -> None:
    """It only takes its time."""
    served.post("faults", kind="slow_body", count=1, seconds=0.1)
    began = time.monotonic()
    assert served.stripe().customers.retrieve("cus_1").id == "cus_1"
    assert time.monotonic() - began >= 0.09


@ours
def test_a_status_may_have_any_body(sandbox: Sandbox) -> None:
    """A proxy's page in HTML, or none at all."""
    page = "<html>Bad gateway</html>"
    sandbox.post(
        "faults", kind="status", status=502, body=page, content_type="text/html"
    )
    answer = sandbox.raw("GET", "/v1/customers")
    assert (answer.status_code, answer.text) == (502, page)
    assert answer.headers["Content-Type"] == "text/html"


@ours
def test_a_failing_status_may_come_after_the_effect(sandbox: Sandbox) -> None:
    """A 500 leaves open whether the work was done: here it was."""
    sandbox.post("faults", kind="status", status=500, effect=True, count=1)
    with pytest.raises(stripe.APIError):
        stamp(sandbox)
    assert stamped(sandbox)


@ours
def test_rules_can_skip_and_end(sandbox: Sandbox) -> None:
    """One passes, two fail, the rest pass."""
    sandbox.post("faults", kind="status", status=503, skip=1, count=2)
    answers = [sandbox.raw("GET", "/v1/account").status_code for _ in range(5)]
    assert answers == [200, 503, 503, 200, 200]


@ours
def test_chance_repeats_with_its_seed(sandbox: Sandbox) -> None:
    """The same seed meets the same requests."""

    def statuses() -> list[int]:
        sandbox.post("faults", kind="status", probability=0.5, seed=7)
        found = [sandbox.raw("GET", "/v1/account").status_code for _ in range(12)]
        assert sandbox.http.delete(f"{sandbox.base_url}/_sandbox/faults").is_success
        return found

    first = statuses()
    assert first == statuses()
    assert {200, 500} == set(first)


@ours
def test_in_process_a_dropped_connection_is_an_error(sandbox: Sandbox) -> None:
    """There is no socket to close, so that the caller gets the exception."""
    sandbox.post("faults", kind="drop_after", method="POST", count=1)
    with pytest.raises(ConnectionResetError):
        stamp(sandbox)
    assert stamped(sandbox)


@ours
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "flood"}, "kind"),
        ({}, "kind"),
        ({"kind": "hang", "when": "now"}, "when"),
        ({"kind": "hang", "id": "7"}, "id"),
        ({"kind": "hang", "service": "paypal"}, "service"),
        ({"kind": "hang", "method": "post"}, "method"),
        ({"kind": "hang", "template": ""}, "template"),
        ({"kind": "hang", "path": 7}, "path"),
        ({"kind": "hang", "count": -1}, "count"),
        ({"kind": "hang", "count": True}, "count"),
        ({"kind": "hang", "skip": 0.5}, "skip"),
        ({"kind": "hang", "probability": 1.1}, "probability"),
        ({"kind": "hang", "probability": "half"}, "probability"),
        ({"kind": "hang", "seed": None}, "seed"),
        ({"kind": "hang", "seconds": -1}, "seconds"),
        ({"kind": "hang", "seconds": False}, "seconds"),
        ({"kind": "stale"}, "seconds"),
        ({"kind": "status", "status": 99}, "status"),
        ({"kind": "status", "status": "500"}, "status"),
        ({"kind": "status", "body": {}}, "body"),
        ({"kind": "status", "headers": {"A": 1}}, "headers"),
        ({"kind": "status", "headers": {"A": "x\r\nB: y"}}, "headers"),
        ({"kind": "status", "content_type": None}, "content_type"),
        ({"kind": "status", "effect": 1}, "effect"),
        ({"kind": "status", "stored": "no"}, "stored"),
    ],
)
def test_a_wrong_rule_is_named(
    sandbox: Sandbox, wrong: dict[str, object], field: str
) -> None:
    """It is refused with the field that is wrong, and no rule is added."""
    answer = sandbox.raw("POST", "/_sandbox/faults", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"faults.{field}: ")
    assert sandbox.get("faults")["data"] == []


@ours
def test_a_rule_may_be_for_one_object(sandbox: Sandbox) -> None:
    """`path` is what was asked for, `template` the endpoint; both are patterns."""
    sandbox.post("faults", kind="status", path="/v1/customers/cus_1")
    sandbox.post("faults", kind="status", status=503, template="/organizations/{id}")
    paths = ("/v1/customers/cus_1", "/v1/customers/cus_2", "/organizations/org_1")
    found = [sandbox.raw("GET", path).status_code for path in paths]
    assert found == [500, 200, 503]
    assert sandbox.raw("GET", "/organizations").status_code == 200


@ours
def test_an_answer_may_carry_any_header(sandbox: Sandbox) -> None:
    """A redirect, or an order when to come again."""
    to = {"Location": "https://login.example.com/"}
    sandbox.post("faults", kind="status", status=302, headers=to, count=1)
    sandbox.post("faults", kind="status", status=429, headers={"Retry-After": "7"})
    first, second = (sandbox.raw("GET", "/organizations") for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (302, to["Location"])
    assert (second.status_code, second.headers["Retry-After"]) == (429, "7")


@vendor("A1", "docs.stripe.com/rate-limits")
def test_a_busy_object_is_a_429_that_no_limiter_gave(sandbox: Sandbox) -> None:
    """No limiter is named, no request id is given, and the key stays free."""
    sandbox.post("faults", kind="lock_timeout", method="POST", count=1)
    with pytest.raises(stripe.RateLimitError) as busy:
        stamp(sandbox)
    assert busy.value.error is not None
    assert busy.value.error.code == "lock_timeout"
    assert busy.value.error.type == "invalid_request_error"
    assert busy.value.request_id is None
    assert "Stripe-Rate-Limited-Reason" not in (busy.value.headers or {})
    assert not stamped(sandbox)
    stamp(sandbox)
    assert len(sandbox.effects()) == 1


@ours
def test_workos_knows_no_busy_objects(sandbox: Sandbox) -> None:
    """The rule is for Stripe's endpoints, whatever else it says."""
    sandbox.post("faults", kind="lock_timeout")
    assert sandbox.raw("GET", "/organizations").status_code == 200


@ours
def test_turns_are_counted_and_a_new_rule_has_its_own(sandbox: Sandbox) -> None:
    """What one rule has used up does not count for the next of its number."""
    for _ in range(2):
        sandbox.post("faults", kind="status", count=1)
        found = [sandbox.raw("GET", "/v1/account").status_code for _ in range(3)]
        assert found == [500, 200, 200]
        listed = sandbox.get("faults")["data"]
        assert [(r["met"], r["applied"]) for r in listed] == [(1, 1)]
        sandbox.raw("DELETE", f"/_sandbox/faults/{listed[0]['id']}")
    assert sandbox.get("faults")["data"] == []


@ours
def test_a_rule_of_another_process_is_met_too(sandbox: Sandbox) -> None:
    """Rules are kept in the file: a command adds one while a server runs."""
    front: Front = sandbox.app.extensions["sandbox"]
    other = Store(front.store.path)
    Faults(other).add({"kind": "status", "status": 503})
    other.close()
    time.sleep(FRESH_S)
    assert sandbox.raw("GET", "/v1/account").status_code == 503


@ours
def test_several_clients_are_served_at_once(served: Sandbox) -> None:
    """Sixteen requests of 100 ms take little more than one."""
    from concurrent.futures import ThreadPoolExecutor

    served.post("settings", latency_ms=100)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: served.raw("GET", "/v1/account"), range(16)))
    assert time.monotonic() - began < 0.8
    assert max(row["in_flight"] for row in served.get("calls")["data"]) > 8
