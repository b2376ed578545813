"""Which events are meant, in which order, and which of one object is the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from eleva_cli.webhook import Event, Wanted


def is_meant(event: Event, wanted: Wanted) -> bool:
    """Tell whether an event is one of those that are wanted."""
    return (
        wanted.since <= event.created < wanted.until
        and (not wanted.ids or event.id in wanted.ids)
        and _is_of_type(event, wanted.types)
        and (not wanted.customers or event.customer in wanted.customers)
        and _is_of_organization(event, wanted)
        and _is_waiting(event, wanted)
    )


def _is_of_organization(event: Event, wanted: Wanted) -> bool:
    """Tell by the organization; Stripe's events only name its customer."""
    if not wanted.organizations:
        return True
    if event.service == "stripe":
        return event.customer in wanted.carried
    return event.organization in wanted.organizations


def _is_waiting(event: Event, wanted: Wanted) -> bool:
    """Tell by the delivery; where that is not told, an event is neither."""
    if wanted.waiting is None:
        return True
    return event.pending is not None and wanted.waiting == (event.pending > 0)


def _is_of_type(event: Event, types: Sequence[str]) -> bool:
    return not types or any(fnmatchcase(event.type, pattern) for pattern in types)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return them oldest first, each once; of one second, by `rank`, then by id."""
    each = {event.id: event for event in events}
    return sorted(each.values(), key=lambda event: (rank(event), event.id))


def newest_of_each(events: Iterable[Event]) -> list[Event]:
    """
    Return the newest event of each object, oldest first.

    Of one second, the one that says that the object was made is the oldest, and that it
    is gone the newest. Events about something without an id are all kept.
    """
    newest: dict[str, Event] = {}
    kept: list[Event] = []
    for event in in_order(events):
        if not event.about:
            kept.append(event)
            continue
        other = newest.get(event.about)
        if other is None or rank(event) >= rank(other):
            newest[event.about] = event
    return in_order((*kept, *newest.values()))


def rank(event: Event) -> tuple[int, int]:
    """Return what tells the newer of two events of one object."""
    if event.type.endswith(".created"):
        return event.created, 0
    return event.created, 2 if event.type.endswith((".deleted", ".canceled")) else 1


def customers_of(events: Iterable[Event]) -> list[str]:
    """Return whom to look at, in the order of their oldest event."""
    found = (event.customer for event in in_order(events) if event.customer)
    return list(dict.fromkeys(found))
