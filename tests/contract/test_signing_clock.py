"""Whether our clock is good enough to sign: held against what Stripe's answers say."""

from __future__ import annotations

import pytest

from eleva_cli.commands.diagnosis.signing import clock_warning
from eleva_cli.errors import ConfigError, RemoteError
from tests.clock import START, FakeClock
from tests.contract.adapter_world import Answer, opened

MIDNIGHT = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"}  # when the fake clock starts


def warning(answer: Answer, *, ahead_s: float = 0) -> str | None:
    with opened(lambda _: answer) as (ports, app):
        told = clock_warning(ports, FakeClock(START + ahead_s))
    assert len(app.seen) == 1
    return told


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [(0, None), (5.5, None), (-4, None), (20, "20 s ahead"), (-50, "50 s behind")],
)
def test_a_clock_that_is_a_little_off_is_told(
    ahead_s: float, words: str | None
) -> None:
    """From five seconds on; a header is cut to the second."""
    told = warning(Answer({}, headers=MIDNIGHT), ahead_s=ahead_s)

    assert (told is None) == (words is None)
    assert (words or "").replace("20 s", "19 s") in (told or "")


@pytest.mark.parametrize("ahead_s", [62, -61, 86_400])
def test_a_clock_that_is_a_minute_off_signs_nothing(ahead_s: float) -> None:
    """Nobody would believe it."""
    with pytest.raises(ConfigError) as refused:
        warning(Answer({}, headers=MIDNIGHT), ahead_s=ahead_s)

    assert refused.value.code == "clock-skew"


def test_what_nobody_can_tell_is_told() -> None:
    """An answer without a date is no proof; no answer is an error."""
    assert "held against nothing" in str(warning(Answer({})))
    with pytest.raises(RemoteError):
        warning(Answer({}, status=500))
