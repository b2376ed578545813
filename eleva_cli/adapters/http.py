"""The one network door: what may leave, where to, and when.

Both SDKs send through its client. It decides nothing about what an answer means.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx2

from eleva_cli.adapters.bounds import (
    Bounds,
    Call,
    OutsideError,
    Parcel,
    is_loopback,
)
from eleva_cli.adapters.connection import Connection
from eleva_cli.adapters.exchange import Exchange, request_id, retry_after_s
from eleva_cli.adapters.faults import put_off
from eleva_cli.adapters.spares import Spares
from eleva_cli.errors import ConfigError
from eleva_cli.pacing import Gate, Pacer
from eleva_cli.ports import Service

if TYPE_CHECKING:
    import ssl

__all__ = ["Connection", "Door", "OutsideError", "open_client", "retry_after_s"]

LOG = logging.getLogger("eleva.http")
KEEPALIVE_S = 30
NOTICE_S = 5.0
DELIVERY_S = 10.0
LONGEST_CLOSED_S = 300.0  # nobody watches a command for longer that does nothing


class Door(httpx2.BaseTransport):
    """Check, pace, ask the gate, pass on; a 429 goes to the pacer."""

    def __init__(
        self,
        connection: Connection,
        pacer: Pacer,
        gate: Gate,
        *,
        transport: httpx2.BaseTransport | None,
    ) -> None:
        self._bounds = Bounds(connection)
        self._pacer = pacer
        self._gate = gate
        self._time_out = time_out(connection).as_dict()
        self._is_closed = False
        self._inner: dict[Service, httpx2.BaseTransport] = (
            _network(connection)
            if transport is None
            else {"stripe": transport, "workos": transport}
        )
        notice = self._bounds.notice
        self._notices: tuple[httpx2.BaseTransport, ...] = ()
        if notice is not None:
            one = httpx2.Limits(max_connections=1)
            self._notices = (transport or _transport(notice, one),)
        # A connection that the other side just closed would leave a delivery in doubt.
        fresh = httpx2.Limits(
            max_connections=connection.threads, max_keepalive_connections=0
        )
        self._deliveries = {
            name: transport or _transport(url, fresh)
            for name, url in self._bounds.destinations.items()
        }

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if (parcel := self._bounds.delivery(request)) is not None:
            return self._deliver(request, parcel)
        if self._bounds.is_notice(request):
            return self._notify(request)
        call = self._bounds.admit(request)
        self._refuse_to_wait(call, request)
        self._pacer.acquire(
            call.service,
            call.method,
            call.template,
            check=lambda: self._check_wait(call, request),
        )
        # The WorkOS SDK sends each request with its own 60 s, for connecting too.
        request.extensions = {**request.extensions, "timeout": self._time_out}
        self._gate.check()
        LOG.debug("sent %s %s %s", call.service, call.method, request.url.path)
        try:
            response = self._inner[call.service].handle_request(request)
        except httpx2.HTTPError as error:
            LOG.debug("no answer to %s %s: %r", call.method, request.url.path, error)
            raise
        LOG.debug(
            "answer to %s %s: %s %s",
            call.method,
            request.url.path,
            response.status_code,
            request_id(response.headers) or "",
        )
        if response.status_code == 429:
            self._learn(call, response)
        return response

    def close(self) -> None:
        """Give the connections back; who still waits for a turn gives it up."""
        self._is_closed = True
        deliveries = self._deliveries.values()
        for transport in {*self._inner.values(), *self._notices, *deliveries}:
            transport.close()

    def _check_wait(self, call: Call, request: httpx2.Request) -> None:
        """Ask the gate; who waits already is refused as who comes later."""
        self._gate.check()
        self._refuse_to_wait(call, request)

    def _refuse_to_wait(self, call: Call, request: httpx2.Request) -> None:
        """Raise `NotExecutedError` where a service has asked for too long a wait."""
        left = self._pacer.closed_s(call.service, call.method, call.template)
        if left > LONGEST_CLOSED_S or self._is_closed:
            path = request.url.path
            named = Exchange(service=call.service, method=call.method, path=path)
            raise put_off(named, left)

    def _notify(self, request: httpx2.Request) -> httpx2.Response:
        """Send a notice: no limiter is for it, and its path is never logged."""
        time_out = httpx2.Timeout(NOTICE_S).as_dict()
        request.extensions = {**request.extensions, "timeout": time_out}
        LOG.debug("sent a notice to %s", request.url.host)
        return self._notices[0].handle_request(request)

    def _deliver(self, request: httpx2.Request, parcel: Parcel) -> httpx2.Response:
        """Send an event on at its destination's own pace, and sign it only then."""
        name = parcel.destination
        self._pacer.acquire("destination", "POST", name, check=self._gate.check)
        time_out = httpx2.Timeout(DELIVERY_S).as_dict()
        request.extensions = {**request.extensions, "timeout": time_out}
        header, value = parcel.sign()
        request.headers[header] = value
        # One client has one jar, and a port is no border to it.
        request.headers.pop("cookie", None)
        self._gate.check()
        LOG.debug("sent an event to %s", name)
        response = self._deliveries[name].handle_request(request)
        response.headers.pop("set-cookie", None)
        LOG.debug("answer of %s: %s", name, response.status_code)
        if response.status_code == 429:
            self._pacer.learn(
                "destination",
                "POST",
                name,
                reason=None,
                retry_after_s=retry_after_s(response.headers),
            )
        return response

    def _learn(self, call: Call, response: httpx2.Response) -> None:
        response.read()
        if _is_locked_object(response):
            return
        self._pacer.learn(
            call.service,
            call.method,
            call.template,
            reason=response.headers.get("stripe-rate-limited-reason"),
            retry_after_s=retry_after_s(response.headers),
        )


