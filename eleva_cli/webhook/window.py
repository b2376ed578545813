"""From when to when: spans back from now, dates and moments; UTC, Unix seconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from eleva_cli.errors import UsageError
from eleva_cli.plan import Finding, Severity
from eleva_cli.webhook import DAY_S, KEPT_S

SPAN = re.compile(r"(\d{1,5})(h|d|w)", re.ASCII)
SECONDS = {"h": 3_600, "d": DAY_S, "w": 7 * DAY_S}
USUAL_S = DAY_S
HINT = "write 3d, 12h, 2w, 2027-01-31, or 2027-01-31T18:00+01:00"


def window_of(
    since: str | None, until: str | None, now: float, *, usual_s: int = USUAL_S
) -> tuple[int, int]:
    """
    Return `since <= created < until`; without them the last day, or `usual_s`.

    Of a date the whole day is meant. Raises `UsageError` (`when`) for what is no time,
    lies ahead, or leaves nothing.
    """
    end = int(now) + 1 if until is None else _moment(until, now, is_end=True)
    if since is None:  # what is to come has no events
        return max(min(end, int(now) + 1) - usual_s, 0), end
    begin = _moment(since, now, is_end=False)
    if begin > now:
        raise _no(f"{since!r} lies ahead")
    if begin >= end:
        raise _no(f"nothing lies between {since!r} and {until!r}")
    return begin, end


def length_of(text: str) -> int | None:
    """Return how many seconds a span lasts (`2h`, `3d`), `None` for what is none."""
    match = SPAN.fullmatch(text)
    return None if match is None else int(match[1]) * SECONDS[match[2]]


def _moment(text: str, now: float, *, is_end: bool) -> int:
    if (back := length_of(text)) is not None:
        return max(int(now) - back, 0)
    try:
        if len(text) == len("2027-01-31"):
            named = date.fromisoformat(text) + timedelta(days=is_end)
            found = datetime(named.year, named.month, named.day, tzinfo=UTC)
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise _no(f"{text!r} is no time") from None
    if found.tzinfo is None:
        raise _no(f"{text!r} does not say in which time zone")
    return max(int(found.timestamp()), 0)


def kept(since: int, until: int, now: float) -> tuple[int, Finding | None]:
    """
    Return from when on the services still have events, and what is lost to that.

    Raises `UsageError` (`events-too-old`) where all of the window is too old.
    """
    oldest = int(now) - KEPT_S
    if since >= oldest:
        return since, None
    told = f"{day(since)} to {day(min(oldest, until))}"
    hint = "older ones are where you kept them (--from); else look at what is there now"
    hint += ": eleva webhook replay --refresh CUSTOMER"
    if until <= oldest:
        raise UsageError(
            f"events of {told} are gone: both services keep them for 30 days",
            code="events-too-old",
            hint=hint,
        )
    return oldest, Finding(
        code="events-too-old",
        severity=Severity.WARNING,
        subject="events",
        message=f"those of {told} were not read: they are kept for 30 days",
        hint=hint,
    )


def moment(at: float) -> str:
    """Write a moment for people and programs, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: float) -> str:
    """Write the day of a moment, in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def span(seconds: float) -> str:
    """Say how long something lasts, as a person would: `12 d`, `5 h`, `0 h`."""
    if seconds >= 2 * DAY_S:
        return f"{int(seconds // DAY_S)} d"
    return f"{max(int(seconds // 3_600), 0)} h"


def _no(what: str) -> UsageError:
    return UsageError(what, code="when", hint=HINT)
