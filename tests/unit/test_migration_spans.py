"""What `--fence` and `--soak` take, and what is said of anything else."""

from __future__ import annotations

import pytest

from eleva_cli.commands.migration.spans import span_of, told
from eleva_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1_800),
        ("90m", 5_400),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("0h", 0),
    ],
)
def test_minutes_to_weeks(text: str, seconds: int) -> None:
    """A whole number and its unit."""
    assert span_of("--fence", text) == seconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("30", "30m, 30h, 30d or 30w"),
        ("-1h", "not negative"),
        ("1.5h", "whole numbers only"),
        ("2H", "small letters: 2h"),
        ("2 h", "a number of at most five digits and a unit"),
        ("123456m", "at most five digits"),
        ("٣h", "a number of at most five digits"),
        ("m", "a number"),
    ],
)
def test_anything_else_is_told_what_is_wrong_with_it(text: str, why: str) -> None:
    """The flag, what was written, why not, and how it is written."""
    with pytest.raises(UsageError) as caught:
        span_of("--soak", text)

    error = caught.value
    assert (error.code, str(error)) == ("span", f"--soak: {text!r} is no span of time")
    assert why in error.hint
    assert "30m, 2h, 1d, 1w" in error.hint


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0m"), (5_400, "90m"), (7_200, "2h"), (86_400, "1d"), (1_209_600, "2w")],
)
def test_a_span_is_told_as_one_would_write_it(seconds: int, words: str) -> None:
    """So that what is said can be typed."""
    assert told(seconds) == words
