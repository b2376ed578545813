"""Events really delivered to loopback: signed, retried, twice, in any order."""

from __future__ import annotations

import gc
import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
import stripe

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.delivery import is_loopback, sign
from eleva_cli.sandbox.delivery.post import post
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import IN_PROCESS, Sandbox
from tests.sandbox.receiver import (
    Receiver,
    drain,
    endpoint,
    front_of,
    last_event,
    only_delivery,
    receiving,
    rename,
)
from tests.sandbox.sources import ours, vendor

HOUR = 3600
ELSEWHERE = "https://app.example.test/hooks"
OLD = "2024-06-20"


@vendor("A7", "stripe 16.1")
def test_the_official_package_accepts_our_signature() -> None:
    """And nobody else's; a second after the tolerance it is too old."""
    check: Any = stripe.Webhook.construct_event
    body, now = '{"object": "event", "id": "evt_1"}', int(time.time())
    assert check(body, sign("whsec_sandbox_a", body, now), "whsec_sandbox_a").id
    for secret, at in (("whsec_sandbox_b", now), ("whsec_sandbox_a", now - 302)):
        with pytest.raises(stripe.SignatureVerificationError):
            check(body, sign(secret, body, at), "whsec_sandbox_a")
    made: Any = stripe.WebhookSignature.generate_signature_header
    assert made(body, "whsec_sandbox_a", now) == sign("whsec_sandbox_a", body, now)


@vendor("A7", "stripe 16.1")
def test_an_event_is_delivered_signed(sending: Sandbox, receiver: Receiver) -> None:
    """As the API shows it, in readable JSON, to who asked for its type."""
    made = endpoint(sending, receiver.url, "customer.updated")
    sending.stripe().customers.create({"name": "B"})
    rename(sending, "Ana")
    assert drain(sending)["delivered"] == 1
    (event,) = receiver.events(made.secret)
    assert (event.type, event.data.object.name) == ("customer.updated", "Ana")
    assert event.data.previous_attributes.to_dict() == {"name": None}
    assert receiver.bodies[0] == json.dumps(json.loads(receiver.bodies[0]), indent=2)
    assert receiver.headers[0]["Content-Type"] == "application/json; charset=utf-8"
    delivery = only_delivery(sending)
    assert (delivery["state"], delivery["event"]) == ("delivered", event.id)
    assert [each["status"] for each in delivery["tries"]] == [200]


@vendor("A6", "stripe 16.1")
def test_pending_webhooks_go_down(sending: Sandbox, receiver: Receiver) -> None:
    """The event that was sent still counts the endpoint it is sent to."""
    made = endpoint(sending, receiver.url)
    endpoint(sending, ELSEWHERE)
    endpoint(sending, ELSEWHERE, "product.created")
    rename(sending, "Ana")
    drain(sending)
    assert receiver.events(made.secret)[0].pending_webhooks == 2
    assert last_event(sending).pending_webhooks == 1
    events = sending.stripe().events
    assert len(events.list({"delivery_success": False}).data) == 1
    rename(sending, "Bea")
    sending.stripe().webhook_endpoints.update(made.id, {"url": ELSEWHERE})
    assert len(events.list({"delivery_success": True}).data) == 0


@vendor("D1", "docs.stripe.com/webhooks/versioning")
@pytest.mark.parametrize(
    ("account", "own", "is_old"),
    [
        (None, None, False),
        (None, OLD, True),
        (OLD, None, True),
        (OLD, "2025-03-31.basil", False),
    ],
)
def test_an_event_is_sent_in_the_version_of_the_endpoint(
    sending: Sandbox,
    receiver: Receiver,
    account: str | None,
    own: str | None,
    is_old: bool,
) -> None:
    """Or of the account, where the endpoint has none."""
    if account:
        sending.post("settings", api_version=account)
    made = endpoint(sending, receiver.url, **({"api_version": own} if own else {}))
    end = int(time.time()) + 3 * 24 * HOUR
    sending.stripe().subscriptions.update("sub_1", {"trial_end": end})
    drain(sending)
    (event,) = [
        each
        for each in receiver.events(made.secret)
        if each.type == "customer.subscription.updated"
    ]
    subscription, previous = event.data.object, event.data.previous_attributes
    assert event.api_version == (own or last_event(sending).api_version)
    assert ("current_period_end" in subscription) is is_old
    assert ("current_period_end" in previous) is is_old
    assert ("items" in previous) is not is_old
    assert (subscription["items"].data[0].to_dict().get("current_period_end")) == (
        None if is_old else end
    )


