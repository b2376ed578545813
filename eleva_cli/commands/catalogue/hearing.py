"""Who hears of the changes: the enabled webhook endpoints, by the events they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from eleva_cli.bootstrap import App
from eleva_cli.catalog.events import caused
from eleva_cli.engine.pool import patiently
from eleva_cli.outcome import Table
from eleva_cli.plan import Action
from eleva_cli.ports import Page, WebhookEndpoint


def events_table(app: App, actions: Iterable[Action]) -> Table:
    """Return event, receiver, times; one call where anything is caused at all."""
    return receivers_table(app, caused(actions))


def receivers_table(app: App, counts: Mapping[str, int]) -> Table:
    """Return the same for events that were counted already."""
    endpoints = list(_endpoints(app)) if counts else []
    rows: list[tuple[str, str, int]] = []
    for event, times in sorted(counts.items()):
        hosts = sorted({host_of(one) for one in endpoints if _hears(one, event)})
        rows += [
            (event, host, times) for host in hosts or ["no enabled webhook endpoint"]
        ]
    return Table(
        name="events",
        title="Who will hear of it",
        columns=("event", "receiver", "times"),
        rows=tuple(rows),
    )


def _endpoints(app: App) -> Iterator[WebhookEndpoint]:
    after: str | None = None
    while True:
        page = _page(app, after)
        yield from page.rows
        if (after := page.after) is None:
            return


def _page(app: App, after: str | None) -> Page[WebhookEndpoint]:
    return patiently(lambda: app.ports.stripe.webhook_endpoints(after), app.clock)


def _hears(endpoint: WebhookEndpoint, event: str) -> bool:
    return endpoint.enabled and bool({event, "*"} & set(endpoint.enabled_events))


def host_of(endpoint: WebhookEndpoint) -> str:
    return urlsplit(endpoint.url).hostname or endpoint.url
