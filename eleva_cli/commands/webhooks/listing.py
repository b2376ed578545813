"""`webhook list`: the events of a window, and of each whether anybody hears it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.webhooks.asking import Asked, Found, find
from eleva_cli.errors import ForbiddenError
from eleva_cli.observe.events import endpoints
from eleva_cli.outcome import Branch, Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import WebhookEndpoint
from eleva_cli.webhook import Event
from eleva_cli.webhook.choosing import customers_of
from eleva_cli.webhook.families import may_send
from eleva_cli.webhook.hearing import (
    ENDPOINT_DISABLED,
    NEVER_SUBSCRIBED,
    OTHER_VERSION,
    TOO_OLD,
    Heard,
    heard,
)
from eleva_cli.webhook.window import moment

COMMAND = "webhook list"
COLUMNS = (
    "at",
    "service",
    "event",
    "about",
    "customer",
    "version",
    "waiting",
    "notes",
    "id",
)
SUGGESTED = 3  # names in a command to type
MESSAGES = {
    NEVER_SUBSCRIBED: "no endpoint is subscribed to it",
    ENDPOINT_DISABLED: "the endpoint that is subscribed to it is disabled",
    TOO_OLD: "older than 30 days: Stripe has it no more, and can not send it again",
    OTHER_VERSION: "the endpoint is pinned to another API version than these events'",
}
HINTS = {
    NEVER_SUBSCRIBED: "subscribe an endpoint, then: eleva webhook replay --refresh"
    " CUSTOMER",
    ENDPOINT_DISABLED: "enable it at Stripe, then: eleva webhook replay --refresh"
    " CUSTOMER",
    TOO_OLD: "decide from what is there now: eleva webhook replay --refresh CUSTOMER",
    OTHER_VERSION: "read both shapes, as eleva does; Stripe itself sends the endpoint's"
    " own version",
}


def list_events(app: App, asked: Asked, limit: int) -> Result:
    """Return the events that are meant, oldest first; only reads."""
    app.progress.say(app.banner())
    found = find(app, asked)
    notes, unread = _heard(app, asked, found.events)
    app.progress.close()
    shown = found.events[-limit:] if limit else found.events
    ours = [event for event in found.events if may_send(event)]
    return Result(
        command=COMMAND,
        headline=_headline(found),
        summary=_summary(found),
        tables=(_table(shown, notes, len(found.events) - len(shown)),),
        findings=(
            *found.findings,
            *skipped(found),
            *unread,
            *_odd(ours, notes),
        ),
        next_steps=tuple(_next_steps(app, ours, notes)),
    )


def skipped(found: Found) -> Iterator[Finding]:
    """Say which files of a folder were not gone through."""
    if found.skipped:
        names = ", ".join(found.skipped[:SUGGESTED])
        more = len(found.skipped) - SUGGESTED
        yield Finding(
            code="events-skipped",
            severity=Severity.NOTE,
            subject="events",
            message=f"files of other kinds were skipped: {names}"
            + (f" and {more} more" if more > 0 else ""),
            hint="names of files of events end in .jsonl, .ndjson or .json",
        )


def _heard(
    app: App, asked: Asked, events: Sequence[Event]
) -> tuple[dict[str, Heard], list[Finding]]:
    """Say who hears of each; files are told without asking Stripe anything."""
    asks = asked.source is None and any(event.service == "stripe" for event in events)
    unread: list[Finding] = []
    registered: tuple[WebhookEndpoint, ...] | None = None
    try:
        registered = endpoints(app.ports, app.clock) if asks else None
    except ForbiddenError as error:
        unread.append(_unread(error))
    now = app.clock.now()
    return {event.id: heard(event, registered, now) for event in events}, unread


def _unread(error: ForbiddenError) -> Finding:
    return Finding(
        code="endpoints-unread",
        severity=Severity.NOTE,
        subject="endpoints",
        message=f"who hears of these events is not known: {error}",
        hint="let the key read webhook endpoints",
    )


def _headline(found: Found) -> str:
    count = len(found.events)
    if not count:
        return f"none of {found.seen:,} events is meant"
    first, last = found.events[0].created, found.events[-1].created
    return f"{count_of(count, 'event')}, {moment(first)} to {moment(last)}"


def _summary(found: Found) -> dict[str, Json]:
    waiting = sum(bool(event.pending) for event in found.events)
    return {
        "since": moment(found.wanted.since),
        "meant": len(found.events),
        "read": found.seen,
        "waiting": waiting,
    }


def _table(shown: Sequence[Event], notes: Mapping[str, Heard], more: int) -> Table:
    rows = tuple(
        (
            moment(event.created),
            event.service,
            event.type,
            event.about,
            event.customer,
            event.version,
            event.pending,
            ", ".join(notes[event.id].notes),
            event.id,
        )
        for event in shown
    )
    return Table(
        name="events",
        title="events (UTC), the newest last",
        columns=COLUMNS,
        rows=rows,
        more=more,
        tree=tuple(_lines(shown, notes, more)),
    )


def _lines(
    shown: Sequence[Event], notes: Mapping[str, Heard], more: int
) -> Iterator[Branch]:
    """Give them for people, one line each: nine columns fit no terminal."""
    if more:
        yield Branch(text=f"… {more:,} earlier; --limit 0 tells them")
    for event in shown:
        told = [event.version] if event.version else []
        if event.pending:
            told.append(f"waits at {count_of(event.pending, 'endpoint')}")
        yield line_of(event, (*told, *notes[event.id].notes))


def line_of(event: Event, notes: Iterable[str]) -> Branch:
    """Write an event on a line, with what is to be said of it below."""
    said = ", ".join(notes)
    whose = event.customer or event.organization or event.user
    about = event.about if whose in (None, event.about) else f"{event.about} of {whose}"
    return Branch(
        lead=f"{moment(event.created)}  ",
        text=f"{event.type}  {about or whose or '-'} ({event.id})",
        more=(said,) if said else (),
    )


def _odd(events: Sequence[Event], notes: Mapping[str, Heard]) -> Iterator[Finding]:
    """Count what is odd by type; each event's row says it, too."""
    counts: dict[tuple[str, str], int] = {}
    for event in events:
        for note in notes[event.id].notes:
            counts[note, event.type] = counts.get((note, event.type), 0) + 1
    for (note, type_), count in sorted(counts.items()):
        if note in MESSAGES:
            yield Finding(
                code=note,
                severity=Severity.NOTE if note == OTHER_VERSION else Severity.WARNING,
                subject=type_,
                message=f"{count:,} in this window: {MESSAGES[note]}",
                hint=HINTS[note],
            )


def _next_steps(
    app: App, events: Sequence[Event], notes: Mapping[str, Heard]
) -> Iterator[str]:
    lost = customers_of(event for event in events if notes[event.id].is_lost)
    if lost:
        names = ",".join(lost[:SUGGESTED])
        more = len(lost) - SUGGESTED
        rest = f"  # and {more:,} more" if more > 0 else ""
        yield f"eleva webhook replay --refresh {names}{global_flags(app)}{rest}"
