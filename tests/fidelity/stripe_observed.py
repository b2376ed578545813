"""What the tool sends to Stripe and reads of its answers, seen while it does so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from flask import request

from eleva_cli.adapters import connect, stripe_calls
from eleva_cli.pacing import Gate
from eleva_cli.sandbox.keys import STRIPE_KEY, WORKOS_KEY
from tests.contract.adapter_world import connection, pacer
from tests.fidelity.stripe_params import parsed

if TYPE_CHECKING:
    from flask import Flask, Response

    from eleva_cli.ports import Ports

Seen = defaultdict[str, set[str]]


@dataclass(slots=True)
class Observed:
    """By endpoint the parameters sent, by object the fields read."""

    sent: Seen = field(default_factory=lambda: defaultdict(set))
    read: Seen = field(default_factory=lambda: defaultdict(set))


class Body(dict[str, Any]):
    """An object of an answer that remembers which of its fields are read."""

    def __init__(self, given: dict[str, Any], read: Seen, place: str = "") -> None:
        super().__init__(given)
        self._read = read
        self._name = str(given.get("object", place))

    def __getitem__(self, name: str) -> Any:
        return self._seen(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        return self._seen(name, super().get(name, default))

    def _seen(self, name: str, value: Any) -> Any:
        self._read[self._name].add(name)
        return wrapped(value, self._read, f"{self._name}.{name}")


def wrapped(value: Any, read: Seen, place: str) -> Any:
    """Make every object in a value one that remembers."""
    if isinstance(value, dict):
        return Body(value, read, place)
    if isinstance(value, list):
        return [wrapped(each, read, place) for each in value]
    return value


@contextmanager
def observing(app: Flask) -> Iterator[tuple[Ports, Observed]]:
    """Give the tool's ports on a sandbox, and what is seen while they are used."""
    seen = Observed()
    app.after_request(_listener(seen.sent))
    real = stripe_calls._reply

    def reply(exchange: Any, body: Any, said: Any) -> Any:
        return real(exchange, wrapped(body, seen.read, ""), said)

    asked = replace(connection(stripe_key=STRIPE_KEY), workos_key=WORKOS_KEY)
    transport = httpx2.WSGITransport(app=app)
    ports = connect(asked, pacer(), Gate(), transport=transport)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stripe_calls, "_reply", reply)
        yield ports, seen
    ports.close()


def _listener(sent: Seen) -> Callable[[Response], Response]:
    def listen(response: Response) -> Response:
        form = request.get_data(as_text=True) if request.method == "POST" else ""
        given = parsed(request.query_string.decode()) | parsed(form)
        sent[str(request.endpoint)] |= set(_dotted(given))
        return response

    return listen


def _dotted(given: dict[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        # the names in metadata are anybody's
        if isinstance(value, dict) and name != "metadata":
            yield from (f"{name}.{part}" for part in value)
        else:
            yield name
