"""The WSGI application: every endpoint of both services under one base URL."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flask import Flask, Response, request

from eleva_cli.sandbox import billing, control, identity
from eleva_cli.sandbox.front import Front, Request, Visit
from eleva_cli.sandbox.hangup import cut, hang_up
from eleva_cli.sandbox.refusals import denied, invalid
from eleva_cli.sandbox.store import Store
from eleva_cli.sandbox.wire import Answer, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.routing import Map

    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Route

ROUTES: tuple[Route, ...] = (*billing.ROUTES, *identity.ROUTES)
# they are the same for every application, and take longer than all the rest of it
_COMPILED: dict[str, Map] = {}


def create_app(store_path: Path | None, *, settings: Settings | None = None) -> Flask:
    """Build the sandbox over a store file; without one its state is temporary."""
    store = Store(store_path)
    if settings is not None:
        store.set_settings(settings)
    front = Front(store)
    app = Flask("eleva-sandbox", static_folder=None)
    # a dropped connection is an exception that must reach an in-process client
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.extensions["sandbox"] = front
    _add_endpoints(app, front)
    front.courier.resume()
    app.register_error_handler(404, _unknown)
    app.register_error_handler(405, _unknown)
    return app


def _add_endpoints(app: Flask, front: Front) -> None:
    """Add every endpoint; the addresses are compiled once for all applications."""
    rules = [*_service_rules(front), *control.rules(front)]
    if known := _COMPILED.get("addresses"):
        app.url_map = known
        app.view_functions = {name: view for _, name, view, _ in rules}
        return
    # an empty id is an unknown address, and not a redirect to another endpoint
    app.url_map.merge_slashes = False
    for address, name, view, methods in rules:
        app.add_url_rule(
            address,
            endpoint=name,
            view_func=view,
            methods=list(methods),
            provide_automatic_options=False,
        )
    app.url_map.update()
    _COMPILED["addresses"] = app.url_map


def _service_rules(
    front: Front,
) -> Iterator[tuple[str, str, Callable[..., Response], tuple[str, ...]]]:
    for route in ROUTES:
        yield _rule(route), route.name, _view(front, route), (route.method,)


def _rule(route: Route) -> str:
    """Write a route's template as Flask does; an application's id may hold slashes."""
    if "/external_id/" in route.template:
        return route.template.replace("{id}", "<path:id>")
    return route.template.replace("{", "<").replace("}", ">")


def _view(front: Front, route: Route) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        return _respond(front, route, ids)

    return view


def _respond(front: Front, route: Route, ids: dict[str, str]) -> Response:
    is_keyed = route.service is Service.STRIPE and route.method == "POST"
    body = request.get_data()
    if len(body) < (request.content_length or 0):  # its sender is gone
        hang_up(request.environ)
        return Response(status=400)
    came = Request(
        route=route,
        ids=ids,
        path=request.path,
        query=request.query_string.decode(errors="replace"),
        body=body,
        authorization=request.headers.get("Authorization", ""),
        idempotency_key=(request.headers.get("Idempotency-Key") or None)
        if is_keyed
        else None,
    )
    with front.visit(came) as visit:
        if visit.fault in {"hang", "drop_before"}:
            return _silent(front, visit)
        answer = front.answer(visit)
        if visit.fault == "drop_after":
            hang_up(request.environ)
            return Response(status=500)
        return _sent(front, visit, answer)


def _silent(front: Front, visit: Visit) -> Response:
    """Never answer; a hang ends when the server stops or its time is over."""
    if visit.rule is not None and visit.fault == "hang":
        front.stopping.wait(visit.rule.seconds or 60.0)
    hang_up(request.environ)
    return Response(status=500)


def _sent(front: Front, visit: Visit, answer: Answer) -> Response:
    body = answer.body.encode()
    content: bytes | Iterator[bytes] = body
    if visit.fault == "cut_body":
        content = cut(body, dict(request.environ))
    elif visit.rule is not None and visit.fault == "slow_body":
        content = _slowly(front, body, visit.rule.seconds)
    response = Response(content, status=answer.status, mimetype="application/json")
    response.headers["Content-Length"] = str(len(body))
    response.headers["Date"] = formatdate(visit.now, usegmt=True)
    for name, value in {**_headers_of(visit), **answer.headers}.items():
        response.headers[name] = value
    return response


def _headers_of(visit: Visit) -> dict[str, str]:
    """Give the headers that each service adds to any answer."""
    request_id, key = visit.row.request_id, visit.request.idempotency_key
    if visit.request.route.service is not Service.STRIPE:
        return {"X-Request-ID": request_id}
    version = request.headers.get("Stripe-Version") or visit.settings.api_version
    headers = {"Stripe-Version": version}
    # what waited for a busy object in vain never got an id
    if visit.fault == "lock_timeout":
        return headers
    headers["Request-Id"] = request_id
    if key is not None:
        headers |= {"Idempotency-Key": key, "Original-Request": request_id}
    return headers


def _slowly(front: Front, body: bytes, seconds: float) -> Iterator[bytes]:
    """Send a body in ten pieces over some seconds."""
    size = max(1, -(-len(body) // 10))
    for start in range(0, len(body), size):
        front.stopping.wait(seconds / 10)
        yield body[start : start + size]


def _unknown(_: Exception) -> Response:
    """Answer for an address that is not served, in the shape of its service."""
    path = unquote(request.path)
    if path.startswith("/v1/"):
        answer = invalid(
            f"Unrecognized request URL ({request.method}: {path}). Please see"
            " https://stripe.com/docs or we can help at https://support.stripe.com/.",
            status=404,
        ).answer
    else:
        answer = denied(404, "Not Found", error="Not Found").answer
    return Response(answer.body, status=404, mimetype="application/json")
