"""Whether anybody hears of an event: Stripe's endpoints, by type and by version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eleva_cli.ports import WebhookEndpoint
from eleva_cli.webhook import KEPT_S, Event
from eleva_cli.webhook.families import is_refused

NEVER_SUBSCRIBED = "never-subscribed"
ENDPOINT_DISABLED = "endpoint-disabled"
TOO_OLD = "too-old"
OTHER_VERSION = "other-version"
OUT_OF_BOUNDS = "out-of-bounds"
LOST = (TOO_OLD, NEVER_SUBSCRIBED, ENDPOINT_DISABLED)  # no resending by Stripe helps


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Which enabled endpoints take an event, and what is odd about it, as codes."""

    by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether nothing but a look at the present state helps."""
        return any(note in LOST for note in self.notes)


def heard(
    event: Event, endpoints: Iterable[WebhookEndpoint] | None, now: float
) -> Heard:
    """
    Say who hears of an event; `endpoints` are `None` where nobody was asked.

    WorkOS does not tell who is subscribed. Endpoints' present state is all that can be
    read: what they were when the event was made nobody tells.
    """
    notes = [OUT_OF_BOUNDS] if _is_refused(event) else []
    if event.created < now - KEPT_S:
        notes.append(TOO_OLD)
    if event.service != "stripe" or endpoints is None:
        return Heard(notes=tuple(notes))
    takers = [one for one in endpoints if _takes(one, event.type)]
    enabled = [one for one in takers if one.enabled]
    if not enabled:
        notes.append(ENDPOINT_DISABLED if takers else NEVER_SUBSCRIBED)
    elif any(_is_other(one.version, event.version) for one in enabled):
        notes.append(OTHER_VERSION)
    return Heard(by=tuple(one.id for one in enabled), notes=tuple(notes))


def _is_refused(event: Event) -> bool:
    return event.service == "stripe" and is_refused(event.type)


def _takes(endpoint: WebhookEndpoint, type_: str) -> bool:
    return bool({type_, "*"} & set(endpoint.enabled_events))


def _is_other(pinned: str | None, version: str | None) -> bool:
    """Tell two versions apart; an endpoint without one takes the account's."""
    return pinned is not None and version is not None and pinned != version
