"""Whether each service is there, takes the key, and agrees with us on the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.commands.diagnosis.line import Line, Reading
from eleva_cli.errors import ExitCode
from eleva_cli.ports import Service

FIRST: Mapping[Service, str] = {
    "stripe": "/v1/account",
    "workos": "/organizations?limit=1",
}
MOST_SKEW_S = 5.0


def reached(line: Line) -> Check:
    """Ask a service for the first time; closes the line if that is of no use."""
    name = f"{line.title} reachable"
    reading = line.get(FIRST[line.service])
    if reading is None:
        if line.refusal:
            return failed_by(name, line.refusal)
        return unknown(name, line.closed or "was not asked")
    if reading.error:
        check = failed_by(name, reading.error)
        line.closed = f"{line.title} gave no usable answer"
        return check
    if _is_somebody_else(reading):
        line.closed = f"{line.title} itself did not answer"
        return failed(
            name,
            f"{line.base} answered, but not as {line.title}: {reading.evidence}",
            code="not-the-api",
            hint="a proxy or a wrong base address answers there; the service names "
            "each request",
            exit_code=ExitCode.UNCHECKED,
        )
    return passed(name, f"{line.base}; {reading.evidence}")


def accepted(line: Line) -> Check:
    """Tell whether the key was taken; a refused one closes the line."""
    name = f"{line.title} key accepted"
    reading = line.get(FIRST[line.service])
    if reading is None or line.closed:
        return unknown(name, line.closed or "was not asked")
    if reading.status == 401:
        line.closed = f"{line.title} refuses the key"
        return failed(
            name,
            reading.evidence,
            code="key-rejected",
            hint=f"the {line.title} key is wrong, expired or revoked; take a new one "
            "from the Dashboard",
            exit_code=ExitCode.CONFIG,
        )
    if reading.status in (200, 403):
        return passed(name, reading.evidence)
    return unknown(name, reading.evidence)


def clocks(line: Line) -> Iterator[Check]:
    """Hold our clock against a `Date` header."""
    name = f"clock by {line.title}"
    reading = line.readings.get(FIRST[line.service])
    date = reading.answer.date if reading and reading.answer else None
    skew = None if reading is None or date is None else skew_s(reading, date)
    if reading is None or reading.answer is None:
        yield unknown(name, "needs an answer with a Date header")
    elif skew is None:
        yield unknown(name, "the answer has no usable Date header")
    elif abs(skew) <= MOST_SKEW_S:
        yield passed(name, f"{abs(skew):.1f} s apart; {reading.request}")
    else:
        way = "behind" if skew > 0 else "ahead"
        yield failed(
            name,
            f"this machine is {abs(skew):,.0f} s {way}; {reading.request}",
            code="clock-skew",
            hint="set the clock, best by NTP: ages of keys, locks and signatures "
            "depend on it",
            exit_code=ExitCode.FINDINGS,
        )


def skew_s(reading: Reading, date: str) -> float | None:
    """
    Return by how much the service is ahead of us at least, `None` for no date.

    A `Date` is cut to the second and was written between sending and receiving:
    what these two explain is not skew.
    """
    try:
        told = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    if told.tzinfo is None:
        told = told.replace(tzinfo=UTC)
    second = told.timestamp()
    if second > reading.after:
        return second - reading.after
    return min(0.0, second + 1 - reading.before)


def _is_somebody_else(reading: Reading) -> bool:
    """Tell an answer that the service did not sign; successes were read as JSON."""
    answer = reading.answer
    return (
        answer is not None
        and answer.status >= 400
        and answer.status != 429
        and answer.request_id is None
        and not answer.has_form
    )
