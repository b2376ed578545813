"""A witness beside a sandbox: what it accepts and answers, held against the SDK.

It looks at every request to Stripe's side that succeeded. A request that the SDK's
types do not allow should have been refused; an answer has to be what the SDK's
classes declare. What it finds is kept, so that no caller can swallow it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flask import current_app, request

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.wire import Service
from tests.fidelity.stripe_check import answer_findings, is_pinned, request_findings
from tests.fidelity.stripe_endpoints import Endpoint, endpoints, plain

if TYPE_CHECKING:
    from flask import Flask, Response

findings: list[str] = []

# Sandbox route -> why the SDK has no such endpoint.
NOT_IN_SDK: dict[str, str] = {
    "POST /v1/events/{id}/retry": "the CLI's own, to resend an event to an endpoint",
}


class DisagreedError(AssertionError):
    """The sandbox and the pinned SDK disagree."""


def settle() -> None:
    """Fail with what was found since the last time, and forget it."""
    found = list(dict.fromkeys(findings))
    findings.clear()
    if found:
        raise DisagreedError("against stripe's types:\n" + "\n".join(found))


def table() -> dict[str, Endpoint | None]:
    """Return the SDK's endpoint for each of the sandbox's Stripe routes."""
    routes = [route for route in ROUTES if route.service is Service.STRIPE]
    known = endpoints(frozenset(plain(route.template) for route in routes))
    return {
        route.name: known.get(f"{route.method} {plain(route.template)}")
        for route in routes
    }


def watch(app: Flask) -> Flask:
    """Put the witness beside an app, before its first request."""
    app.after_request(_looker(table()))
    return app


def watch_tool(app: Flask) -> Flask:
    """Look at requests that were refused as well: whatever the tool sends is right."""
    known = table()

    def look(response: Response) -> Response:
        endpoint = known.get(request.endpoint or "")
        if endpoint is not None and not _is_success(response):
            findings.extend(f"{endpoint.name}: sent {one}" for one in _asked(endpoint))
        return response

    app.after_request(look)
    return app


def _looker(known: dict[str, Endpoint | None]) -> Callable[[Response], Response]:
    def look(response: Response) -> Response:
        endpoint = known.get(request.endpoint or "")
        if endpoint is not None and _is_success(response):
            text = response.get_data(as_text=True)
            found = [f"{endpoint.name}: {each}" for each in _seen(endpoint, text)]
            if found and not _is_staged(text):
                findings.extend(found)
        return response

    return look


def _is_success(response: Response) -> bool:
    """Tell a success in full; what a fault made of it is not looked at."""
    is_whole = response.is_json and not response.is_streamed
    return is_whole and response.status_code == 200


def _is_staged(text: str) -> bool:
    """Tell an answer that a fault's rule has put in place of the sandbox's own."""
    front = current_app.extensions.get("sandbox")
    rules = front.faults.listed() if isinstance(front, Front) else []
    return any(rule["body"] == text for rule in rules)


def _seen(endpoint: Endpoint, text: str) -> Iterator[str]:
    for found in _asked(endpoint):
        yield f"accepted {found}"
    if is_pinned(request.headers.get("Stripe-Version")):
        for found in answer_findings(endpoint, json.loads(text)):
            yield f"answered {found}"


def _asked(endpoint: Endpoint) -> Iterator[str]:
    query = request.query_string.decode()
    form = request.get_data(as_text=True) if request.method == "POST" else ""
    return request_findings(endpoint, query, form)
