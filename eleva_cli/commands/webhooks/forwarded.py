"""`webhook replay --to NAME`: sends events on to a destination of the profile.

Signed by us, with the destination's own secret, at the moment that each is sent. What
it has taken before is not sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from eleva_cli.bootstrap import App
from eleva_cli.commands.runs.again import check_clock
from eleva_cli.commands.webhooks import keeping
from eleva_cli.commands.webhooks.delivered import (
    Going,
    answer,
    carry_out,
    judged,
    messages,
)
from eleva_cli.commands.webhooks.gathering import Choice, gather, refuse_customers
from eleva_cli.config.destinations import destination_named
from eleva_cli.errors import UsageError
from eleva_cli.journal.delivered import taken
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.pacing import limits_for
from eleva_cli.ports import Destination
from eleva_cli.webhook import Event
from eleva_cli.webhook.replaying import deliveries
from eleva_cli.webhook.window import span


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The flags as given."""

    again: bool = False
    strict: bool = False
    events_understood: bool = False


def to_destination(app: App, name: str, choice: Choice, terms: Terms) -> Result:
    """Send each event that the destination has not taken yet, oldest first."""
    found = destination_named(app.settings, name)
    choice = _of_its_service(choice, found)
    app.progress.say(app.banner())
    with app.lock(keeping.KIND):
        keeping.refuse_open(app, name)
        assert app.account, "held against the profile's pins"
        check_clock(app)
        gathered = gather(app, choice)
        refuse_customers(gathered)
        before = frozenset() if terms.again else _before(app, name, gathered.events)
        events = [event for event in gathered.events if event.id not in before]
        going = Going(
            to=name,
            question=f"send {count_of(len(events), 'event')} to {name}",
            lines=tuple(_lines(app, found, events, len(before))),
            understood=terms.events_understood,
        )
        result = carry_out(app, list(deliveries(events, name)), going)
    result = answer(app, result, gathered, before)
    return judged(result, is_strict=terms.strict)


def _of_its_service(choice: Choice, found: Destination) -> Choice:
    """Take only events of the service that the destination is for."""
    asked = choice.asked
    if asked.service not in (None, found.service):
        raise UsageError(
            f"destination {found.name} takes events of {found.service} only",
            code="destination-of-another-service",
            hint="leave --service out, or name another destination"
            "; each says in eleva.toml whose events it takes",
        )
    return replace(choice, asked=replace(asked, service=found.service))


def _before(app: App, name: str, events: Sequence[Event]) -> frozenset[str]:
    return taken(
        app.store,
        name,
        (event.id for event in events),
        account=app.account.id,
        mode=app.settings.mode,
    )


def _lines(
    app: App, found: Destination, events: Sequence[Event], before: int
) -> Iterator[str]:
    """Say where it goes, how long it takes, and what it may cause."""
    rate = _per_second(app, found.name)
    seconds = len(events) / rate
    host = urlsplit(found.url).hostname
    lasts = span(seconds) if seconds >= 7_200 else f"{seconds / 60:.0f} min"
    lasts = lasts if seconds >= 120 else f"{max(seconds, 1):.0f} s"
    yield (
        f"{count_of(len(events), 'event')} to {found.name} at {host}, {rate:g} a"
        f" second at most: about {lasts}"
    )
    if before:
        yield f"{before:,} more were taken before and are not sent again (--again)"
    yield from messages(app, events)


def _per_second(app: App, name: str) -> float:
    settings = app.settings
    limits = limits_for(
        settings.mode,
        leave=settings.leave,
        rate=settings.flags.rate,
        overrides=settings.document.limits,
    )
    return limits.of("destination", "POST", name)[0].per_second
