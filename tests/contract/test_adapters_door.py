"""The network door: at what pace a request leaves, under whose guard, how."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.http import Door, OutsideError, open_client
from eleva_cli.errors import (
    ConfigError,
    InDoubtError,
    LeaseLostError,
    NotExecutedError,
)
from eleva_cli.pacing import Gate
from tests.clock import FakeClock
from tests.contract.adapter_world import (
    EVERY_CALL,
    LOCAL,
    STRIPE_KEY,
    WORKOS_KEY,
    Recorder,
    connection,
    pacer,
)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(lambda: httpx2.Response(200, json={}))


def test_calls_leave_at_the_pace_of_their_endpoint(recorder: Recorder) -> None:
    """Test mode: 25 a second over all of Stripe, WorkOS apart from it."""
    clock = FakeClock()
    with open_client(connection(), pacer(clock), Gate(), transport=recorder) as client:
        for n in range(13):
            client.get(f"{LOCAL}/v1/customers/cus_{n}")
            client.get(f"{LOCAL}/v1/prices/price_{n}")
            client.get(f"{LOCAL}/organizations/org_{n}")

    assert 25 / 24 == pytest.approx(clock.monotonic())


def test_nobody_waits_for_an_hour_that_a_service_asked_for(recorder: Recorder) -> None:
    """The next call of that endpoint is refused at once; others go on."""
    clock = FakeClock()
    pace = pacer(clock)
    pace.learn("workos", "GET", "/organizations", reason=None, retry_after_s=3600)
    with open_client(connection(), pace, Gate(), transport=recorder) as client:
        client.get(f"{LOCAL}/user_management/users")
        with pytest.raises(NotExecutedError) as refused:
            client.get(f"{LOCAL}/organizations")

    assert ("rate-limited", 3600) == (refused.value.code, refused.value.retry_after_s)
    assert len(recorder.seen) == 1
    assert clock.monotonic() < 1


def test_nor_does_who_waited_for_a_turn_already(recorder: Recorder) -> None:
    """The hour that another call was asked to wait is not waited out by this one."""
    clock, gate = FakeClock(), Gate()
    pace = pacer(clock)
    pace.learn("stripe", "GET", "/v1/prices", reason=None, retry_after_s=2)

    def told_meanwhile() -> None:
        pace.learn("stripe", "GET", "/v1/prices", reason=None, retry_after_s=3600)

    with (
        open_client(connection(), pace, gate, transport=recorder) as client,
        gate.guarded(told_meanwhile),
        pytest.raises(NotExecutedError, match="asked to wait 3,600 s more"),
    ):
        client.get(f"{LOCAL}/v1/prices")

    assert recorder.seen == []
    assert clock.monotonic() < 1


def test_nobody_waits_at_a_closed_door(recorder: Recorder) -> None:
    """A read that nobody wants any more must not keep the process from ending."""
    clock, gate = FakeClock(), Gate()
    pace = pacer(clock)
    pace.learn("stripe", "GET", "/v1/prices", reason=None, retry_after_s=200)
    client = open_client(connection(), pace, gate, transport=recorder)

    with gate.guarded(client.close), pytest.raises(NotExecutedError):
        client.get(f"{LOCAL}/v1/prices")

    assert recorder.seen == []
    assert clock.monotonic() < 1


def test_a_refusal_with_its_reason_reaches_the_pacer() -> None:
    """A 429 closes its limiter for Retry-After and lowers the rate it names."""
    clock = FakeClock()
    pace = pacer(clock)
    refusal = httpx2.Response(
        429,
        headers={"Retry-After": "5", "Stripe-Rate-Limited-Reason": "endpoint-rate"},
        json={"error": {"message": "slow down"}},
    )
    recorder = Recorder(lambda: refusal)
    with open_client(connection(), pace, Gate(), transport=recorder) as client:
        client.get(f"{LOCAL}/v1/customers/cus_1")
        client.get(f"{LOCAL}/v1/customers/cus_2")

    assert 5 == pytest.approx(clock.monotonic())
    assert pace.rate("stripe", "GET", "/v1/customers/{id}") < 24
    assert 24 == pytest.approx(pace.rate("stripe", "GET", "/v1/prices"))


def test_a_locked_object_teaches_the_pacer_nothing() -> None:
    """Stripe answers 429 `lock_timeout` for one busy object; no rate would help."""
    pace = pacer()
    body = {"error": {"code": "lock_timeout", "message": "busy"}}
    recorder = Recorder(lambda: httpx2.Response(429, json=body))
    with open_client(connection(), pace, Gate(), transport=recorder) as client:
        client.get(f"{LOCAL}/v1/customers/cus_1")

    assert 24 == pytest.approx(pace.rate("stripe", "GET", "/v1/customers/{id}"))


def test_the_gate_is_asked_after_the_wait_and_can_stop_the_request(
    recorder: Recorder,
) -> None:
    """A lease that ran out while we waited for a slot keeps the byte from leaving."""
    clock, gate = FakeClock(), Gate()
    pace = pacer(clock)
    pace.learn("stripe", "GET", "/v1/prices", reason=None, retry_after_s=0.4)
    asked: list[float] = []

    def lost() -> None:
        asked.append(clock.monotonic())
        raise LeaseLostError("lost", code="lease-lost")

    with open_client(connection(), pace, gate, transport=recorder) as client:
        with gate.guarded(lost), pytest.raises(LeaseLostError):
            client.get(f"{LOCAL}/v1/prices")
        client.get(f"{LOCAL}/v1/prices")

    assert [0.4] == asked
    assert len(recorder.seen) == 1


def test_an_error_of_the_gate_comes_through_both_sdks(recorder: Recorder) -> None:
    """Neither SDK wraps or retries it."""
    gate = Gate()
    ports = connect(connection(), pacer(), gate, transport=recorder)

    def lost() -> None:
        raise LeaseLostError("lost", code="lease-lost")

    with gate.guarded(lost):
        for call in EVERY_CALL:
            with pytest.raises(LeaseLostError):
                call(ports)
    assert not recorder.seen


def test_our_time_outs_hold_for_both_sdks(recorder: Recorder) -> None:
    """The WorkOS SDK asks for 60 s in every phase; the door puts 10 and 30 there."""
    ports = connect(connection(), pacer(), Gate(), transport=recorder)
    for call in EVERY_CALL:
        with suppress(InDoubtError):  # an empty object is no customer
            call(ports)

    wanted = {"connect": 10, "read": 30, "write": 30, "pool": 10}
    assert all(wanted == seen.extensions["timeout"] for seen in recorder.seen)
    assert len(EVERY_CALL) == len(recorder.seen)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A loopback server that keeps the request lines, as a proxy would see them."""
    lines: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines.append(self.requestline)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", lines
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_proxy_is_ignored_for_loopback(
    server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`HTTP_PROXY` takes no request to this machine away."""
    base, lines = server
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with open_client(connection(base, base), pacer(), Gate()) as client:
        client.get(f"{base}/v1/prices")
        assert {} == client._mounts

    assert ["GET /v1/prices HTTP/1.1"] == lines


def test_a_proxy_is_used_elsewhere(
    server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's proxy carries what is not loopback, through the same door."""
    proxy, lines = server
    monkeypatch.setenv("http_proxy", proxy)
    asked = connection("http://stripe.invalid", "http://workos.invalid")
    with open_client(asked, pacer(), Gate()) as client:
        client.get("http://stripe.invalid/v1/prices")
        with pytest.raises(OutsideError):
            client.get("http://example.invalid/v1/prices")

    assert ["GET http://stripe.invalid/v1/prices HTTP/1.1"] == lines


def test_no_proxy_is_heeded_base_by_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NO_PROXY` takes one of the two services off the proxy."""
    proxies: list[object] = []

    class Spy(httpx2.HTTPTransport):
        def __init__(self, **options: object) -> None:
            proxies.append((options["proxy"], options["trust_env"]))
            super().__init__()

    monkeypatch.setattr(httpx2, "HTTPTransport", Spy)
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "api.workos.com")
    real = connection("https://api.stripe.com", "https://api.workos.com")
    Door(real, pacer(), Gate(), transport=None).close()

    assert [("http://proxy.invalid:3128", True), (None, True)] == proxies


def test_keys_never_show() -> None:
    """Neither key is in the repr of a connection."""
    assert STRIPE_KEY not in repr(connection())
    assert WORKOS_KEY not in repr(connection())


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("stripe_key", "sk_test_1\n", "key-malformed"),
        ("workos_key", "", "key-malformed"),
        ("workos_key", "sk_\u00e9", "key-malformed"),
        ("stripe_base", "api.stripe.com", "base-unusable"),
        ("stripe_base", "ftp://127.0.0.1", "base-unusable"),
        ("workos_base", "http://", "base-unusable"),
        ("workos_base", "http://127.0.0.1:port", "base-unusable"),
    ],
)
def test_what_no_request_can_use_is_refused_at_once(
    name: str, value: str, code: str
) -> None:
    """A line end in a key is said so, and never sent nor shown."""
    change: dict[str, Any] = {name: value}
    bad = replace(connection(), **change)
    with pytest.raises(ConfigError) as refused:
        open_client(bad, pacer(), Gate())

    assert code == refused.value.code
    assert refused.value.hint


def test_a_proxy_that_cannot_be_used_is_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scheme we cannot speak is a matter of configuration."""
    monkeypatch.setenv("https_proxy", "gopher://127.0.0.1:70")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(ConfigError) as refused:
        open_client(
            connection("https://stripe.invalid", "https://workos.invalid"),
            pacer(),
            Gate(),
        )

    assert "proxy-unusable" == refused.value.code


def test_importing_the_adapters_imports_no_sdk() -> None:
    """The SDKs cost 0.7 s, and only `connect` pays."""
    code = (
        "import sys, eleva_cli.adapters, eleva_cli.pacing;"
        "print(sorted({'stripe', 'workos', 'httpx2'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "[]\n" == found.stdout
