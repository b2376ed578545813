"""Where requests may go: the configured bases, endpoints in scope, and two ways more.

A request that says it is a notice may go to the one address for notices, one that says
it is a delivery to a destination of the profile; neither with a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

import httpx2

from eleva_cli.adapters.connection import Connection
from eleva_cli.adapters.endpoints import is_out_of_bounds, template
from eleva_cli.errors import ConfigError, SafetyError
from eleva_cli.ports import Service

REAL_DOMAINS = ("stripe.com", "workos.com")

# The extensions by which a request says that it is one.
NOTICE = "eleva-notice"
DELIVERY = "eleva-delivery"
# What no delivery carries: whoever reads it could act in our name.
CREDENTIALS = ("authorization", "proxy-authorization", "stripe-account")

Origin = tuple[str, str, int]


class OutsideError(SafetyError):
    """A request was about to go where this tool never goes; it did not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as the limiters see it."""

    service: Service
    method: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """
    Which destination a delivery is for, and how it is signed.

    `sign` gives a header's name and value; it is asked when the delivery may leave,
    as a signature does not live longer than some minutes.
    """

    destination: str
    sign: Callable[[], tuple[str, str]] = field(repr=False)  # it holds the text


class Bounds:
    """Where requests may go: the configured bases and the endpoints in scope."""

    def __init__(self, connection: Connection) -> None:
        self._bases: dict[Service, httpx2.URL] = {
            "stripe": _address(connection.stripe_base, "ELEVA_STRIPE_API_BASE"),
            "workos": _address(connection.workos_base, "ELEVA_WORKOS_API_BASE"),
        }
        self.notice = _elsewhere(connection.notice_url, self._bases.values())
        self.destinations = {
            each.name: url
            for each in connection.destinations
            if (url := _elsewhere(each.url, self._bases.values())) is not None
        }
        real = {service: is_real(base) for service, base in self._bases.items()}
        # A sandbox of the one beside the real other is never meant.
        self._is_overridden = not all(real.values())

    def is_notice(self, request: httpx2.Request) -> bool:
        """
        Whether it says of itself that it is a notice.

        Raise `OutsideError` if it goes elsewhere than notices may, or carries a key.
        """
        if NOTICE not in request.extensions:
            return False
        if "authorization" in request.headers:
            raise _outside("a notice would carry a key")
        if request.url != self.notice or request.method != "POST":
            raise _outside("that is no address for a notice")
        return True

    def delivery(self, request: httpx2.Request) -> Parcel | None:
        """
        Return what a request carries if it says that it is a delivery.

        Raise `OutsideError` if it goes elsewhere than to its own destination, or
        carries a key.
        """
        if DELIVERY not in request.extensions:
            return None
        parcel = request.extensions[DELIVERY]
        if not isinstance(parcel, Parcel) or NOTICE in request.extensions:
            raise _outside("that is no delivery")
        if any(name in request.headers for name in CREDENTIALS):
            raise _outside("a delivery would carry a key")
        url = self.destinations.get(parcel.destination)
        if url is None or request.url != url or request.method != "POST":
            raise _outside("that is no destination of the profile")
        return parcel

    def admit(self, request: httpx2.Request) -> Call:
        """Return what this request is; raise `OutsideError` if it may not leave."""
        url = request.url
        if self._is_overridden and is_real(url):
            raise _outside(f"{url.host} is real, and the API bases are overridden")
        service = self._service(url)
        if service is None:
            raise _outside(f"{url.host} is not a configured host")
        path = url.path.removeprefix(_prefix(self._bases[service]))
        if service == "stripe" and is_out_of_bounds(path):
            raise _outside(f"{template(service, path)} is never called by this tool")
        if "stripe-account" in request.headers or "stripe-context" in request.headers:
            raise _outside("the request names a connected account")
        return Call(
            service=service, method=request.method, template=template(service, path)
        )

    def _service(self, url: httpx2.URL) -> Service | None:
        fitting = [
            service
            for service, base in self._bases.items()
            if origin(base) == origin(url) and url.path.startswith(_prefix(base))
        ]
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        # One server plays both: only Stripe's paths begin with a version.
        longest = max(fitting, key=lambda service: len(_prefix(self._bases[service])))
        path = url.path.removeprefix(_prefix(self._bases[longest]))
        return "stripe" if re.match(r"/+v\d+/", path, re.IGNORECASE) else "workos"


def origin(url: httpx2.URL) -> Origin:
    """Return scheme, host and port, the port also where it is implied."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def is_real(url: httpx2.URL) -> bool:
    """Tell whether a host is one of the vendors', files and meter events included."""
    host = url.host.lower().rstrip(".")
    return any(host == real or host.endswith("." + real) for real in REAL_DOMAINS)


def is_loopback(url: httpx2.URL) -> bool:
    """Tell whether a host is this machine."""
    if url.host == "localhost" or url.host.endswith(".localhost"):
        return True
    try:
        return ip_address(url.host.strip("[]")).is_loopback
    except ValueError:
        return False


def _address(text: str, name: str) -> httpx2.URL:
    try:
        base = httpx2.URL(text)
    except httpx2.InvalidURL:
        base = httpx2.URL("")
    if base.scheme not in {"http", "https"} or not base.host or base.query:
        raise ConfigError(
            f"{name} is not the address of an API",
            code="base-unusable",
            hint=f"set {name} to something like http://127.0.0.1:8420, or unset it",
        )
    return base


def _elsewhere(text: str, bases: Iterable[httpx2.URL]) -> httpx2.URL | None:
    """Return a place over TLS or on this machine that is neither service's."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return None
    is_private = url.scheme == "https" or (url.scheme == "http" and is_loopback(url))
    is_service = is_real(url) or _place(url) in map(_place, bases)
    # What resolvers and proxies would read each their own way is no host.
    is_plain = not url.userinfo and "%" not in url.host
    return url if url.host and is_private and is_plain and not is_service else None


def _place(url: httpx2.URL) -> tuple[str, int]:
    """Return host and port; this machine has many names."""
    _, host, port = origin(url)
    return "this machine" if is_loopback(url) else host.rstrip("."), port


def _prefix(base: httpx2.URL) -> str:
    return base.path.rstrip("/")


def _outside(reason: str) -> OutsideError:
    return OutsideError(
        f"refused to send a request: {reason}",
        code="outside",
        hint="nothing was sent; if a base is overridden, override both, and report "
        "this if no setting of yours explains it",
    )
