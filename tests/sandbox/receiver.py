"""A webhook receiver on loopback, as an application has one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

from eleva_cli.sandbox.front import Front
from tests.sandbox.harness import Sandbox


@dataclass(slots=True, kw_only=True)
class Receiver:
    """What came in; `status` is what it answers with."""

    url: str = ""
    status: int = 200
    location: str = ""
    bodies: list[str] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    def events(self, secret: str) -> list[Any]:
        """Everything that came, each signature checked by Stripe's own package."""
        construct: Any = stripe.Webhook.construct_event
        return [
            construct(body, headers["Stripe-Signature"], secret)
            for body, headers in zip(self.bodies, self.headers, strict=True)
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port until the end of the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            receiver.bodies.append(self.rfile.read(size).decode())
            receiver.headers.append(self.headers)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def endpoint(sandbox: Sandbox, url: str, *events: str, **more: Any) -> Any:
    """Create an endpoint for all events, or for some."""
    params = {"url": url, "enabled_events": list(events) or ["*"], **more}
    return sandbox.stripe().webhook_endpoints.create(params)


def front_of(sandbox: Sandbox) -> Front:
    """Give what answers for a sandbox."""
    front: Front = sandbox.app.extensions["sandbox"]
    return front


def rename(sandbox: Sandbox, *names: str) -> None:
    """Make an event for each name."""
    for name in names:
        sandbox.stripe().customers.update("cus_1", {"name": name})


def drain(sandbox: Sandbox) -> Any:
    """Wait until nothing is due."""
    drained = sandbox.post("deliveries/drain", timeout_s=10)
    assert drained["drained"], sandbox.get("deliveries")
    return drained


def only_delivery(sandbox: Sandbox) -> Any:
    """Give the one delivery there is."""
    (delivery,) = sandbox.get("deliveries")["data"]
    return delivery


def last_event(sandbox: Sandbox) -> Any:
    """Give the newest event."""
    return sandbox.stripe().events.list({"limit": 1}).data[0]
