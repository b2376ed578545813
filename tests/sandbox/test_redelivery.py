"""Deliveries that fail: tried again, given up, asked for."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from eleva_cli.sandbox.delivery.plan import LIVE_DELAYS_S, TEST_DELAYS_S, next_delay_s
from eleva_cli.sandbox.delivery.post import post
from tests.sandbox.harness import Sandbox
from tests.sandbox.receiver import (
    Receiver,
    drain,
    endpoint,
    last_event,
    only_delivery,
    receiving,
    rename,
)
from tests.sandbox.sources import belief, ours, vendor

HOUR = 3600
ELSEWHERE = "https://app.example.test/hooks"
OLD = "2024-06-20"


@vendor("A7", "docs.stripe.com/webhooks")
def test_a_redirect_is_a_failure(sending: Sandbox, receiver: Receiver) -> None:
    """It is not followed."""
    with receiving() as other:
        receiver.status, receiver.location = 302, other.url
        endpoint(sending, receiver.url)
        rename(sending, "Ana")
        drain(sending)
        assert other.bodies == []
    assert [each["status"] for each in only_delivery(sending)["tries"]] == [302]


@ours
def test_a_receiver_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not keep the line waiting."""
    monkeypatch.setattr("eleva_cli.sandbox.delivery.post.TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_drip, args=(server,))
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/hooks"
        outcome = post(url, b"{}", "")
        thread.join()
    assert not outcome.ok
    assert time.monotonic() - began < 2


def _drip(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        for byte in b"HTTP/1.1 200 OK" * 4:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


@vendor("A6", "docs.stripe.com/webhooks")
def test_a_failed_delivery_is_tried_again(sending: Sandbox, receiver: Receiver) -> None:
    """Later, by the sandbox's own clock, with a new signature."""
    receiver.status = 500
    made = endpoint(sending, receiver.url)
    rename(sending, "Ana")
    drain(sending)
    assert only_delivery(sending)["state"] == "pending"
    receiver.status = 204
    sending.post("settings", clock_offset_s=HOUR)
    drain(sending)
    delivery = only_delivery(sending)
    assert delivery["state"] == "delivered"
    assert [each["status"] for each in delivery["tries"]] == [500, 204]
    assert len({each.id for each in receiver.events(made.secret)}) == 1
    assert last_event(sending).pending_webhooks == 0


@vendor("A6", "docs.stripe.com/webhooks")
def test_in_test_mode_three_retries_are_all(
    sending: Sandbox, receiver: Receiver
) -> None:
    """Then it has failed for good."""
    receiver.status = 404
    endpoint(sending, receiver.url)
    rename(sending, "Ana")
    for hours in range(6):
        sending.post("settings", clock_offset_s=hours * HOUR)
        drain(sending)
    delivery = only_delivery(sending)
    assert (delivery["state"], len(delivery["tries"])) == ("failed", 4)
    assert last_event(sending).pending_webhooks == 1


@vendor("A6", "docs.stripe.com/webhooks")
@pytest.mark.parametrize(
    ("live", "delays", "least_h", "most_h"),
    [(False, TEST_DELAYS_S, 1, 12), (True, LIVE_DELAYS_S, 48, 72)],
)
def test_retries_take_hours_or_days(
    live: bool, delays: tuple[int, ...], least_h: int, most_h: int
) -> None:
    """Up to three days in live mode, three times in a few hours in test mode."""
    assert [next_delay_s(n + 1, live=live) for n in range(len(delays))] == [*delays]
    assert next_delay_s(len(delays) + 1, live=live) is None
    assert sorted(delays) == list(delays)
    assert least_h <= sum(delays) / HOUR <= most_h


@vendor("A7", "docs.stripe.com/webhooks")
def test_a_disabled_endpoint_gets_nothing(sending: Sandbox, receiver: Receiver) -> None:
    """Neither new events nor retries of earlier ones."""
    receiver.status = 500
    made = endpoint(sending, receiver.url)
    rename(sending, "Ana")
    drain(sending)
    sending.stripe().webhook_endpoints.update(made.id, {"disabled": True})
    rename(sending, "Bea")
    sending.post("settings", clock_offset_s=HOUR)
    drain(sending)
    delivery = only_delivery(sending)
    assert (delivery["state"], delivery["note"]) == (
        "failed",
        "endpoint disabled or deleted",
    )
    assert len(receiver.bodies) == 1


@belief("known from the Stripe CLI's source only: events resend")
def test_an_event_is_delivered_again_when_asked(
    sending: Sandbox, receiver: Receiver
) -> None:
    """To the endpoint that is named, whether it had it before or not."""
    made = endpoint(sending, receiver.url)
    rename(sending, "Ana")
    drain(sending)
    event = last_event(sending)
    path = f"/v1/events/{event.id}/retry"
    answer = sending.raw("POST", path, data={"webhook_endpoint": made.id})
    assert answer.json()["id"] == event.id
    drain(sending)
    assert [each.id for each in receiver.events(made.secret)] == [event.id] * 2
    assert last_event(sending).pending_webhooks == 0
    missing = sending.raw("POST", path).json()["error"]
    assert missing["param"] == "webhook_endpoint"
    assert sending.raw("POST", path, data={"for_stripecli": "true"}).status_code == 200
    unknown = sending.raw("POST", path, data={"webhook_endpoint": "we_0"})
    assert unknown.json()["error"]["code"] == "resource_missing"


@belief("known from the Stripe CLI's source only: events resend")
def test_a_failed_delivery_is_mended_by_asking(
    sending: Sandbox, receiver: Receiver
) -> None:
    """Without waiting for its next try."""
    receiver.status = 500
    made = endpoint(sending, receiver.url)
    rename(sending, "Ana")
    drain(sending)
    receiver.status = 200
    path = f"/v1/events/{last_event(sending).id}/retry"
    sending.raw("POST", path, data={"webhook_endpoint": made.id})
    drain(sending)
    assert only_delivery(sending)["state"] == "delivered"
    assert last_event(sending).pending_webhooks == 0
