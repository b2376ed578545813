"""Billing periods: intervals added to a time, aligned to an anchor's day."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

DAY_S = 86_400
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def shifted(at: int, recurring: Json, times: int = 1) -> int:
    """Add some intervals to a time, keeping the day of the month where it exists."""
    count: int = recurring["interval_count"] * times
    if recurring["interval"] in _DAYS:
        return at + DAY_S * count * _DAYS[recurring["interval"]]
    begin = datetime.fromtimestamp(at, UTC)
    months = begin.month - 1 + count * _MONTHS[recurring["interval"]]
    year, month = begin.year + months // 12, months % 12 + 1
    day = min(begin.day, calendar.monthrange(year, month)[1])
    return int(begin.replace(year=year, month=month, day=day).timestamp())


def period_around(anchor: int, recurring: Json, at: int) -> tuple[int, int]:
    """Give the period that contains a time, of those that the anchor sets."""
    times = _whole_intervals(anchor, recurring, at) - 1
    start = shifted(anchor, recurring, times)
    while True:
        times += 1
        end = shifted(anchor, recurring, times)
        if end > at:
            return start, end
        start = end


def period_end(anchor: int, recurring: Json, start: int) -> int:
    """Give the end of a period; one that is not aligned is its own anchor."""
    begin, end = period_around(anchor, recurring, start)
    return end if begin == start else shifted(start, recurring)


def _whole_intervals(anchor: int, recurring: Json, at: int) -> int:
    """Count the intervals between two times; it may be one too many."""
    count: int = recurring["interval_count"]
    if recurring["interval"] in _DAYS:
        return (at - anchor) // (DAY_S * count * _DAYS[recurring["interval"]])
    first, last = (datetime.fromtimestamp(each, UTC) for each in (anchor, at))
    months = 12 * (last.year - first.year) + last.month - first.month
    return months // (count * _MONTHS[recurring["interval"]])
