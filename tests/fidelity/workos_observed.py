"""What the sandbox takes and sends as WorkOS, and what the tool sends and reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from flask import request

from eleva_cli.adapters import connect, workos_api
from eleva_cli.pacing import Gate
from eleva_cli.sandbox import front, seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, WORKOS_KEY
from eleva_cli.sandbox.settings import Settings
from eleva_cli.sandbox.wire import Service
from tests.contract.adapter_world import EVERY_CALL, Call, connection, pacer
from tests.fidelity.stripe_coverage import SOLD
from tests.fidelity.stripe_observed import Observed, Seen, wrapped
from tests.fidelity.workos_tour import CALLS, WORLD
from tests.fidelity.workos_witness import TEMPLATES
from tests.sandbox.harness import IN_PROCESS, Sandbox, business

if TYPE_CHECKING:
    from flask import Flask, Response

KEY = "json_web_key"  # the one kind of object that does not say what it is
# What the tool does beside its ports' methods: other pages, what `doctor` asks.
MORE_CALLS: tuple[Call, ...] = (
    lambda ports: ports.workos.organizations("org_1"),
    lambda ports: ports.workos.users("user_1"),
    lambda ports: ports.workos.events(["organization.updated"], 0, None),
    lambda ports: ports.workos.probe("/authorization/roles"),
    lambda ports: ports.workos.set_roles("om_1", ["admin", "member"]),
)


class Noticing(dict[str, Any]):
    """Parameters of a request that remember which of them a handler looks at."""

    def __init__(self, given: dict[str, Any], taken: set[str]) -> None:
        super().__init__(given)
        self._taken = taken

    def __getitem__(self, name: str) -> Any:
        self._taken.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._taken.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._taken.update(super().__iter__())
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        self._taken.add(name)
        return super().get(name, default)


@contextmanager
def _open(document: Any) -> Iterator[Flask]:
    with TemporaryDirectory() as folder:
        settings = Settings(limits_enabled=False, multiple_roles_enabled=True)
        app = create_app(Path(folder) / "observed.db", settings=settings)
        seed.load(app.extensions["sandbox"].store, document)
        yield app


@cache
def sandbox_side() -> tuple[Seen, Seen]:
    """Take the tour: by endpoint the parameters taken, by object the fields sent."""
    taken: Seen = defaultdict(set)
    sent: Seen = defaultdict(set)
    real = front._params_of

    def params_of(came: front.Request) -> Any:
        given = real(came)
        is_ours = came.route.service is Service.WORKOS
        return Noticing(given, taken[came.route.name]) if is_ours else given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(front, "_params_of", params_of)
        for call in CALLS.values():
            with _open(WORLD) as app, _client(app, sent) as client:
                sandbox = Sandbox(app=app, base_url=IN_PROCESS, http=client)
                call(sandbox.workos())
    return taken, sent


@contextmanager
def _client(app: Flask, sent: Seen) -> Iterator[httpx2.Client]:
    def note(response: httpx2.Response) -> None:
        if response.read():
            _note_fields(response.json(), sent)

    transport = httpx2.WSGITransport(app=app)
    hooks = {"response": [note]}
    with httpx2.Client(transport=transport, event_hooks=hooks) as client:
        yield client


def _note_fields(value: Any, sent: Seen) -> None:
    if isinstance(value, list):
        for each in value:
            _note_fields(each, sent)
    if isinstance(value, dict):
        kind = KEY if "kty" in value else value.get("object")
        if isinstance(kind, str):
            sent[kind] |= set(value)
        # what an event tells of has fewer fields than the object itself
        inside: Iterable[Any] = value.values()
        for each in () if kind == "event" else inside:
            _note_fields(each, sent)


@cache
def tool_side() -> Observed:
    """Let the tool do all it can do, and return what was seen of WorkOS."""
    seen = Observed()
    real = workos_api.WorkosAdapter._request

    def request_seen(*given: Any, **named: Any) -> Any:
        reply = real(*given, **named)
        return replace(reply, body=wrapped(reply.body, seen.read, ""))

    asked = replace(
        connection(stripe_key=STRIPE_KEY),
        workos_key=WORKOS_KEY,
        workos_client_id=CLIENT_ID,
    )
    with _open(business(**SOLD)) as app, pytest.MonkeyPatch.context() as patch:
        patch.setattr(workos_api.WorkosAdapter, "_request", request_seen)
        app.after_request(lambda response: _sent(response, seen.sent))
        transport = httpx2.WSGITransport(app=app)
        with closing(connect(asked, pacer(), Gate(), transport=transport)) as ports:
            for call in (*EVERY_CALL, *MORE_CALLS):
                call(ports)
    return seen


def _sent(response: Response, sent: Seen) -> Response:
    name = str(request.endpoint)
    if name in TEMPLATES:
        body = request.get_data()
        sent[name] |= {*request.args, *(json.loads(body) if body else {})}
    return response
