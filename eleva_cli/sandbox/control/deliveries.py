"""Webhook deliveries: what was sent where, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from eleva_cli.sandbox.billing import webhook_endpoints
from eleva_cli.sandbox.control.door import ControlError, body_of, number_of
from eleva_cli.sandbox.delivery import is_loopback, queue
from eleva_cli.sandbox.delivery.plan import (
    Trouble,
    TroubleError,
    set_trouble,
    trouble_of,
)
from eleva_cli.sandbox.jsons import load

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front
    from eleva_cli.sandbox.jsons import Json

_FILTERS = ("endpoint", "event", "state")
_DRAIN_S = 10.0


def views(front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    control = Deliveries(front)
    return (
        ("webhooks", control.webhooks, ("GET", "POST")),
        ("deliveries", control.listed, ("GET",)),
        ("deliveries/drain", control.drain, ("POST",)),
    )


class Deliveries:
    """The views, over the front whose courier delivers."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._store = front.store

    def webhooks(self) -> Json:
        """Show the endpoints with their secrets, and how badly they are served."""
        if request.method == "POST":
            return self._changed().as_json()
        with self._store.read() as session:
            rows = session.rows(
                "SELECT body, seq FROM objects WHERE kind = 'webhook_endpoint'"
                " ORDER BY seq"
            )
            trouble = trouble_of(session)
        endpoints = [_endpoint(load(row[0])) for row in rows]
        return {**trouble.as_json(), "endpoints": endpoints}

    def _changed(self) -> Trouble:
        changes = body_of()
        with self._store.write() as session:
            try:
                trouble = trouble_of(session).updated(changes)
            except TroubleError as error:
                raise ControlError(str(error)) from None
            set_trouble(session, trouble)
        return trouble

    def listed(self) -> Json:
        """Show the deliveries, oldest first, filtered by the query."""
        after, limit = number_of("after", 0), number_of("limit", 1000, least=1)
        wanted = [(n, request.args[n]) for n in _FILTERS if n in request.args]
        conditions = "".join(
            f" AND json_extract(body, '$.{name}') = ?" for name, _ in wanted
        )
        with self._store.read() as session:
            rows = session.rows(
                "SELECT body, seq FROM objects WHERE kind = 'delivery' AND seq > ?"  # noqa: S608  # our own texts
                f"{conditions} ORDER BY seq LIMIT ?",
                (after, *(value for _, value in wanted), limit),
            )
        last = rows[-1][1] if len(rows) == limit else None
        return {"data": [queue.shown(load(row[0])) for row in rows], "after": last}

    def drain(self) -> Json:
        """Wait until nothing is due; retries that come later do not count."""
        timeout_s = body_of().get("timeout_s", _DRAIN_S)
        if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float):
            raise ControlError("timeout_s: must be a number")
        return {"drained": self._front.courier.drain(timeout_s), **self._counts()}

    def _counts(self) -> Json:
        with self._store.read() as session:
            rows = session.rows(
                "SELECT json_extract(body, '$.state'), count(*) FROM objects"
                " WHERE kind = 'delivery' GROUP BY 1"
            )
        return {"pending": 0, "delivered": 0, "failed": 0, **dict(rows)}


def _endpoint(body: Json) -> Json:
    names = ("id", "url", "status", "enabled_events", "api_version", "livemode")
    return {
        **{name: body[name] for name in names},
        "secret": webhook_endpoints.secret_of(body["id"]),
        "delivers": is_loopback(body["url"]),
    }
