"""What has happened since a run, day by day: what it wrote, and whether people pay.

A link that is gone is an error. Renewals that fail more often than before the run are
a warning: linking does not touch a payment, so either chance or something else did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from eleva_cli.outcome import Cell
from eleva_cli.plan import Finding, Severity

DAY_S = 86_400
KEPT_DAYS = 30  # how long Stripe keeps events
MOST_NAMED = 100  # findings of one code; the table has all

What = Literal["failed_renewals", "past_due", "canceled"]
OF_MONEY: tuple[What, ...] = ("failed_renewals", "past_due", "canceled")
# Short, so that a month of days is a table in 80 columns; `totals` says them in full.
COLUMNS = (
    "day",
    "failed",
    "past_due",
    "canceled",
    "unlinked",
    "stamps",
    "drift",
    "claims",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """
    Since when is looked at what; Unix seconds.

    The run went from `began` to `ended`. Events are known from `known_from` on.
    """

    began: int
    ended: int
    now: int

    @property
    def known_from(self) -> int:
        """Since when Stripe still has events."""
        return self.now - KEPT_DAYS * DAY_S

    @property
    def since(self) -> int:
        """The end of the run, or as near to it as events go back."""
        return max(self.ended, self.known_from)

    @property
    def before(self) -> int:
        """So long before the run as has passed since, as far as events go back."""
        length = self.now - self.ended
        return min(max(self.began - length, self.known_from), self.began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened to a customer's money."""

    what: What
    at: int
    customer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """An organization that does not carry its customer any more; `at` if known."""

    organization: str
    customer: str
    found: str
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restamped:
    """A customer whose stamps are not as they were written."""

    customer: str
    names: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How often an audit of some day found a code at those whom the run touched."""

    day: date
    code: str
    is_claim: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """
    All that is known of the time after a run.

    `failed_before` are the renewals that failed before it, for comparison. `audited`
    are the days of whole audits; `drifts` what each last one of a day found.
    """

    run: str
    span: Span
    customers: frozenset[str]
    happenings: tuple[Happening, ...] = ()
    failed_before: tuple[Happening, ...] = ()
    unlinked: tuple[Unlinked, ...] = ()
    restamped: tuple[Restamped, ...] = ()
    audited: tuple[date, ...] = ()
    drifts: tuple[Drift, ...] = ()

    def of(self, what: What, *, touched: bool = True) -> tuple[Happening, ...]:
        """Give what happened to those whom the run touched, or to the others."""
        return tuple(
            one
            for one in self.happenings
            if one.what == what and (one.customer in self.customers) is touched
        )

    @property
    def comparable(self) -> tuple[int, int] | None:
        """Seconds before and after the run that can be compared, `None` for none."""
        span = self.span
        before, after = span.began - span.before, span.now - span.since
        return (before, after) if before > 0 and after > 0 else None

    @property
    def before(self) -> int:
        """How many renewals failed before, of those whom the run touched."""
        return sum(one.customer in self.customers for one in self.failed_before)


def day_of(moment: int) -> date:
    """Return the day of a time in UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def days(found: Aftermath) -> tuple[tuple[Cell, ...], ...]:
    """Return one row for each day since the run, in the order of `COLUMNS`."""
    counts = {what: _by_day(one.at for one in found.of(what)) for what in OF_MONEY}
    unlinked = _by_day(one.at for one in found.unlinked if one.at is not None)
    restamped = _by_day(one.at for one in found.restamped)
    return tuple(
        (
            day.isoformat(),
            *(counts[what][day] for what in OF_MONEY),
            unlinked[day],
            restamped[day],
            _drifted(found, day, claims=False),
            _drifted(found, day, claims=True),
        )
        for day in _days_since(found)
    )


def totals(found: Aftermath) -> dict[str, int | None]:
    """Return the sums in the order of the columns; of audits the newest one."""
    newest = max(found.audited, default=date.min)
    return {
        **{what: len(found.of(what)) for what in OF_MONEY},
        "unlinked": len(found.unlinked),
        "stamps_changed": len(found.restamped),
        "roles_and_metadata": _drifted(found, newest, claims=False),
        "claims_missing": _drifted(found, newest, claims=True),
    }


