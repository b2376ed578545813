"""Reads a request's body as it was sent: all of it, and never more than is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from eleva_cli.receiver import RefusedError

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

LARGEST = 512 * 1024  # bytes; Stripe's events have some kilobytes
PIECE = 64 * 1024
JSON = "application/json"
LONGEST_LINE = 256  # bytes of the line that says how long a chunk is
SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class TooLargeError(Exception):
    """A chunk goes beyond what may be taken; it was not read."""


class Chunks:
    """
    A body that comes in chunks; `read` gives some of it, and nothing at its end.

    The server's own reader takes the line before a chunk however long it is, which
    costs whoever sends nothing, and us all memory.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = 0  # of the present chunk
        self._room = LARGEST
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Raise `ValueError` where it is malformed, `TooLargeError` past the limit."""
        if not self._left and not self._is_over:
            self._begin()
        if self._is_over:
            return b""
        piece = self._stream.read(min(size, self._left))
        self._left -= len(piece)
        if not piece or (not self._left and self._stream.read(2) != b"\r\n"):
            raise ValueError("a chunk does not end")
        return piece

    def _begin(self) -> None:
        found = SIZE.fullmatch(self._stream.readline(LONGEST_LINE))
        if found is None:
            raise ValueError("a chunk has no length")
        self._left = int(found[1], 16)
        self._room -= self._left
        if self._room < 0:
            raise TooLargeError
        self._is_over = not self._left


def body_of(environ: WSGIEnvironment) -> bytes:
    """Return the body; raises `RefusedError` where it is none that may be taken."""
    _check_type(environ)
    length = _length(environ)
    stream = environ["wsgi.input"]
    try:
        body = b"".join(_pieces(stream, LARGEST + 1 if length is None else length))
    except TimeoutError:
        raise RefusedError(408, "body-timeout") from None
    except ValueError:
        raise RefusedError(400, "body-malformed") from None
    except TooLargeError:
        raise RefusedError(413, "body-too-large") from None
    except OSError:
        raise RefusedError(400, "body-broken-off") from None
    if len(body) > LARGEST:
        raise RefusedError(413, "body-too-large")
    if length is not None and len(body) < length:
        raise RefusedError(400, "body-broken-off")
    return body


def _check_type(environ: WSGIEnvironment) -> None:
    kind, _, rest = environ.get("CONTENT_TYPE", "").casefold().partition(";")
    charset = rest.strip().replace(" ", "").replace('"', "")
    if kind.strip() != JSON or charset not in ("", "charset=utf-8"):
        raise RefusedError(415, "content-type", Accept=JSON)
    if environ.get("HTTP_CONTENT_ENCODING", "identity").casefold() != "identity":
        raise RefusedError(415, "content-encoding")


def _length(environ: WSGIEnvironment) -> int | None:
    """Return how long the body is said to be, `None` where it comes in chunks."""
    told = environ.get("CONTENT_LENGTH", "")
    if environ.get("HTTP_TRANSFER_ENCODING"):
        if told:  # which of the two is true is what smugglers play with
            raise RefusedError(400, "length-twice")
        return None
    if not told:
        raise RefusedError(411, "length-missing")
    if not (told.isascii() and told.isdigit() and len(told) < 16):
        raise RefusedError(400, "length-malformed")
    if int(told) > LARGEST:
        raise RefusedError(413, "body-too-large")
    return int(told)


def _pieces(stream: InputStream, most: int) -> Iterator[bytes]:
    while most > 0 and (piece := stream.read(min(PIECE, most))):
        most -= len(piece)
        yield piece
