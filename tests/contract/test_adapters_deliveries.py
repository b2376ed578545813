"""Events sent on: to the profile's destinations, signed when they leave, told apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import stripe

from eleva_cli.adapters import connect
from eleva_cli.adapters.bounds import DELIVERY, NOTICE, Parcel
from eleva_cli.adapters.deliveries import Kept
from eleva_cli.adapters.http import OutsideError, open_client
from eleva_cli.errors import (
    ConfigError,
    InDoubtError,
    LeaseLostError,
    NotExecutedError,
    NotTakenError,
    RemoteError,
)
from eleva_cli.pacing import Gate
from eleva_cli.ports import Destination, Ports
from tests.clock import FakeClock
from tests.contract.adapter_world import (
    LOCAL,
    Broken,
    Recorder,
    connection,
    pacer,
)
from tests.sandbox.receiver import Receiver, receiving

SECRET, OLD = "whsec_present", "whsec_former"
URL = "https://app.example.com/hooks/secretpath"
TEXT = '{"id":"evt_1","object":"event","type":"a.b","name":"Ana Ökonomou"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def destination(url: str = URL, name: str = "app") -> Destination:
    return Destination(name=name, service="stripe", url=url, secrets=(SECRET, OLD))


def ports(
    *destinations: Destination,
    transport: httpx2.BaseTransport | None = None,
    clock: FakeClock | None = None,
    gate: Gate | None = None,
    kept: Kept | None = None,
) -> Ports:
    time = clock or FakeClock()
    asked = replace(connection(), destinations=destinations)
    return connect(
        asked, pacer(time), gate or Gate(), transport=transport, kept=kept, now=time.now
    )


def test_an_event_is_posted_as_it_was_signed(receiver: Receiver) -> None:
    """Byte for byte, under both secrets, and with nobody's key."""
    clock = FakeClock()
    with closing(ports(destination(receiver.url), clock=clock)) as both:
        taken = both.deliveries.deliver("app", TEXT)

    (headers,) = receiver.headers
    assert receiver.bodies == [TEXT]
    assert (taken.value, taken.replayed, both.made()) == (None, False, {})
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["User-Agent"] == "eleva"
    assert headers["Authorization"] is None
    for secret in (SECRET, OLD):
        stripe.WebhookSignature.verify_header(TEXT, headers["Stripe-Signature"], secret)


def test_it_is_signed_when_it_leaves_and_not_when_it_is_asked_for() -> None:
    """Two a second for each destination: a signature made before grows old."""
    clock, recorder = FakeClock(), Recorder(lambda: httpx2.Response(204))
    both = ports(
        destination(), destination(f"{URL}/2", "two"), transport=recorder, clock=clock
    )
    start = clock.now()
    for _ in range(4):
        both.deliveries.deliver("app", TEXT)
    both.deliveries.deliver("two", TEXT)

    times = [
        int(seen.headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
        for seen in recorder.seen
    ]
    assert clock.now() - start == pytest.approx(3 / (2 * 0.96))
    assert times[0] == int(start)
    assert times[3] == times[4] == int(clock.now())
    assert set(recorder.seen[0].extensions["timeout"].values()) == {10.0}


def test_the_gate_is_asked_right_before_it_leaves() -> None:
    """As for any write: a lane that somebody else took over sends nothing on."""
    gate, recorder = Gate(), Recorder(lambda: httpx2.Response(204))

    def lost() -> None:
        raise LeaseLostError("lost", code="lease-lost")

    both = ports(destination(), transport=recorder, gate=gate)
    with gate.guarded(lost), pytest.raises(LeaseLostError):
        both.deliveries.deliver("app", TEXT)
    assert not recorder.seen


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "redirected"),
        (307, "redirected"),
        (400, "not-taken"),
        (401, "not-taken"),
        (403, "not-taken"),
        (404, "not-taken"),
        (500, "not-taken"),
        (503, "not-taken"),
    ],
)
def test_what_is_not_taken_is_told_by_its_status(
    receiver: Receiver, status: int, code: str
) -> None:
    """Sent once, no redirect followed, and what the receiver says is not repeated."""
    receiver.status, receiver.location = status, f"{receiver.url}/secretpath"
    with (
        closing(ports(destination(receiver.url))) as both,
        pytest.raises(NotTakenError) as refused,
    ):
        both.deliveries.deliver("app", TEXT)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert str(refused.value) == f"destination app answered {status}"
    assert len(receiver.bodies) == 1


