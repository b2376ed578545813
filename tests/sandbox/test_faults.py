"""Faults, in process and on a socket."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
import stripe
import workos

from tests.sandbox.harness import Sandbox

STAMP = {"metadata": {"workos_org_id": "org_1"}}


def stamp(sandbox: Sandbox) -> Any:
    return sandbox.stripe().customers.update("cus_1", STAMP, {"idempotency_key": "k"})


def stamped(sandbox: Sandbox) -> bool:
    customer = sandbox.get("objects/customer")["data"][0]
    return "workos_org_id" in customer["metadata"]


def test_drop_before_leaves_nothing(served: Sandbox) -> None:
    """The connection ends with no byte, and nothing was done."""
    served.post("faults", kind="drop_before", template="/v1/customers/*", count=1)
    with pytest.raises(stripe.APIConnectionError):
        stamp(served)
    assert not stamped(served)
    stamp(served)
    assert stamped(served)


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


def test_drop_after_works_on_workos(served: Sandbox) -> None:
    """A link may be there although the answer never came."""
    served.post("faults", kind="drop_after", service="workos", count=1)
    organizations = served.workos().organizations
    with pytest.raises(workos.WorkOSError):
        organizations.update_organization("org_1", stripe_customer_id="cus_1")
    assert organizations.get_organization("org_1").stripe_customer_id == "cus_1"


def test_a_cut_body_is_an_error_and_the_effect_stays(served: Sandbox) -> None:
    """The status says 200, the body ends in the middle."""
    served.post("faults", kind="cut_body", method="POST", count=1)
    with pytest.raises(stripe.APIConnectionError):
        stamp(served)
    assert stamped(served)


def test_a_hang_ends_by_the_client_s_patience(served: Sandbox) -> None:
    """Nothing was done."""
    served.post("faults", kind="hang", method="POST", count=1, seconds=0.3)
    with pytest.raises(httpx2.ReadTimeout):
        served.raw("POST", "/v1/customers/cus_1", data={"name": "B"}, timeout=0.05)
    assert served.effects() == []


def test_a_slow_body_comes_in_full(served: Sandbox) -> None:
    """It only takes its time."""
    served.post("faults", kind="slow_body", count=1, seconds=0.1)
    began = time.monotonic()
    assert served.stripe().customers.retrieve("cus_1").id == "cus_1"
    assert time.monotonic() - began >= 0.09


def test_a_status_may_have_any_body(sandbox: Sandbox) -> None:
    """A proxy's page in HTML, or none at all."""
    page = "<html>Bad gateway</html>"
    sandbox.post(
        "faults", kind="status", status=502, body=page, content_type="text/html"
    )
    answer = sandbox.raw("GET", "/v1/customers")
    assert (answer.status_code, answer.text) == (502, page)
    assert answer.headers["Content-Type"] == "text/html"


def test_a_failing_status_may_come_after_the_effect(sandbox: Sandbox) -> None:
    """A 500 leaves open whether the work was done: here it was."""
    sandbox.post("faults", kind="status", status=500, effect=True, count=1)
    with pytest.raises(stripe.APIError):
        stamp(sandbox)
    assert stamped(sandbox)


def test_rules_can_skip_and_end(sandbox: Sandbox) -> None:
    """One passes, two fail, the rest pass."""
    sandbox.post("faults", kind="status", status=503, skip=1, count=2)
    answers = [sandbox.raw("GET", "/v1/account").status_code for _ in range(5)]
    assert answers == [200, 503, 503, 200, 200]


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


def test_in_process_a_dropped_connection_is_an_error(sandbox: Sandbox) -> None:
    """There is no socket to close, so that the caller gets the exception."""
    sandbox.post("faults", kind="drop_after", method="POST", count=1)
    with pytest.raises(ConnectionResetError):
        stamp(sandbox)
    assert stamped(sandbox)


def test_a_wrong_rule_is_named(sandbox: Sandbox) -> None:
    """It is refused with the field that is wrong."""
    answer = sandbox.raw("POST", "/_sandbox/faults", json={"kind": "flood"})
    assert answer.status_code == 400
    assert "faults.kind" in answer.json()["error"]


def test_several_clients_are_served_at_once(served: Sandbox) -> None:
    """Sixteen requests of 100 ms take little more than one."""
    from concurrent.futures import ThreadPoolExecutor

    served.post("settings", latency_ms=100)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: served.raw("GET", "/v1/account"), range(16)))
    assert time.monotonic() - began < 0.8
    assert max(row["in_flight"] for row in served.get("calls")["data"]) > 8
