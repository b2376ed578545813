"""Webhook endpoints; the secret is told once, at creation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import find, merge_metadata, page, route
from eleva_cli.sandbox.params import LISTING, boolean, list_of, metadata, text

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/webhook_endpoints"
_ACCEPTS = {
    "description": text,
    "enabled_events": list_of(text),
    "metadata": metadata,
    "url": text,
}


def new(given: Json) -> Json:
    """Complete a webhook endpoint."""
    return {
        "id": "",
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": 0,
        "description": None,
        "enabled_events": ["*"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": "https://example.test/webhooks/stripe",
        **given,
    }


def _create(call: Call) -> Answer:
    same = ("api_version", "description", "enabled_events", "url")
    body = new(
        {
            "id": call.session.new_id("webhook_endpoint"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
            **{name: call.params[name] for name in same if name in call.params},
        }
    )
    call.session.put("webhook_endpoint", body)
    secret = f"whsec_sandbox_{body['id'][-12:].lower()}"
    return expand.expanded(call, {**body, "secret": secret})


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "webhook_endpoint", call.id))


def _list(call: Call) -> Answer:
    return expand.plain_list(call, URL, page(call, "webhook_endpoint"))


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {**_ACCEPTS, "api_version": text, "connect": boolean},
        requires=("enabled_events", "url"),
        permission="webhook",
    ),
    route("GET", URL, _list, LISTING, permission="webhook"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="webhook"),
)
