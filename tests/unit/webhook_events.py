"""Events as values and as lines, for tests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from eleva_cli.webhook import Event
from tests.clock import START

NOW = int(START)


def event(name: str, about: str = "sub_1", ago: int = 100, **more: Any) -> Event:
    """Make an event of a subscription."""
    made = Event(
        id=name,
        service="stripe",
        type="customer.subscription.updated",
        created=NOW - ago,
        about=about,
        object="subscription",
        customer="cus_1",
        subscription=about,
        pending=0,
    )
    return replace(made, **more)


def line(name: str, ago: int = 100, **more: Any) -> str:
    """Write one as Stripe does, on one line."""
    about = {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "metadata": {"note": "ana@example.com"},
    }
    return json.dumps(
        {
            "id": name,
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": NOW - ago,
            "type": "customer.subscription.updated",
            "data": {"object": about},
            "pending_webhooks": 0,
        }
        | more
    )