def test_a_limiter_of_the_receiver_s_slows_only_that_destination() -> None:
    """429: nothing ran; the next one waits as long as was asked."""
    clock = FakeClock()
    limited = httpx2.Response(429, headers={"Retry-After": "7"})
    recorder = Recorder(lambda: limited)
    both = ports(
        destination(), destination(f"{URL}/2", "two"), transport=recorder, clock=clock
    )
    with pytest.raises(NotExecutedError) as refused:
        both.deliveries.deliver("app", TEXT)
    assert (refused.value.retry_after_s, refused.value.status) == (7, 429)

    recorder.answer = lambda: httpx2.Response(200)
    both.deliveries.deliver("two", TEXT)
    assert clock.monotonic() == 0
    both.deliveries.deliver("app", TEXT)
    assert clock.monotonic() == pytest.approx(7)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (httpx2.ConnectError(URL), NotExecutedError, "unreachable"),
        (httpx2.ConnectTimeout(URL), NotExecutedError, "unreachable"),
        (httpx2.PoolTimeout(URL), NotExecutedError, "not-sent"),
        (httpx2.ReadTimeout(URL), InDoubtError, "timed-out"),
        (httpx2.WriteTimeout(URL), InDoubtError, "timed-out"),
        (httpx2.ReadError(URL), InDoubtError, "cut-off"),
        (httpx2.RemoteProtocolError(URL), InDoubtError, "cut-off"),
    ],
)
def test_no_answer_is_in_doubt_where_it_may_have_arrived(
    error: Exception, kind: type[RemoteError], code: str
) -> None:
    """And it is told without the address."""
    both = ports(destination(), transport=Broken(error))
    with pytest.raises(kind) as told:
        both.deliveries.deliver("app", TEXT)

    assert told.value.code == code
    assert "secretpath" not in f"{told.value} {told.value.hint}"
    is_out = isinstance(told.value, NotExecutedError) and told.value.unreachable
    assert is_out == (code == "unreachable")


def test_only_the_head_of_an_answer_is_read() -> None:
    """A body without end keeps nobody; a cookie goes nowhere else."""

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("the body is read")

    cookie = {"Set-Cookie": "a=b; Path=/", "X-Request-ID": "req_1"}
    recorder = Recorder(lambda: httpx2.Response(200, headers=cookie, stream=Endless()))
    both = ports(destination(), transport=recorder)
    for _ in range(2):
        assert both.deliveries.deliver("app", TEXT).request_id == "req_1"

    assert "cookie" not in recorder.seen[1].headers


PARCEL = Parcel(destination="app", sign=lambda: ("X", "y"))
AS_DELIVERY = {"extensions": {DELIVERY: PARCEL}}
KEY = {"Authorization": "Bearer x"}


@pytest.mark.parametrize(
    ("method", "url", "more"),
    [
        ("POST", URL, {}),
        ("GET", URL, AS_DELIVERY),
        ("POST", f"{URL}/more", AS_DELIVERY),
        ("POST", f"{URL}?a=b", AS_DELIVERY),
        ("POST", "https://app.example.com/", AS_DELIVERY),
        ("POST", "http://app.example.com/hooks/secretpath", AS_DELIVERY),
        ("POST", "https://other.example.com/hooks", AS_DELIVERY),
        ("POST", f"{LOCAL}/v1/customers", AS_DELIVERY),
        ("POST", f"{LOCAL}/organizations/org_1", AS_DELIVERY),
        ("POST", URL, {**AS_DELIVERY, "headers": KEY}),
        ("POST", URL, {**AS_DELIVERY, "headers": {"Stripe-Account": "acct_1"}}),
        ("POST", URL.replace("//", "//me:pass@"), AS_DELIVERY),
        ("POST", URL, {"extensions": {DELIVERY: True}}),
        ("POST", URL, {"extensions": {DELIVERY: "app"}}),
        ("POST", URL, {"extensions": {DELIVERY: PARCEL, NOTICE: True}}),
        ("POST", URL, {"extensions": {NOTICE: True}}),
        (
            "POST",
            URL,
            {"extensions": {DELIVERY: replace(PARCEL, destination="two")}},
        ),
    ],
)
def test_nothing_else_goes_there(method: str, url: str, more: dict[str, Any]) -> None:
    """A destination is open for a delivery of its own, not for its host."""
    recorder = Recorder(lambda: httpx2.Response(200))
    asked = replace(
        connection(),
        destinations=(destination(), destination("https://two.example.com/", "two")),
    )
    with (
        open_client(asked, pacer(), Gate(), transport=recorder) as client,
        pytest.raises(OutsideError),
    ):
        client.request(method, url, **more)

    assert not recorder.seen


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/hooks",
        "https://api.stripe.com/v1/customers",
        "https://hooks.STRIPE.com./x",
        "https://api.workos.com/organizations",
        "https://ａpi.stripe.com/x",  # noqa: RUF001 - the host means the real one
        f"{LOCAL}/v1/customers",
        LOCAL.replace("127.0.0.1", "localhost"),
        LOCAL.replace("127.0.0.1", "[::1]"),
        "https://me:pass@app.example.com/hooks",
        "ftp://app.example.com/x",
        "https://",
        "",
    ],
)
def test_an_unfit_address_is_never_opened(url: str) -> None:
    """Whatever the settings let through: the door looks for itself."""
    recorder = Recorder(lambda: httpx2.Response(200))
    both = ports(destination(url), transport=recorder)
    with pytest.raises((OutsideError, ConfigError, NotExecutedError)):
        both.deliveries.deliver("app", TEXT)

    assert not recorder.seen


def test_neither_address_nor_secret_nor_text_stands_anywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In no log at any level, and in no repr."""
    recorder = Recorder(lambda: httpx2.Response(200))
    both = ports(destination(), transport=recorder)
    with caplog.at_level(logging.DEBUG):
        both.deliveries.deliver("app", TEXT)

    told = caplog.text + repr(both.deliveries) + repr(destination())
    assert "sent an event to app" in caplog.text
    for private in ("secretpath", "whsec", "Ökonomou"):
        assert private not in told


def test_an_unknown_destination_is_told() -> None:
    """By its name."""
    with pytest.raises(ConfigError) as told:
        ports(destination()).deliveries.deliver("shop", TEXT)

    assert told.value.code == "destination-unknown"
