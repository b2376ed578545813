"""The Stripe adapter where transport is the point: the sandbox answered on a socket.

What breaks a connection has no answer to be recorded; those faults are played on
real sockets, in `tests/contract/test_adapters_wire.py`.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
import stripe

from eleva_cli.adapters.http import open_client
from eleva_cli.adapters.stripe_api import Httpx2Client
from eleva_cli.errors import (
    InDoubtError,
    MissingError,
    NotExecutedError,
    RejectedError,
    ServerFaultError,
    UnauthorizedError,
)
from eleva_cli.pacing import Gate
from tests.cassettes.places import Place
from tests.cassettes.tape import Tape, recorded
from tests.contract.adapter_world import WINDOW, pacer

STAMP = {"workos_org_id": "org_1"}
CUSTOMER = {"id": "cus_1", "email": "ana@example.test", "created": 1_500}


def business(place: Place) -> None:
    place.control("seed", stripe={"customers": [CUSTOMER]})


def limited(place: Place) -> None:
    business(place)
    limits = {"GET /v1/customers/{id}": 1}
    place.control(
        "settings", limits_enabled=True, limits=limits, retry_after_present=True
    )


def failing(**rule: Any) -> Any:
    """Prepare a business with one rule of faults."""

    def prepare(place: Place) -> None:
        business(place)
        place.control("faults", **rule)

    return prepare


@recorded("sandbox", limited)
def test_a_limiter_is_named_with_its_wait(tape: Tape) -> None:
    """The headers of a 429 reach the error, and nothing ran."""
    tape.ports.stripe.customer("cus_1")
    with pytest.raises(NotExecutedError) as refused:
        tape.ports.stripe.customer("cus_1")

    assert refused.value.code == "rate-limited"
    assert refused.value.retry_after_s == 1
    assert "endpoint-rate" in str(refused.value)


@recorded("sandbox", failing(kind="lock_timeout", count=1))
def test_a_busy_object_is_tried_again_under_its_key(tape: Tape) -> None:
    """A 429 without a limiter and without a request id: nothing ran."""
    with pytest.raises(NotExecutedError) as busy:
        tape.ports.stripe.update_customer("cus_1", STAMP, key="k")
    written = tape.ports.stripe.update_customer("cus_1", STAMP, key="k")

    assert (busy.value.code, busy.value.request_id) == ("object-locked", None)
    assert written.value.metadata == STAMP
    assert not written.replayed


@recorded(
    "sandbox",
    failing(kind="status", status=302, headers={"Location": "https://example.com/"}),
)
def test_a_redirect_is_not_followed(tape: Tape) -> None:
    """A key would go with it; nobody is asked at the other address."""
    with pytest.raises(RejectedError) as refused:
        tape.ports.stripe.customers(WINDOW, None)

    assert refused.value.code == "redirected"


@recorded(
    "sandbox", failing(kind="status", status=200, body='{"id": "cus_', effect=True)
)
def test_a_cut_answer_leaves_a_write_in_doubt(tape: Tape) -> None:
    """A proxy that sends half of a body and says that it is whole."""
    with pytest.raises(InDoubtError) as cut:
        tape.ports.stripe.update_customer("cus_1", STAMP, key="k")

    assert cut.value.code == "not-json"


@recorded(
    "sandbox",
    failing(
        kind="status",
        status=502,
        body="<html>Bad gateway</html>",
        content_type="text/html",
    ),
)
def test_a_gateway_s_page_is_a_fault_of_the_server(tape: Tape) -> None:
    """HTML where JSON was expected, with a status that says so."""
    with pytest.raises(ServerFaultError) as failed:
        tape.ports.stripe.account()

    assert failed.value.status == 502


@recorded("sandbox", failing(kind="status", status=500, count=1))
def test_a_replayed_500_is_told_from_a_new_one(tape: Tape) -> None:
    """Stripe keeps the failure under its key; another key does the work."""
    update = tape.ports.stripe.update_customer
    replayed = []
    for _ in range(2):
        with pytest.raises(ServerFaultError) as failed:
            update("cus_1", STAMP, key="k1")
        replayed.append(failed.value.replayed)
    # the key is no part of the match, so the third request differs by its body
    written = update("cus_1", {**STAMP, "workos_user_id": "user_1"}, key="k2")

    assert replayed == [False, True]
    assert written.value.metadata["workos_user_id"] == "user_1"


@recorded("sandbox", is_real=True, key="sk_test_nobody")
def test_a_wrong_key_is_told(tape: Tape) -> None:
    """The key is rejected before anything is read, and not repeated."""
    with pytest.raises(UnauthorizedError) as refused:
        tape.ports.stripe.account()

    assert refused.value.code == "key-rejected"


@recorded("sandbox", is_real=True)
def test_what_is_not_there_is_missing(tape: Tape) -> None:
    """With the request's id, for support."""
    with pytest.raises(MissingError) as missing:
        tape.ports.stripe.customer("cus_missing")

    assert missing.value.remote_code == "resource_missing"
    assert missing.value.request_id


@recorded("sandbox")
def test_a_new_endpoint_s_secret_is_not_on_the_tape(tape: Tape) -> None:
    """Stripe tells a webhook's secret once, in the answer's body."""
    client = open_client(tape.connection, pacer(), Gate())
    bases: Any = dict.fromkeys(
        ("api", "connect", "files", "meter_events"), tape.connection.stripe_base
    )
    with closing(client):
        sdk = stripe.StripeClient(
            tape.connection.stripe_key,
            http_client=Httpx2Client(client),
            max_network_retries=0,
            base_addresses=bases,
        )
        made = sdk.v1.webhook_endpoints.create(
            {
                "url": "https://example.com/hooks?for=ana@example.com",
                "enabled_events": ["customer.updated", "*"],
            }
        )

    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert made.enabled_events == ["customer.updated", "*"]
