"""What our writes will make others do: events, and the endpoints that get them."""

from __future__ import annotations

import json

from eleva_cli.journal.snapshots import Snapshot

ENTITLED = "entitlements.active_entitlement_summary.updated"
STRIPE_EVENTS = ("customer.updated", "customer.subscription.updated", ENTITLED)


def effects_of(snapshot: Snapshot) -> dict[str, str]:
    """Return host → events, one space apart, that an enabled endpoint there hears."""
    sql = "select host, events from endpoints where snapshot = ? and is_enabled"
    heard: dict[str, set[str]] = {}
    for row in snapshot.store.rows(sql, snapshot.id):
        wanted = set(json.loads(row["events"]))
        told = {event for event in STRIPE_EVENTS if wanted & {event, "*"}}
        if told:
            heard.setdefault(row["host"], set()).update(told)
    return {
        host: " ".join(event for event in STRIPE_EVENTS if event in told)
        for host, told in heard.items()
    }