@ours
@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("http://127.0.0.1:8000/hooks", True),
        ("http://127.9.9.9/", True),
        ("http://localhost:8000", True),
        ("http://LOCALHOST:8000", True),
        ("http://[::1]:8000/hooks", True),
        ("https://127.0.0.1/", False),
        ("http://app.example.test", False),
        ("http://127.0.0.1.example.test", False),
        ("http://127.0.0.1@app.example.test", False),
        ("http://localhost.example.test", False),
        ("http://app.example.test#@127.0.0.1", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://2130706433", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://127.0.0.1:x", False),
        ("http://127.0.0.1:0", False),
        ("", False),
    ],
)
def test_deliveries_stay_on_this_machine(url: str, goes: bool) -> None:
    """By the address as it is written; no name is resolved."""
    assert is_loopback(url) is goes
    if not goes and url.startswith("http://") and "127.0.0.1:" not in url:
        assert post(url, b"{}", "").error == "not loopback"


@ours
def test_what_cannot_be_delivered_waits(sandbox: Sandbox) -> None:
    """With a note, and without a thread."""
    endpoint(sandbox, ELSEWHERE)
    before = threading.active_count()
    rename(sandbox, "Ana")
    assert threading.active_count() == before
    delivery = only_delivery(sandbox)
    assert (delivery["state"], delivery["note"]) == ("pending", "not loopback")
    assert last_event(sandbox).pending_webhooks == 1
    assert sandbox.get("webhooks")["endpoints"][0]["delivers"] is False


@vendor("A6", "docs.stripe.com/webhooks")
def test_deliveries_may_come_twice_and_in_any_order(
    sending: Sandbox, receiver: Receiver
) -> None:
    """The share and the order are the sandbox's, by a seed."""
    trouble = sending.post("webhooks", duplicate=0.5, shuffle=True, seed=3)
    assert trouble == {"duplicate": 0.5, "shuffle": True, "seed": 3}
    made = endpoint(sending, receiver.url)
    names = [f"n{number}" for number in range(12)]
    rename(sending, *names)
    drain(sending)
    came = [event.data.object.name for event in receiver.events(made.secret)]
    assert set(came) == set(names)
    assert len(names) < len(came) < 2 * len(names)
    assert list(dict.fromkeys(came)) != names
    assert last_event(sending).pending_webhooks == 0


@ours
@pytest.mark.parametrize(
    "wrong",
    [
        {"duplicate": 2},
        {"duplicate": "all"},
        {"shuffle": 1},
        {"seed": 0.5},
        {"order": "none"},
    ],
)
def test_a_wrong_way_to_deliver_is_named(
    sandbox: Sandbox, wrong: dict[str, Any]
) -> None:
    """And nothing is changed."""
    before = sandbox.get("webhooks")
    answer = sandbox.raw("POST", "/_sandbox/webhooks", json=wrong)
    assert answer.status_code == 400
    assert f"webhooks.{next(iter(wrong))}" in answer.json()["error"]
    assert sandbox.get("webhooks") == before


@ours
def test_a_seeded_endpoint_has_a_secret_to_be_read(
    sending: Sandbox, receiver: Receiver
) -> None:
    """Through the control endpoint, as an operator reads it in the Dashboard."""
    seeded = {"id": "we_1", "url": receiver.url}
    sending.seed({"stripe": {"webhook_endpoints": [seeded]}})
    rename(sending, "Ana")
    drain(sending)
    (shown,) = sending.get("webhooks")["endpoints"]
    assert shown["secret"].startswith("whsec_sandbox_")
    assert len(receiver.events(shown["secret"])) == 1


