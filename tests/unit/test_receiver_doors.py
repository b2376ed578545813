"""Who may hand in an event, and what is told to those who may not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from eleva_cli.adapters.signatures import SignatureAdapter
from eleva_cli.ports import Service
from eleva_cli.receiver import Kept, RefusedError
from eleva_cli.receiver.bodies import LARGEST
from eleva_cli.receiver.doors import Doors
from eleva_cli.receiver.tally import Tally
from eleva_cli.webhook import Event
from tests.clock import FakeClock
from tests.unit.webhook_events import NOW, line

SECRET, OLD, OTHER = "whsec_now", "whsec_before", "workos_secret"
UPDATED = "customer.subscription.updated"


@dataclass
class Endpoint:
    """The doors, what went through them, and how to knock."""

    clock: FakeClock = field(default_factory=FakeClock)
    kept: list[tuple[Event, str]] = field(default_factory=list)
    refusal: RefusedError | None = None
    secrets: Mapping[Service, tuple[str, ...]] = field(
        default_factory=lambda: {"stripe": (SECRET, OLD), "workos": (OTHER,)}
    )
    tally: Tally = field(init=False)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tally = Tally(clock=self.clock)

    def keep(self, event: Event, ignored: str) -> Kept:
        if self.refusal is not None:
            raise self.refusal
        is_known = any(event.id == one.id for one, _ in self.kept)
        self.kept.append((event, ignored))
        return "known" if is_known else "new"

    def call(self, method: str, path: str, body: Any = b"", **environ: str) -> Any:
        doors = Doors(
            signatures=SignatureAdapter(),
            secrets=self.secrets,
            keep=self.keep,
            health=lambda: {"waiting": 0},
            tally=self.tally,
            clock=self.clock,
            is_live=False,
            tolerance_s=300,
        )

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            self.status, self.headers = int(status[:3]), dict(headers)

        stream = io.BytesIO(body) if isinstance(body, bytes) else body
        found = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "HTTP_HOST": "127.0.0.1:8430",
            "CONTENT_TYPE": "application/json; charset=utf-8",
            "CONTENT_LENGTH": str(len(body)) if isinstance(body, bytes) else "9",
            "wsgi.input": stream,
            **environ,
        }
        found = {name: value for name, value in found.items() if value != "-"}
        text = b"".join(doors(found, start))
        return json.loads(text) if text else None

    def post(
        self,
        text: str,
        *,
        secret: str = SECRET,
        service: Service = "stripe",
        off_s: float = 0.0,
        **environ: str,
    ) -> str:
        """Hand in a signed event; return the status and the code."""
        at = self.clock.now() + off_s
        _, header = SignatureAdapter().sign(service, text, [secret], at=at)
        signed = {f"HTTP_{service.upper()}_SIGNATURE": header}
        told = self.call("POST", f"/{service}", text.encode(), **signed | environ)
        return f"{self.status} {told.get('error', '')}".strip()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def test_a_signed_event_is_kept_and_one_that_is_known_is_told_so(
    endpoint: Endpoint,
) -> None:
    """Both are acknowledged: the sender need not come again."""
    text = line("evt_1")

    assert endpoint.post(text) == "200"
    assert endpoint.post(text, secret=OLD) == "200"
    (event, ignored), _ = endpoint.kept
    counts = endpoint.tally.counts()
    assert (event.id, event.customer, event.source) == ("evt_1", "cus_1", "serve")
    assert ignored == ""
    assert (counts.received, counts.duplicates) == (1, 1)


def test_an_event_of_workos_comes_through_its_own_door(endpoint: Endpoint) -> None:
    """Under its own secret and signature, and through no other."""
    row = {
        "id": "event_1",
        "event": "organization_membership.updated",
        "created_at": "2026-01-01T00:00:00Z",
        "data": {"id": "om_1", "organization_id": "org_1", "user_id": "user_1"},
    }
    text = json.dumps(row)

    assert endpoint.post(text, secret=OTHER, service="workos") == "200"
    assert endpoint.kept[0][0].organization == "org_1"
    assert endpoint.post(text) == "400 event-of-other-service"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"type": "invoice.paid"}, "out-of-bounds"),
        ({"type": "charge.refunded"}, "out-of-bounds"),
        ({"type": "product.updated"}, "other-type"),
        ({"type": "never.heard_of"}, "other-type"),
        ({"object": "v2.core.event", "type": "v1.customer.updated"}, "other-type"),
        ({"type": UPDATED, "data": {"object": {"id": "sub_1"}}}, "names-nobody"),
    ],
)
def test_what_is_not_ours_is_acknowledged_and_ignored(
    endpoint: Endpoint, more: dict[str, Any], why: str
) -> None:
    """To refuse it would only have it sent again for days."""
    assert endpoint.post(line("evt_1", **more)) == "200"
    assert endpoint.kept[0][1] == why


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"secret": "whsec_forged"}, "400 signature-wrong"),
        ({"off_s": -301}, "400 signature-too-old"),
        ({"off_s": 301}, "400 signature-from-future"),
        ({"HTTP_STRIPE_SIGNATURE": "-"}, "400 signature-missing"),
        ({"HTTP_STRIPE_SIGNATURE": "t=1"}, "400 signature-scheme"),
        ({"HTTP_STRIPE_SIGNATURE": "x" * 5000}, "400 signature-too-long"),
        ({"HTTP_HOST": "evil.example.com"}, "421 host"),
        ({"HTTP_HOST": "127.0.0.1.example.com"}, "421 host"),
        ({"HTTP_HOST": "-"}, "421 host"),
        ({"PATH_INFO": "/"}, "404 path"),
        ({"REQUEST_METHOD": "PUT"}, "405 method"),
        ({"CONTENT_TYPE": "text/plain"}, "415 content-type"),
        ({"CONTENT_TYPE": "application/json; charset=latin-1"}, "415 content-type"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, "415 content-encoding"),
        ({"CONTENT_LENGTH": "-"}, "411 length-missing"),
        ({"CONTENT_LENGTH": "-5"}, "400 length-malformed"),
        ({"CONTENT_LENGTH": "1_0"}, "400 length-malformed"),
        ({"CONTENT_LENGTH": "9000"}, "400 body-broken-off"),
        ({"CONTENT_LENGTH": "9"}, "400 signature-wrong"),
        ({"CONTENT_LENGTH": "524289"}, "413 body-too-large"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "400 length-twice"),
    ],
)
def test_what_cannot_be_believed_is_refused_and_not_kept(
    endpoint: Endpoint, more: dict[str, Any], told: str
) -> None:
    """Each way with its status and its code, which is counted."""
    assert endpoint.post(line("evt_1"), **more) == told
    assert endpoint.kept == []
    assert endpoint.tally.counts().refused == {told.split()[1]: 1}


def test_an_event_of_the_other_mode_is_refused(endpoint: Endpoint) -> None:
    """An acknowledgement would hide that an endpoint is wired wrongly."""
    assert endpoint.post(line("evt_1", livemode=True)) == "400 event-of-other-mode"
    assert endpoint.post(line("evt_2", livemode=False)) == "200"


@pytest.mark.parametrize("text", ["[]", "{}", '{"object": "event"', "null", "[" * 9999])
def test_what_is_signed_and_no_event_is_refused(endpoint: Endpoint, text: str) -> None:
    """Whoever has the secret may still be wrong."""
    assert endpoint.post(text) == "400 event-text"


def test_bytes_that_are_no_text_are_refused(endpoint: Endpoint) -> None:
    """Nobody can have signed them."""
    told = endpoint.call(
        "POST", "/stripe", b"\xff{}", HTTP_STRIPE_SIGNATURE=f"t={NOW},v1={'0' * 64}"
    )

    assert (endpoint.status, told) == (400, {"error": "body-not-utf-8"})


def test_without_a_secret_the_sender_is_asked_to_come_again(endpoint: Endpoint) -> None:
    """So that nothing is lost until there is one."""
    endpoint.secrets = {"stripe": (SECRET,)}

    assert endpoint.post("{}", service="workos", secret=OTHER) == "503 no-secret"
    assert endpoint.headers["Retry-After"] == "60"


def test_what_was_not_committed_is_not_acknowledged(endpoint: Endpoint) -> None:
    """The sender keeps it."""
    endpoint.refusal = RefusedError(500, "not-kept")

    assert endpoint.post(line("evt_1")) == "500 not-kept"


class Endless(io.RawIOBase):
    """A body in chunks that never ends, of which it is known how much was read."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b" " * size


