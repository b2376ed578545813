"""Ending a connection without an answer, on a socket or in process."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

SOCKET = "sandbox.socket"


class HungUpError(ConnectionResetError):
    """The connection ended; raised to the caller when there is no socket to close."""


def hang_up(environ: Mapping[str, object]) -> None:
    """Close the client's connection with no further byte."""
    connection = environ.get(SOCKET)
    if not isinstance(connection, socket.socket):
        raise HungUpError("the sandbox dropped the connection")
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


def cut(body: bytes, environ: Mapping[str, object]) -> Iterator[bytes]:
    """Send half of a body, then close the connection."""
    yield body[: len(body) // 2]
    hang_up(environ)