@ours
def test_deliveries_are_found_by_what_they_are(
    sending: Sandbox, receiver: Receiver
) -> None:
    """By state, event and endpoint, in pages."""
    made = endpoint(sending, receiver.url)
    endpoint(sending, ELSEWHERE)
    rename(sending, "Ana", "Bea")
    drain(sending)
    found = sending.get("deliveries", state="delivered")["data"]
    assert [each["endpoint"] for each in found] == [made.id] * 2
    assert len(sending.get("deliveries", event=found[0]["event"])["data"]) == 2
    page = sending.get("deliveries", limit=3)
    rest = sending.get("deliveries", limit=3, after=page["after"])
    assert (len(page["data"]), len(rest["data"]), rest["after"]) == (3, 1, None)
    wrong = sending.raw("POST", "/_sandbox/deliveries/drain", json={"timeout_s": "1"})
    assert wrong.status_code == 400


@ours
def test_a_refused_request_delivers_nothing(
    sending: Sandbox, receiver: Receiver
) -> None:
    """Deliveries are part of the change."""
    endpoint(sending, receiver.url)
    with pytest.raises(stripe.InvalidRequestError):
        sending.stripe().customers.update("cus_0", {"name": "Ana"})
    with pytest.raises(stripe.InvalidRequestError):
        sending.stripe().subscriptions.create({"customer": "cus_1", "items": [{}]})
    assert sending.get("deliveries")["data"] == []


@ours
def test_nobody_listening_is_a_failed_try(sending: Sandbox) -> None:
    """The reason is kept."""
    with receiving() as gone:
        url = gone.url
    endpoint(sending, url)
    rename(sending, "Ana")
    drain(sending)
    (tried,) = only_delivery(sending)["tries"]
    assert (tried["status"], tried["error"]) == (None, "ConnectionRefusedError")


@ours
def test_a_served_sandbox_delivers_and_stops(
    served: Sandbox, receiver: Receiver
) -> None:
    """Without leaving a thread behind."""
    made = endpoint(served, receiver.url)
    rename(served, "Ana")
    drain(served)
    assert receiver.events(made.secret)[0].type == "customer.updated"
    front_of(served).courier.stop()
    assert "sandbox-deliveries" not in {each.name for each in threading.enumerate()}
    rename(served, "Bea")
    assert served.post("deliveries/drain", timeout_s=0.1)["drained"] is False
    assert len(receiver.bodies) == 1


@ours
def test_what_was_in_line_is_delivered_after_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    """By whoever serves the file next."""
    path, quiet = tmp_path / "again.db", Settings(limits_enabled=False)
    app = create_app(path, settings=quiet)
    client = httpx2.Client(transport=httpx2.WSGITransport(app=app))
    first = Sandbox(app=app, base_url=IN_PROCESS, http=client)
    first.stripe().customers.create({"name": "B"})
    made = endpoint(first, receiver.url)
    front_of(first).courier.stop()
    first.stripe().customers.create({"name": "C"})
    assert receiver.bodies == []
    front_of(first).store.close()
    with serve(create_app(path)) as server, httpx2.Client(trust_env=False) as http:
        again = Sandbox(app=app, base_url=server.base_url, http=http)
        drain(again)
    assert [each.data.object.name for each in receiver.events(made.secret)] == ["C"]


@ours
def test_a_forgotten_sandbox_ends_its_thread(
    tmp_path: Path, receiver: Receiver
) -> None:
    """Without being told to stop."""

    def deliver() -> None:
        app = create_app(tmp_path / "s.db", settings=Settings(limits_enabled=False))
        client = httpx2.Client(transport=httpx2.WSGITransport(app=app))
        made = Sandbox(app=app, base_url=IN_PROCESS, http=client)
        endpoint(made, receiver.url)
        made.stripe().customers.create({"name": "B"})
        drain(made)

    before = set(threading.enumerate())
    deliver()
    gc.collect()
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in started)
