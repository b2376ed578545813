"""What an application never handled, whatever Stripe says of its delivery.

Told by the ids that it handled, or, where it keeps none, by what it holds of its
subscriptions. Events only say where to look: a gap is mended by the present state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from eleva_cli.ports import Subscription
from eleva_cli.roles import LIVE
from eleva_cli.webhook import KEPT_S, Event
from eleva_cli.webhook.choosing import in_order, rank

Place = Literal["newest", "older", "superseded"]
What = Literal["missing-there", "other-status", "other-price", "unknown-here"]
SAME = {"cancelled": "canceled", "trial": "trialing", "pastdue": "past_due"}
OVER = frozenset({"canceled", "incomplete_expired"})
OWED = frozenset({*LIVE, "unpaid", "paused"})  # what an application should know of


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """
    An event that was not handled.

    `place`: the newest of its object; an older one, whose newer is missing, too; or
    one whose object has a newer event that was handled, so that it matters less. Of two
    in one second nobody knows which is the newer.
    """

    event: Event
    place: Place

    def left_s(self, now: float) -> float:
        """Return how long Stripe still has it."""
        return self.event.created + KEPT_S - now

    @property
    def delivery(self) -> str:
        """Say what Stripe believes: delivered, waiting, or that it is not told."""
        if self.event.pending is None:
            return "not told"
        return "waiting" if self.event.pending else "delivered"


def missing(events: Iterable[Event], handled: Collection[str]) -> tuple[Missing, ...]:
    """Name those that were not handled, oldest first."""
    every = in_order(events)
    newest: dict[str, Event] = {}
    newest_handled: dict[str, Event] = {}
    for event in every:
        _keep_newer(newest_handled if event.id in handled else newest, event)
    return tuple(
        Missing(event=event, place=_place(event, newest, newest_handled))
        for event in every
        if event.id not in handled
    )


def _place(
    event: Event, newest: Mapping[str, Event], newest_handled: Mapping[str, Event]
) -> Place:
    other = newest_handled.get(event.about) if event.about else None
    if other is not None and rank(other) > rank(event):
        return "superseded"
    is_newest = not event.about or newest[event.about] is event
    return "newest" if is_newest else "older"


def _keep_newer(newest: dict[str, Event], event: Event) -> None:
    other = newest.get(event.about)
    if other is None or rank(event) >= rank(other):
        newest[event.about] = event


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an application holds of one subscription; `line` is where it says so."""

    subscription: str
    status: str | None = None
    price: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    One difference; `theirs` is the application's, `ours` Stripe's.

    `event` is the newest of the subscription that is still to be had.
    """

    what: What
    subscription: str
    customer: str | None = None
    theirs: str | None = None
    ours: str | None = None
    event: Event | None = None


def differences(
    held: Mapping[str, Held],
    present: Iterable[Subscription],
    events: Iterable[Event] = (),
) -> tuple[Difference, ...]:
    """Compare what an application holds with what is there now, by subscription."""
    newest: dict[str, Event] = {}
    for event in in_order(events):
        if event.subscription and event.about == event.subscription:
            _keep_newer(newest, event)
    there = {sub.id: sub for sub in present}
    found = [each for sub in there.values() for each in _of(sub, held.get(sub.id))]
    found += [
        Difference(what="unknown-here", subscription=name, theirs=held[name].status)
        for name in held
        if name not in there and not _is_over(held[name].status)
    ]
    dated = [_dated(each, newest.get(each.subscription)) for each in found]
    return tuple(sorted(dated, key=lambda each: (each.subscription, each.what)))


def _of(sub: Subscription, held: Held | None) -> Iterator[Difference]:
    if held is None:
        if sub.status in OWED:
            yield _difference("missing-there", sub, None, sub.status)
        return
    is_over = _is_over(held.status) and sub.status in OVER
    if held.status and _plain(held.status) != sub.status and not is_over:
        yield _difference("other-status", sub, held.status, sub.status)
    names = {name for item in sub.items for name in (item.price, item.key) if name}
    if held.price and names and held.price not in names and sub.status in OWED:
        shown = ", ".join(item.key or item.price for item in sub.items)
        yield _difference("other-price", sub, held.price, shown)


def _difference(
    what: What, sub: Subscription, theirs: str | None, ours: str
) -> Difference:
    return Difference(
        what=what,
        subscription=sub.id,
        customer=sub.customer,
        theirs=theirs,
        ours=ours,
    )


def _is_over(status: str | None) -> bool:
    return status is not None and _plain(status) in OVER


def _plain(status: str) -> str:
    word = status.strip().casefold().replace(" ", "_").replace("-", "_")
    return SAME.get(word, word)


def _dated(found: Difference, event: Event | None) -> Difference:
    return Difference(
        what=found.what,
        subscription=found.subscription,
        customer=found.customer or (event.customer if event else None),
        theirs=found.theirs,
        ours=found.ours,
        event=event,
    )


def to_replay(found: Iterable[Missing]) -> tuple[str, ...]:
    """Return the ids that are worth sending again: the newest of each object."""
    return tuple(each.event.id for each in found if each.place == "newest")


def to_mend(found: Iterable[Difference]) -> tuple[str, ...]:
    """Return what mends each difference: its event, else whom to look at, each once."""
    names = (each.event.id if each.event else each.customer for each in found)
    return tuple(dict.fromkeys(name for name in names if name))
