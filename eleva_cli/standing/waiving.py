"""A waiver, how long it is valid, and what an audit says of waivers themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from eleva_cli.plan import Finding, Severity

# Findings about waivers themselves: no waiver takes them away.
OWN_CODES = frozenset({"waiver-expired", "waiver-unused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """
    A finding that somebody answers for until the end of a day (UTC).

    `subject` is the exact id of what is wrong, or of whom it meets. `line` is where the
    waiver stands in its file.
    """

    code: str
    subject: str
    owner: str
    reason: str
    expires: date
    line: int = 0

    def is_valid(self, now: int) -> bool:
        """Tell whether the day that it names is not over yet in UTC."""
        return day_of(now) <= self.expires


def day_of(moment: int) -> date:
    """Return the day of a time in UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def on_waivers(
    waivers: Iterable[Waiver], used: Collection[Waiver], now: int, *, is_whole: bool
) -> Iterator[Finding]:
    """
    Tell of waivers that have expired, and of those that nothing needs.

    `used` are those that cover something. Where the look was not whole, nobody can
    tell that a waiver is unused.
    """
    for waiver in waivers:
        if waiver in used and not waiver.is_valid(now):
            yield _expired(waiver)
        elif waiver not in used and is_whole:
            yield _unused(waiver, is_valid=waiver.is_valid(now))


def _expired(waiver: Waiver) -> Finding:
    return Finding(
        code="waiver-expired",
        severity=Severity.WARNING,
        subject=waiver.subject,
        message=f"the waiver of {waiver.code} for {waiver.subject} expired on"
        f" {waiver.expires}: what it covered counts again",
        hint=f"mend it, or have {waiver.owner} decide anew{_place(waiver)}",
        evidence={"code": waiver.code, "expires": waiver.expires.isoformat()},
    )


def _unused(waiver: Waiver, *, is_valid: bool) -> Finding:
    since = "" if is_valid else f", and it expired on {waiver.expires}"
    return Finding(
        code="waiver-unused",
        severity=Severity.NOTE,
        subject=waiver.subject,
        message=f"nothing is found that the waiver of {waiver.code} for"
        f" {waiver.subject} covers{since}",
        hint=f"remove it{_place(waiver)}",
        evidence={"code": waiver.code, "expires": waiver.expires.isoformat()},
    )


def _place(waiver: Waiver) -> str:
    return f"; it stands in line {waiver.line} of the waiver file" * bool(waiver.line)
