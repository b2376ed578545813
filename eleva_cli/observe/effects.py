"""What our writes will make others do: events, and the endpoints that get them."""

from __future__ import annotations

import json

from eleva_cli.journal.snapshots import Snapshot

STRIPE_EVENTS = ("customer.updated",)


def effects_of(snapshot: Snapshot) -> dict[str, str]:
    """Return host → event for each enabled endpoint that hears of our writes."""
    sql = "select host, events from endpoints where snapshot = ? and is_enabled"
    heard: dict[str, str] = {}
    for row in snapshot.store.rows(sql, snapshot.id):
        events = set(json.loads(row["events"]))
        for event in STRIPE_EVENTS:
            if events & {event, "*"}:
                heard[row["host"]] = event
    return heard
