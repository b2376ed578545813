"""How Stripe is asked through its SDK: reads raw, writes by the typed services.

Typed lists would cost twelve times the CPU; a typed write names its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import stripe

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json, Reply
from eleva_cli.adapters.exchange import Exchange
from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.ports import Page, Written


class HasId(Protocol):
    """Any row of a list: its id is the cursor."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
R = TypeVar("R", bound=HasId)


class StripeCalls:
    """What the parts of the adapter share: one SDK client, one way to read answers."""

    def __init__(self, sdk: stripe.StripeClient) -> None:
        self._sdk = sdk

    def _list(self, path: str, after: str | None, **params: object) -> Reply:
        if after is not None:
            params["starting_after"] = after
        return self._get(path, limit=answers.PAGE, **params)

    def _every(
        self, path: str, read: Callable[[Json], R], **params: object
    ) -> Iterator[R]:
        """Give the rows of all pages: a page may be short, and another one follow."""
        after: str | None = None
        while True:
            page = rows_of(self._list(path, after, **params), after, read)
            yield from page.rows
            after = page.after
            if after is None:
                return

    def _get(self, path: str, **params: object) -> Reply:
        return self._raw("GET", path, **params)

    def _raw(self, method: str, path: str, **params: object) -> Reply:
        exchange = Exchange(service="stripe", method=method, path=path)
        with _readable(exchange):
            found = self._sdk.raw_request(method.lower(), path, **params)
            return _reply(exchange, found.data, found)


def write(path: str, send: Callable[[], stripe.StripeObject]) -> Reply:
    """Send a POST through the SDK; raise a `RemoteError` for all but a success."""
    return _typed(Exchange(service="stripe", method="POST", path=path), send)


def delete(path: str, send: Callable[[], stripe.StripeObject]) -> Reply:
    """Send a DELETE through the SDK; raise `MissingError` where there is nothing."""
    return _typed(Exchange(service="stripe", method="DELETE", path=path), send)


def _typed(exchange: Exchange, send: Callable[[], stripe.StripeObject]) -> Reply:
    with _readable(exchange):
        found = send()
        return _reply(exchange, found.to_dict(), found.last_response)


def written(reply: Reply, read: Callable[[Json], T]) -> Written[T]:
    """Return the object that a write answered with, and how it was answered."""
    return Written(
        value=reply.read(read), request_id=reply.request_id, replayed=reply.replayed
    )


@contextmanager
def of_customer() -> Iterator[None]:
    """A list of a customer that is gone is refused with 400 and not 404: the same."""
    try:
        yield
    except RejectedError as error:
        if isinstance(error, MissingError) or error.remote_code != "resource_missing":
            raise
        raise MissingError(
            str(error),
            code=error.code,
            service=error.service,
            hint=error.hint,
            status=error.status,
            remote_code=error.remote_code,
            request_id=error.request_id,
        ) from error


def checked(object_id: str) -> str:
    """Return an id that is safe in a path of Stripe's."""
    return answers.checked_id("stripe", object_id)


def rows_of(reply: Reply, after: str | None, read: Callable[[Json], R]) -> Page[R]:
    """Return a page of a Stripe list, whose cursor is the last row's id."""
    rows = reply.read(lambda body: [read(it) for it in answers.records(body, "data")])
    has_more = reply.read(lambda body: answers.flag(body, "has_more"))
    last = rows[-1].id if rows else ""
    return answers.page(reply, rows, given=after, more=last if has_more else None)


@contextmanager
def _readable(exchange: Exchange) -> Iterator[None]:
    """Translate what the SDK says of a success that it cannot read."""
    try:
        with answers.sound(exchange):
            yield
    except stripe.APIError as error:
        # Every answer but a 2xx has raised in `answers.send` before this.
        raise answers.not_json(exchange, error.request_id) from error


def _reply(
    exchange: Exchange, body: object, said: stripe.StripeResponse | None
) -> Reply:
    headers = {} if said is None else said.headers
    if not isinstance(body, dict):
        raise answers.ShapeError(f"the body is {type(body).__name__}, not an object")
    return Reply(
        exchange=exchange,
        body=body,
        request_id=headers.get("request-id"),
        replayed=headers.get("idempotent-replayed") == "true",
    )
