"""A witness beside a sandbox: WorkOS's side held against the published description.

It looks at every request to WorkOS's side, accepted or refused. What it finds is
kept, so that no caller can swallow it. Without the description it sees nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.wire import Service
from tests.fidelity.workos_check import Exchange, check_workos
from tests.outside.installed import why_not

if TYPE_CHECKING:
    from flask import Flask, Response

findings: list[str] = []
TEMPLATES = {
    route.name: route.template for route in ROUTES if route.service is Service.WORKOS
}


class DisagreedError(AssertionError):
    """The sandbox and the published description disagree."""


def settle() -> None:
    """Fail with what was found since the last time, and forget it."""
    found = list(dict.fromkeys(findings))
    findings.clear()
    if found:
        raise DisagreedError(
            "against WorkOS's OpenAPI description:\n" + "\n".join(found)
        )


def watch(app: Flask) -> Flask:
    """Put the witness beside an app, before its first request."""
    if why_not() is None:
        app.after_request(_look)
    return app


def _look(response: Response) -> Response:
    template = TEMPLATES.get(request.endpoint or "")
    # what a fault cut or slowed is not looked at
    if template is not None and not response.is_streamed and response.is_json:
        exchange = Exchange(
            method=request.method,
            template=template,
            query=request.query_string.decode(),
            body=request.get_data(),
            status=response.status_code,
            answer=response.get_data(),
        )
        findings.extend(check_workos(exchange))
    return response
