"""When a grant ends: a date, or a time from now; all in UTC, in Unix seconds."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta

from eleva_cli.errors import UsageError

SPAN = re.compile(r"([0-9]{1,4})(d|w|mo|y)")
MONTHS = {"mo": 1, "y": 12}
DAYS = {"d": 1, "w": 7}
MOST_YEARS = 5  # the longest that we grant at once; `extend` goes on from there
SHORTEST_S = 60  # less is gone before the request has arrived


def until_of(text: str, now: float) -> int:
    """
    Read a date, whose whole day counts, or a moment with its zone.

    Raises `UsageError` where it is none, is past, or is too far away.
    """
    try:
        if len(text) == len("2027-01-31"):
            moment = _end_of(date.fromisoformat(text))
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date",
            code="until",
            hint="write 2027-01-31, or 2027-01-31T18:00+01:00",
        ) from None
    except OverflowError:  # the last day that a calendar has
        raise _too_far(text) from None
    if moment.tzinfo is None:
        raise UsageError(
            f"{text!r} does not say in which time zone",
            code="until",
            hint="add it: 2027-01-31T18:00+01:00, or Z for UTC",
        )
    return _fitting(int(moment.timestamp()), text, now)


def after_span(text: str, now: float) -> int:
    """
    Read a time from now: 90d, 6w, 6mo, 1y; months keep the day where they have it.

    Raises `UsageError` where it is none, or too long.
    """
    match = SPAN.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is no time", code="until", hint="write 90d, 6w, 6mo or 1y"
        )
    count, unit = int(match[1]), match[2]
    begin = datetime.fromtimestamp(now, UTC)
    try:
        if unit in DAYS:
            end = begin + timedelta(days=count * DAYS[unit])
        else:
            end = _months_later(begin, count * MONTHS[unit])
    except (ValueError, OverflowError):
        raise _too_far(text) from None
    return _fitting(int(end.timestamp()), text, now)


def through_span(text: str, now: float) -> int:
    """
    Read the same, and add the rest of its last day in UTC: equal all day long.

    What is begun twice on one day, by two machines or after a kill, ends once.
    """
    last = datetime.fromtimestamp(after_span(text, now), UTC).date()
    return int(_end_of(last).timestamp())


def _end_of(day: date) -> datetime:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begin + timedelta(days=1)


def _months_later(begin: datetime, months: int) -> datetime:
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return begin.replace(year=year, month=month + 1, day=min(begin.day, last))


def _fitting(moment: int, text: str, now: float) -> int:
    if moment < now + SHORTEST_S:
        raise UsageError(
            f"{text} is past",
            code="until",
            hint="name a later day, or leave it out for no end",
        )
    if (
        moment
        > _months_later(datetime.fromtimestamp(now, UTC), 12 * MOST_YEARS).timestamp()
        + 86_400
    ):
        raise _too_far(text)
    return moment


def _too_far(text: str) -> UsageError:
    return UsageError(
        f"{text} is more than {MOST_YEARS} years away",
        code="until",
        hint="name an earlier day, or leave it out for no end",
    )