class Broken(io.RawIOBase):
    """A sender that goes away, or says nothing any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, _size: int = -1) -> bytes:
        raise self.error


def test_a_body_in_chunks_is_read_to_the_limit_and_no_further(
    endpoint: Endpoint,
) -> None:
    """Nobody says before how long it is."""
    body = Endless()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "-"}
    told = endpoint.call("POST", "/stripe", body, **chunked)

    assert (endpoint.status, told) == (413, {"error": "body-too-large"})
    assert body.taken <= LARGEST + 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError("timed out"), "408 body-timeout"),
        (ConnectionResetError("gone"), "400 body-broken-off"),
        (ValueError("Bad chunked transfer size"), "400 body-malformed"),
    ],
)
def test_a_body_that_does_not_come_is_refused(
    endpoint: Endpoint, error: Exception, told: str
) -> None:
    """The thread is free again."""
    found = endpoint.call("POST", "/stripe", Broken(error))

    assert f"{endpoint.status} {found['error']}" == told


def test_the_health_page_is_for_looking_only(endpoint: Endpoint) -> None:
    """No other method, and no body for HEAD."""
    assert endpoint.call("GET", "/health") == {"waiting": 0}
    assert endpoint.call("HEAD", "/health") is None
    assert endpoint.status == 200
    assert endpoint.call("POST", "/health") == {"error": "method"}
    assert endpoint.headers["Allow"] == "GET, HEAD"


def test_each_code_is_told_once_a_minute(endpoint: Endpoint) -> None:
    """A sender who is wrong is wrong many times."""

    def said() -> Iterator[str]:
        endpoint.post("{}", secret="whsec_forged")
        endpoint.post("{}", secret="whsec_forged")
        yield from endpoint.tally.news()

    assert list(said()) == ["not taken: signature-wrong (2 requests)"]
    assert list(said()) == []
    endpoint.clock.advance(60)
    assert list(said()) == ["not taken: signature-wrong (4 requests)"]
