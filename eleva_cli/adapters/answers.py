"""One exchange through the client, and its answer read without trusting its shape.

Values only come out typed; a missing or odd field is an error that names it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx2

from eleva_cli.adapters.exchange import Exchange, read, request_id, scrub
from eleva_cli.adapters.faults import in_doubt, refused, unanswered
from eleva_cli.errors import InDoubtError, RejectedError, RemoteError
from eleva_cli.ports import Answer, Page, Service

T = TypeVar("T")
Json = Mapping[str, object]

PAGE = 100
SHAPE_ERRORS = (AttributeError, IndexError, KeyError, TypeError)


class ShapeError(TypeError):
    """A field is missing or is not what the API describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success, its JSON object not yet read."""

    exchange: Exchange
    body: Json
    request_id: str | None = None
    replayed: bool = False

    def read(self, reader: Callable[[Json], T]) -> T:
        """Return what `reader` makes of it; raise `InDoubtError` if it cannot."""
        with sound(self.exchange, self.request_id):
            return reader(self.body)


@contextmanager
def sound(exchange: Exchange, request_id: str | None = None) -> Iterator[None]:
    """Turn the raw errors of reading an answer, ours or an SDK's, into in doubt."""
    try:
        yield
    except SHAPE_ERRORS as error:
        raise in_doubt(
            exchange,
            "unexpected-shape",
            f"the answer is not as described ({type(error).__name__}: "
            f"{scrub(str(error))})",
            request_id=request_id,
        ) from error


def send(
    client: httpx2.Client,
    exchange: Exchange,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    content: bytes | str | None = None,
) -> httpx2.Response:
    """Return a 2xx answer with its whole body; raise a `RemoteError` for all else."""
    response = _send(client, exchange, url, headers=headers, content=content)
    if response.status_code >= 300:
        raise refused(read(exchange, response))
    return response


def parse(exchange: Exchange, response: httpx2.Response) -> Json:
    """Return a success's JSON object; raise `InDoubtError` for any other body."""
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise not_json(exchange, request_id(response.headers)) from error
    with sound(exchange, request_id(response.headers)):
        return _as_object(body, "the body")


def not_json(exchange: Exchange, request_id: str | None) -> RemoteError:
    """Return the error for a success whose body cannot be parsed."""
    return in_doubt(
        exchange,
        "not-json",
        "a success whose body is no JSON: something in between may have answered",
        request_id=request_id,
    )


def probe(
    client: httpx2.Client, service: Service, base: str, key: str, path: str
) -> Answer:
    """GET a path; a 4xx is an answer. Raise a `RemoteError` where nobody answered."""
    exchange = Exchange(service=service, method="GET", path=path.partition("?")[0])
    headers = {"Authorization": f"Bearer {key}"}
    response = _send(client, exchange, base.rstrip("/") + path, headers=headers)
    if response.status_code >= 500 or 300 <= response.status_code < 400:
        raise refused(read(exchange, response))
    if response.is_success:
        parse(exchange, response)
    return Answer(
        status=response.status_code,
        request_id=request_id(response.headers),
        date=response.headers.get("date"),
        has_form=_has_form(exchange, response),
    )


def _has_form(exchange: Exchange, response: httpx2.Response) -> bool:
    """Tell whether an error says what went wrong, in the service's own form."""
    if response.is_success:
        return False
    said = read(exchange, response)
    return bool(said.message and (said.kind or said.exchange.service == "workos"))


def page(
    reply: Reply,
    rows: Sequence[T],
    *,
    given: str | None,
    more: str | None,
) -> Page[T]:
    """
    Return a page with its next cursor `more`, `given` being the one it was read with.

    A page may be empty and lead on. Raise `InDoubtError` for one that promises more
    and gives no way there: to stop here would lose rows without a word, and the same
    page may be whole when it is read again.
    """
    if more is not None and more in ("", given):
        raise InDoubtError(
            f"{reply.exchange}: the list promises more, and its page "
            + ("leads back to itself" if more else "is empty"),
            code="page-broken",
            hint="run the command again; the list so far is not complete",
            service=reply.exchange.service,
            request_id=reply.request_id,
        )
    return Page(rows=tuple(rows), after=more)


def checked_id(service: Service, value: str) -> str:
    """Return an id that is safe in a path; raise `RejectedError` for any other."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,255}", value):
        return value
    raise RejectedError(
        f"{scrub(repr(value))} cannot be an id",
        code="id-malformed",
        hint="correct the id where it was given; nothing was sent",
        service=service,
    )


def _send(
    client: httpx2.Client,
    exchange: Exchange,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    content: bytes | str | None = None,
) -> httpx2.Response:
    try:
        return client.request(exchange.method, url, headers=headers, content=content)
    except httpx2.HTTPError as error:
        raise unanswered(exchange, error) from error


def text(row: Json, name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise _odd(name, value, "text")
    return value


def text_or_none(row: Json, name: str) -> str | None:
    """Return the text, `None` for a null and for a field left out."""
    return None if row.get(name) is None else text(row, name)


def number(row: Json, name: str) -> int:
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise _odd(name, value, "an integer")
    return value


def number_or_none(row: Json, name: str) -> int | None:
    return None if row.get(name) is None else number(row, name)


def flag(row: Json, name: str) -> bool:
    value = row[name]
    if not isinstance(value, bool):
        raise _odd(name, value, "true or false")
    return value


def record(row: Json, name: str) -> Json:
    return _as_object(row[name], name)


def record_or_empty(row: Json, name: str) -> Json:
    """Return the object, an empty one for a null and for a field left out."""
    return {} if row.get(name) is None else record(row, name)


def records(row: Json, name: str) -> list[Json]:
    value = row[name]
    if not isinstance(value, list):
        raise _odd(name, value, "a list")
    return [_as_object(item, name) for item in value]


def texts(row: Json, name: str) -> tuple[str, ...]:
    value = row[name]
    if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
        raise _odd(name, value, "a list of texts")
    return tuple(value)


def compact(row: Json) -> str:
    """Return a row as JSON without blanks, in the order it came; always UTF-8."""
    text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a character, which JSON can escape and UTF-8 cannot hold
        return json.dumps(row, separators=(",", ":"))
    return text


def metadata(row: Json) -> Mapping[str, str]:
    """Return the metadata, empty for a null and for a field left out."""
    if row.get("metadata") is None:
        return {}
    found = record(row, "metadata")
    return {name: text(found, name) for name in found}


def _as_object(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise _odd(name, value, "an object")
    return value


def _odd(name: str, value: object, wanted: str) -> ShapeError:
    # The type and never the value: it may be somebody's e-mail address.
    return ShapeError(f"{name} is {type(value).__name__}, not {wanted}")