def open_client(
    connection: Connection,
    pacer: Pacer,
    gate: Gate,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> httpx2.Client:
    """
    Return the client for both SDKs; close it to give the connections back.

    Raise `ConfigError` for a key, a base or a proxy that no request can use.
    """
    _check_key("stripe", connection.stripe_key)
    _check_key("workos", connection.workos_key)
    # At INFO and DEBUG these log URLs, headers and bodies: e-mails and keys.
    for name in ("httpx2", "httpcore2", "stripe"):
        logging.getLogger(name).setLevel(logging.WARNING)
    door = Door(connection, pacer, gate, transport=transport)
    return httpx2.Client(
        transport=door,
        timeout=time_out(connection),
        follow_redirects=False,
        trust_env=False,  # the door's transports do, where the base is not loopback
    )


def time_out(connection: Connection) -> httpx2.Timeout:
    """Return the time-outs in seconds; a write that stalls is as bad as a read."""
    return httpx2.Timeout(
        connect=connection.connect_s,
        read=connection.read_s,
        write=connection.read_s,
        pool=connection.connect_s,
    )


def _network(connection: Connection) -> dict[Service, httpx2.BaseTransport]:
    stripe = _spares(httpx2.URL(connection.stripe_base))
    if connection.stripe_base == connection.workos_base:
        return {"stripe": stripe, "workos": stripe}
    return {"stripe": stripe, "workos": _spares(httpx2.URL(connection.workos_base))}


def _spares(base: httpx2.URL) -> Spares:
    """Return connections for as many lanes as there are, all of the same trust."""
    trusted = httpx2.create_ssl_context(trust_env=not is_loopback(base))
    limits = httpx2.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_S)
    return Spares(lambda: _transport(base, limits, trusted))


def _transport(
    base: httpx2.URL, limits: httpx2.Limits, trusted: ssl.SSLContext | None = None
) -> httpx2.HTTPTransport:
    proxy = _proxy(base)
    try:
        return httpx2.HTTPTransport(
            verify=trusted or True,
            limits=limits,
            proxy=proxy,
            trust_env=not is_loopback(base),
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(
            f"the proxy that the environment names for {base.host} cannot be used",
            code="proxy-unusable",
            hint="set HTTPS_PROXY to an http:// address, or add the host to NO_PROXY",
        ) from error


def _proxy(base: httpx2.URL) -> str | None:
    # A proxy would take a loopback address for its own.
    if is_loopback(base) or proxy_bypass(base.host):
        return None
    proxies = getproxies()
    return proxies.get(base.scheme) or proxies.get("all")


def _check_key(service: Service, key: str) -> None:
    if key and key.isascii() and key.isprintable() and " " not in key:
        return
    raise ConfigError(
        f"the {service} key is empty or holds a character that no key has",
        code="key-malformed",
        hint="copy the key again, without spaces, quotes or line ends",
    )


def _is_locked_object(response: httpx2.Response) -> bool:
    """Tell a busy object from a limiter: Stripe answers 429 to both."""
    try:
        error = json.loads(response.content)["error"]
        return bool(error["code"] == "lock_timeout")
    except (ValueError, TypeError, KeyError):
        return False
