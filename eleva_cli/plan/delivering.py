"""Actions on events: sent on to a destination, or asked for once more at Stripe.

Nobody can look whether a destination took an event: its answer is all there is, and an
event that got none is sent again and may be there twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, assert_never

from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.ports import Service

FROM_API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvent:
    """
    Send an event on to a destination of the profile, signed when it is sent.

    `about` is the object that it is about; `source` where its text is: "api", or the
    path of a file. The text itself is private and stands in no plan.
    """

    event: str
    service: Service
    destination: str
    type: str
    created: int
    about: str
    source: str
    reason: str
    kind: ClassVar[str] = "deliver_event"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryEvent:
    """Ask Stripe to deliver an event to one of its registered endpoints again."""

    event: str
    endpoint: str
    type: str
    created: int
    about: str
    reason: str
    kind: ClassVar[str] = "retry_event"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


Delivering = DeliverEvent | RetryEvent
SENDING = (DeliverEvent.kind, RetryEvent.kind)


def describe(action: Delivering) -> str:
    """Say in a few words what the action does."""
    match action:
        case DeliverEvent(event=event, destination=destination, type=kind):
            return f"send {kind} ({event}) to {destination}"
        case RetryEvent(event=event, endpoint=endpoint, type=kind):
            return f"have Stripe send {kind} ({event}) to {endpoint} again"
        case _:
            assert_never(action)


def subject(action: Delivering) -> str:
    """Return the event's id."""
    match action:
        case DeliverEvent(event=event) | RetryEvent(event=event):
            return event
        case _:
            assert_never(action)


def destruction(action: Delivering) -> Destruction | None:
    """Name the kind of loss that the action can cause: none of ours."""
    match action:
        case DeliverEvent() | RetryEvent():
            return None
        case _:
            assert_never(action)
