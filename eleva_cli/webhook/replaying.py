"""What of the events that were found is replayed, in which lanes, and until when.

Stripe itself sends for some time what an endpoint has not taken. Nothing is sent here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.plan import (
    Action,
    DeliverEvent,
    Finding,
    Lane,
    LinkOrganization,
    RetryEvent,
    Severity,
)
from eleva_cli.webhook import DAY_S, Event, Handled
from eleva_cli.webhook.choosing import in_order, newest_of_each
from eleva_cli.webhook.families import is_refused, may_send

REASON = "replay"
COLLIDE = "lanes-collide"
# How long Stripe itself goes on with an event that an endpoint has not taken.
RETRIES_LIVE_S = 3 * DAY_S
RETRIES_TEST_S = 6 * 3_600  # "three times over a few hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """
    The events to be replayed, oldest first, and what was left out of those found.

    `older` have a newer one of their object; `refused` are of families that are never
    sent on, `unasked` of types that nobody allowed (types → how many); `elsewhere` are
    of the other mode.
    """

    events: tuple[Event, ...]
    older: int = 0
    elsewhere: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    unasked: Mapping[str, int] = field(default_factory=dict)


def choose(
    events: Iterable[Event],
    *,
    allowed: Sequence[str] = (),
    every: bool = False,
    is_live: bool = False,
) -> Chosen:
    """Leave out what may not be sent, and but for `every` all but the newest."""
    refused, unasked = Counter[str](), Counter[str]()
    kept: list[Event] = []
    elsewhere = 0
    for event in in_order(events):
        if event.service == "stripe" and is_refused(event.type):
            refused[event.type] += 1
        elif not may_send(event, allowed):
            unasked[event.type] += 1
        elif event.livemode not in (None, is_live):
            elsewhere += 1
        else:
            kept.append(event)
    chosen = kept if every else newest_of_each(kept)
    return Chosen(
        events=tuple(chosen),
        older=len(kept) - len(chosen),
        elsewhere=elsewhere,
        refused=refused,
        unasked=unasked,
    )


def lanes(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Put the events of one object in one lane; lanes by their oldest event."""
    found: dict[str, list[Event]] = {}
    for event in in_order(events):
        found.setdefault(event.about or event.id, []).append(event)
    return found


def deliveries(events: Iterable[Event], destination: str) -> Iterator[Lane]:
    """Plan to send events on to a destination, the oldest lane first."""
    for turn, (lane, some) in enumerate(lanes(events).items()):
        actions = tuple(
            DeliverEvent(
                event=event.id,
                service=event.service,
                destination=destination,
                type=event.type,
                created=event.created,
                about=event.about,
                source=event.source,
                reason=REASON,
            )
            for event in some
        )
        yield Lane(id=lane, actions=actions, turn=turn)


def retries(events: Iterable[Event], endpoint: str) -> Iterator[Lane]:
    """Plan to have Stripe deliver events to an endpoint again."""
    for turn, (lane, some) in enumerate(lanes(events).items()):
        actions = tuple(
            RetryEvent(
                event=event.id,
                endpoint=endpoint,
                type=event.type,
                created=event.created,
                about=event.about,
                reason=REASON,
            )
            for event in some
        )
        yield Lane(id=lane, actions=actions, turn=turn)


def retried_until(event: Event, *, is_live: bool) -> int:
    """Return until when Stripe itself sends an event again that is not taken."""
    return event.created + (RETRIES_LIVE_S if is_live else RETRIES_TEST_S)


def still_retried(events: Iterable[Event], now: float, *, is_live: bool) -> list[Event]:
    """Return those that wait, and that Stripe itself will send again."""
    return [
        event
        for event in events
        if event.pending and retried_until(event, is_live=is_live) > now
    ]


def apart(handled: Iterable[Handled]) -> list[Handled]:
    """Hold customers that would link one organization: one of them is the right one."""
    every = list(handled)
    wished = Counter(
        action.organization for one in every for action in _links(one.actions)
    )
    return [_held_if_shared(one, wished) for one in every]


def _links(actions: Iterable[Action]) -> Iterator[LinkOrganization]:
    return (action for action in actions if isinstance(action, LinkOrganization))


def _held_if_shared(one: Handled, wished: Mapping[str, int]) -> Handled:
    shared = [a.organization for a in _links(one.actions) if wished[a.organization] > 1]
    if not shared:
        return one
    finding = Finding(
        code=COLLIDE,
        severity=Severity.WARNING,
        subject=one.customer,
        message=f"another customer names {shared[0]}, too, and it has no link yet",
        hint=f"say which is the right one: eleva link set {shared[0]} CUSTOMER",
    )
    findings = (*one.findings, finding)
    return replace(one, actions=(), held=COLLIDE, findings=findings)
