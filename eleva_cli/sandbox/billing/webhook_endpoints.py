"""Webhook endpoints; the secret is told once, at creation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.event_names import EVENT_NAMES
from eleva_cli.sandbox.billing.resource import (
    assigned,
    find,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.delivery.post import is_loopback, split
from eleva_cli.sandbox.keys import API_VERSION
from eleva_cli.sandbox.params import LISTING, boolean, list_of, metadata, text
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.session import make_id
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/webhook_endpoints"
MOST = 16
_ACCEPTS = {
    "description": text,
    "enabled_events": list_of(text),
    "metadata": metadata,
    "url": text,
}
_VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?")


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


def secret_of(endpoint_id: str) -> str:
    """Derive an endpoint's signing secret, so that a seeded one has its own, too."""
    return make_id("whsec_sandbox", f"secret/{endpoint_id}").lower()


def _check_url(call: Call) -> None:
    url = call.params["url"]
    parts = split(url)
    if parts is None:
        raise invalid("Invalid URL: it must start with http or https.", param="url")
    if call.live and parts.scheme == "http" and not is_loopback(url):
        raise invalid("Invalid URL: live mode needs an https address.", param="url")


def _check_events(call: Call) -> None:
    names: list[str] = call.params["enabled_events"]
    if not names:
        raise invalid(
            "Missing required param: enabled_events.",
            code="parameter_missing",
            param="enabled_events",
        )
    for number, name in enumerate(names):
        if name != "*" and name not in EVENT_NAMES:
            raise invalid(
                f"Invalid enabled_events[{number}]: {name} is not a valid event type",
                param=f"enabled_events[{number}]",
            )


def _check_version(call: Call) -> None:
    version: str = call.params["api_version"]
    if not _VERSION.fullmatch(version) or version[:10] > API_VERSION[:10]:
        raise invalid(f"Invalid API version: {version}", param="api_version")


def _check_count(call: Call) -> None:
    shelf = call.shelf("webhook_endpoint")
    rows = call.session.rows(
        "SELECT '', count(*) FROM objects WHERE shelf = ?", [shelf]
    )
    if rows[0][1] >= MOST:
        raise invalid(
            f"You have reached the maximum of {MOST} webhook endpoints."
            " Delete one to create another."
        )


_CHECKS = {
    "url": _check_url,
    "enabled_events": _check_events,
    "api_version": _check_version,
}


def _check(call: Call) -> None:
    for name, check in _CHECKS.items():
        if name in call.params:
            check(call)


def _create(call: Call) -> Answer:
    _check(call)
    _check_count(call)
    body = new(
        {
            "id": call.session.new_id("webhook_endpoint"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
        }
    )
    assigned(body, call.params, ("api_version", "description", "enabled_events", "url"))
    call.session.put("webhook_endpoint", body)
    return expand.expanded(call, {**body, "secret": secret_of(body["id"])})


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "webhook_endpoint", call.id))


def _list(call: Call) -> Answer:
    return expand.plain_list(call, URL, page(call, "webhook_endpoint"))


def _update(call: Call) -> Answer:
    before = find(call, "webhook_endpoint", call.id)
    _check(call)
    names = ("description", "enabled_events", "url")
    body = assigned({**before}, call.params, names)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    if "disabled" in call.params:
        body["status"] = "disabled" if call.params["disabled"] else "enabled"
    call.session.put("webhook_endpoint", body)
    return expand.expanded(call, body)


def _delete(call: Call) -> Answer:
    body = find(call, "webhook_endpoint", call.id)
    call.session.remove("webhook_endpoint", body["id"])
    return Answer.of({"id": body["id"], "object": "webhook_endpoint", "deleted": True})


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
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_ACCEPTS, "disabled": boolean},
        permission="webhook",
    ),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="webhook"),
)
