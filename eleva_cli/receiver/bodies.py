"""Reads a request's body as it was sent: all of it, and never more than is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from eleva_cli.receiver import RefusedError

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

LARGEST = 512 * 1024  # bytes; Stripe's events have some kilobytes
PIECE = 64 * 1024
JSON = "application/json"
TOO_LARGE = "Request Entity Too Large"  # how cheroot says it of a chunk, before reading


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
    except OSError as error:
        is_large = str(error) == TOO_LARGE
        status, code = (413, "body-too-large") if is_large else (400, "body-broken-off")
        raise RefusedError(status, code) from None
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
