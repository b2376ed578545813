"""When a grant ends: whole days, moments, and times from now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.invite.until import after_span, through_span, until_of

NOW = datetime(2027, 1, 31, 12, 0, tzinfo=UTC).timestamp()


def told(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-02-01", "2027-02-02T00:00:00+00:00"),
        ("2027-01-31", "2027-02-01T00:00:00+00:00"),
        ("2027-12-31", "2028-01-01T00:00:00+00:00"),
        ("2028-02-29", "2028-03-01T00:00:00+00:00"),
        ("2027-02-01T18:00+01:00", "2027-02-01T17:00:00+00:00"),
        ("2027-02-01T18:00Z", "2027-02-01T18:00:00+00:00"),
        ("2027-02-01 18:00:30+00:00", "2027-02-01T18:00:30+00:00"),
        ("2032-01-31", "2032-02-01T00:00:00+00:00"),
    ],
)
def test_a_day_counts_whole_and_a_moment_with_its_zone(text: str, end: str) -> None:
    """The last day is the last day, in UTC."""
    assert told(until_of(text, NOW)) == end


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("1d", "2027-02-01T12:00:00+00:00"),
        ("2w", "2027-02-14T12:00:00+00:00"),
        ("1mo", "2027-02-28T12:00:00+00:00"),
        ("13mo", "2028-02-29T12:00:00+00:00"),
        ("2mo", "2027-03-31T12:00:00+00:00"),
        ("1y", "2028-01-31T12:00:00+00:00"),
        ("5y", "2032-01-31T12:00:00+00:00"),
        ("60mo", "2032-01-31T12:00:00+00:00"),
    ],
)
def test_a_time_from_now(text: str, end: str) -> None:
    """Months keep the day where they have it, else take their last."""
    assert told(after_span(text, NOW)) == end


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (until_of, ""),
        (until_of, "tomorrow"),
        (until_of, "2027-02-30"),
        (until_of, "2027-02-01T18:00"),
        (until_of, "2027-01-30"),
        (until_of, "2027-01-31T12:00:30Z"),
        (until_of, "0001-01-01"),
        (until_of, "2033-01-01"),
        (until_of, "9999-12-31"),
        (after_span, ""),
        (after_span, "0d"),
        (through_span, "0d"),
        (through_span, "6y"),
        (after_span, "-1d"),
        (after_span, "6m"),
        (after_span, "1.5y"),
        (after_span, "6y"),
        (after_span, "9999y"),
        (after_span, "9999w"),
        (after_span, "90 d"),
        (after_span, "٣d"),
    ],
)
def test_anything_else_is_refused(read: Callable[[str, float], int], text: str) -> None:
    """Past, too far, no zone, or no time at all: said before any call is made."""
    with pytest.raises(UsageError) as caught:
        read(text, NOW)

    assert caught.value.code == "until"
    assert caught.value.hint


def test_a_time_through_its_last_day_is_equal_all_day() -> None:
    """Two machines that begin at different hours mean the same end."""
    midnight = NOW - NOW % 86_400
    ends = {through_span("2mo", midnight + s) for s in (0, 43_200, 86_399)}

    assert [told(end) for end in ends] == ["2027-04-01T00:00:00+00:00"]
