"""How a control endpoint is asked and answers: no key, JSON in and out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from flask import Response, request

from eleva_cli.sandbox.faults import FaultError
from eleva_cli.sandbox.jsons import dump, load_sent
from eleva_cli.sandbox.seed import SeedError
from eleva_cli.sandbox.settings import SettingError
from eleva_cli.sandbox.wire import Call, system_call

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.store import Store

# path under /_sandbox/, what answers, methods
View: TypeAlias = tuple[str, Callable[..., object], tuple[str, ...]]


_LARGEST = 2**53


class ControlError(ValueError):
    """A control request that cannot be; the message names the field."""


def guarded(view: Callable[..., object]) -> Callable[..., Response]:
    """Answer in JSON, a bad request with what is wrong with it."""

    def answer(**parts: str) -> Response:
        try:
            return _json(view(**parts))
        except (SettingError, FaultError, SeedError, ControlError) as error:
            return _json({"error": str(error)}, status=400)
        except TypeError as error:
            return _json({"error": f"the body is not right: {error}"}, status=400)

    return answer


def _json(value: object, *, status: int = 200) -> Response:
    return Response(dump(value), status=status, mimetype="application/json")


def body_of() -> Json:
    """Read the request's body; none is an empty object."""
    try:
        return load_sent(request.get_data() or b"{}")
    except ValueError as error:
        raise ControlError(f"the body is not right: {error}") from None


def number_of(name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number of the query that the store can compare with."""
    value = request.args.get(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ControlError(f"{name}: must be a whole number") from None
    if not least <= number <= _LARGEST:
        raise ControlError(f"{name}: must be from {least} to {_LARGEST}")
    return number


@contextmanager
def acting(store: Store) -> Iterator[Call]:
    """Give one atomic change at the service's present time, without a request."""
    settings = store.settings()
    now = time.time() + settings.clock_offset_s
    with store.write() as session:
        yield system_call(session, settings, now=now, live=settings.livemode)
