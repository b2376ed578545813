"""What sending an event on does; nobody can look whether it was taken before."""

from __future__ import annotations

import json
from typing import assert_never

from eleva_cli.errors import MissingError
from eleva_cli.execute.sight import OPEN, Sight
from eleva_cli.plan.delivering import DeliverEvent, Delivering, RetryEvent
from eleva_cli.ports import Ports, Written


def do(action: Delivering, ports: Ports, key: str) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case DeliverEvent(event=event, service=service, source=source):
            text = ports.deliveries.text(event, service, source)
            _check_same(action, text)
            return ports.deliveries.deliver(action.destination, text).forget()
        case RetryEvent(event=event, endpoint=endpoint):
            return ports.stripe.retry_event(event, endpoint, key=key).forget()
        case _:
            assert_never(action)


def _check_same(action: DeliverEvent, text: str) -> None:
    """Raise `MissingError` where a file says otherwise by now: it was not planned."""
    row = json.loads(text)
    if (row["id"], row.get("type", row.get("event"))) != (action.event, action.type):
        raise MissingError(
            f"{action.event} does not stand in {action.source} as it was planned",
            code="event-gone",
            hint="plan it anew: eleva webhook replay",
            service=action.service,
        )


def look(action: Delivering) -> Sight:
    """Say that it is to be done: only the answer tells that it was."""
    match action:
        case DeliverEvent() | RetryEvent():
            return OPEN
        case _:
            assert_never(action)