def findings(found: Aftermath) -> Iterator[Finding]:
    """Tell what is wrong, worst first, and what cannot be known."""
    yield from map(_unlinked, found.unlinked[:MOST_NAMED])
    yield from _audited(found)
    yield from _failing(found)
    yield from map(_restamped, found.restamped[:MOST_NAMED])
    yield from _unknown(found)


def _by_day(moments: Iterable[int]) -> Counter[date]:
    return Counter(map(day_of, moments))


def _days_since(found: Aftermath) -> Iterator[date]:
    day, last = day_of(found.span.since), day_of(found.span.now)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _drifted(found: Aftermath, day: date, *, claims: bool) -> int | None:
    """Count what that day's audit found, `None` where there was none."""
    if day not in found.audited:
        return None
    return sum(
        one.count for one in found.drifts if one.day == day and one.is_claim is claims
    )


def _unlinked(one: Unlinked) -> Finding:
    return Finding(
        code="unlinked-again",
        severity=Severity.ERROR,
        subject=one.organization,
        message=f"the run linked it to {one.customer}; now {one.found}",
        hint=f"find out who did it, then: eleva link set {one.organization}"
        f" {one.customer}",
        evidence={"customer": one.customer},
    )


def _restamped(one: Restamped) -> Finding:
    return Finding(
        code="stamp-changed",
        severity=Severity.WARNING,
        subject=one.customer,
        message=f"{', '.join(one.names)} in its metadata is not what the run wrote",
        hint="find out who writes it; `eleva migrate plan` shows what it takes to mend",
    )


def _failing(found: Aftermath) -> Iterator[Finding]:
    periods = found.comparable
    if periods is None:
        return
    before_s, after_s = periods
    after = len(found.of("failed_renewals"))
    if after * before_s <= found.before * after_s:
        return
    yield Finding(
        code="renewals-failing",
        severity=Severity.WARNING,
        subject=found.run,
        message=f"{after} renewals failed in the {_length(after_s)} since the run,"
        f" {found.before} in the {_length(before_s)} before it",
        hint="linking touches no payment: see why in the Stripe Dashboard, and"
        " whether those whom the run did not touch fail as often",
        evidence={"before": str(found.before), "after": str(after)},
    )


def _length(seconds: int) -> str:
    if seconds < DAY_S:
        return f"{max(seconds // 3_600, 1)} h"
    return f"{seconds / DAY_S:.3g} days"


def _audited(found: Aftermath) -> Iterator[Finding]:
    """Tell what the newest audit says of those whom the run touched."""
    newest = max(found.audited, default=None)
    for one in sorted(found.drifts, key=lambda one: not one.is_claim):
        if one.day == newest:
            yield Finding(
                code="claims-missing" if one.is_claim else "drifted-since",
                severity=Severity.ERROR if one.is_claim else Severity.WARNING,
                subject=one.code,
                message=f"{one.count} times at those whom {found.run} touched, in the"
                f" audit of {one.day}",
                hint="see whom, and what mends it: eleva verify",
            )


def _unknown(found: Aftermath) -> Iterator[Finding]:
    span = found.span
    if span.ended < span.known_from:
        yield Finding(
            code="events-window",
            severity=Severity.NOTE,
            subject=found.run,
            message=f"events are kept for {KEPT_DAYS} days: what happened before"
            f" {day_of(span.since)} is not known",
            hint="watch more often; links are compared as they are now",
        )
    elif span.began <= span.known_from:
        yield Finding(
            code="nothing-to-compare",
            severity=Severity.NOTE,
            subject=found.run,
            message="events do not go back far enough before the run to tell whether"
            " renewals fail more often since",
        )
    if not found.audited:
        yield Finding(
            code="not-audited",
            severity=Severity.NOTE,
            subject=found.run,
            message="roles, metadata and claims were not looked at since the run",
            hint="look at all of them: eleva verify",
        )


def others(found: Aftermath) -> Mapping[str, int]:
    """Count what happened to customers whom the run did not touch."""
    return {what: len(found.of(what, touched=False)) for what in OF_MONEY}
