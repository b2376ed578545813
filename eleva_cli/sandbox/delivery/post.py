"""Sending one signed event over plain HTTP, to an address of this machine only.

No name is ever resolved, no redirect followed and no proxy used.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S = 5.0
_LOCALHOST = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try: a status, or why there is none."""

    status: int | None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Say whether the receiver took it; a redirect is a failure, as at Stripe."""
        return self.status is not None and 200 <= self.status < 300


def sign(secret: str, body: str | bytes, at: int) -> str:
    """Write the `Stripe-Signature` header of a body sent at a time."""
    content = body.encode() if isinstance(body, str) else body
    signed = f"{at}.".encode() + content
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def split(url: str) -> SplitResult | None:
    """Read an address over http or https; None when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return None
    return parts


def hosts_of(url: str) -> tuple[str, ...]:
    """Give the loopback addresses that a URL means; none for any other URL."""
    parts = split(url)
    if parts is None or parts.hostname is None:
        return ()
    if parts.hostname == "localhost":
        return _LOCALHOST
    try:
        here = ip_address(parts.hostname).is_loopback
    except ValueError:
        return ()
    return (parts.hostname,) if here else ()


def is_loopback(url: str) -> bool:
    """Tell a URL that deliveries may go to: plain HTTP on this machine."""
    return url.startswith("http://") and bool(hosts_of(url))


def post(url: str, body: bytes, signature: str) -> Outcome:
    """Send a body, and say what came back."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    outcome = Outcome(status=None, error="not loopback")
    for host in hosts_of(url):
        outcome = _sent(host, parts.port or 80, target, body, signature)
        if outcome.error != ConnectionRefusedError.__name__:
            break
    return outcome


@contextmanager
def _limited(connected: socket.socket) -> Iterator[None]:
    """End a connection in time, also one that sends a byte now and then."""
    watch = threading.Timer(TIMEOUT_S, _end, (connected,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _end(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _sent(host: str, port: int, target: str, body: bytes, signature: str) -> Outcome:
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    headers = {
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Connection": "close",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    try:
        connection.connect()
        with _limited(connection.sock):
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            status = response.status
            response.close()
    except (OSError, HTTPException, ValueError) as error:
        return Outcome(status=None, error=type(error).__name__)
    finally:
        connection.close()
    return Outcome(status=status)
