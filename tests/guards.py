"""What keeps tests off the network: loopback and Unix sockets only, no look-ups.

`install` patches this process; `guarded/sitecustomize.py` does it in every Python
that a test starts. A refusal is raised where it happens and also kept in `refused`,
so that code which swallows errors cannot hide it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

refused: list[str] = []


class NetworkReachedError(AssertionError):
    """A test reached for the network."""


def is_local(host: object) -> bool:
    """Tell whether a host is this machine, said so that nobody need be asked."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def is_literal(host: object) -> bool:
    """Tell whether a host is an address already, which needs no look-up."""
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


def refuse(what: str) -> NetworkReachedError:
    refused.append(what)
    return NetworkReachedError(f"a test reached for the network: {what}")


def settle() -> None:
    """Fail where a refusal was swallowed, and forget what was refused."""
    hidden = ", ".join(refused)
    refused.clear()
    if hidden:
        raise NetworkReachedError(f"a test reached for the network: {hidden}")


def guard_address(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of a socket whose last argument is where to."""

    def guarded(sock: socket.socket, *args: Any) -> Any:
        address = args[-1]
        is_inet = sock.family in {socket.AF_INET, socket.AF_INET6}
        if is_inet and not is_local(address[0]):
            raise refuse(f"{name} to {address[0]}:{address[1]}")
        return real(sock, *args)

    return guarded


def guard_lookup(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function whose first argument is a host to be looked up."""

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        asks_nobody = is_local(host) or (name == "getaddrinfo" and is_literal(host))
        if not asks_nobody:
            raise refuse(f"{name} of {host}")
        return real(host, *args, **kwargs)

    return guarded


def guards() -> list[tuple[Any, str, Callable[..., Any]]]:
    """List what is to be replaced: owner, name, guarded function."""
    methods = ("connect", "connect_ex", "sendto")
    lookups = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
    return [
        *(
            (socket.socket, n, guard_address(n, getattr(socket.socket, n)))
            for n in methods
        ),
        *((socket, n, guard_lookup(n, getattr(socket, n))) for n in lookups),
    ]


def install() -> None:
    """Guard this process until it ends."""
    for owner, name, guarded in guards():
        setattr(owner, name, guarded)
