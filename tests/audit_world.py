"""Flaws and audits for tests of what is judged, kept and compared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from eleva_cli.audit import Audit, Flaw, Judged, Stand, Standing
from eleva_cli.errors import ExitCode
from eleva_cli.plan import Finding, Severity
from eleva_cli.standing import judge, status
from eleva_cli.standing.history import History
from eleva_cli.standing.nights import accepting, after
from eleva_cli.standing.waiving import Waiver

CODES = frozenset({"role-too-high", "customer-unlinked", "grace", "stamp-contradicts"})
TODAY = date(2026, 11, 22)
NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
DAY = 86_400
NONE = History.none("acct_1", "test")


def flaw(
    number: int = 1,
    code: str = "role-too-high",
    severity: Severity = Severity.WARNING,
    stand: Stand = "drift",
) -> Flaw:
    """Make a flaw of one member of an organization of its own."""
    finding = Finding(
        code=code, severity=severity, subject=f"om_{number}", message="wrong"
    )
    return Flaw(
        finding=finding,
        stand=stand,
        user=f"user_{number}",
        organization=f"org_{number}",
        customer=f"cus_{number}",
        monthly={"eur": 2500},
    )


def unpaid(number: int = 1) -> Flaw:
    """Make an error: somebody pays and cannot use."""
    return flaw(number, "customer-unlinked", Severity.ERROR, "pays-cannot-use")


def note(number: int = 1) -> Flaw:
    """Make a flaw that settles by itself."""
    return flaw(number, "grace", Severity.NOTE, "later")


def waiver(subject: str = "user_1", *, days: int = 0, line: int = 0) -> Waiver:
    """Waive `role-too-high` of a subject until some days from today."""
    return Waiver(
        code="role-too-high",
        subject=subject,
        owner="support lead",
        reason="moderates until spring",
        expires=TODAY + timedelta(days=days),
        line=line,
    )


def audit(judged: Iterable[Judged] = (), *, day: int = 0, partial: str = "") -> Audit:
    """Make an audit that ended some days from today."""
    return Audit(
        title="verify",
        account="acct_1",
        mode="test",
        began_at=NOON + day * DAY - 60,
        ended_at=NOON + day * DAY,
        judged=tuple(judged),
        counts={"users": 3},
        partial=partial,
    )


def night(
    history: History,
    *flaws: Flaw,
    day: int = 0,
    partial: str = "",
    looked_at: tuple[str, ...] | None = None,
    unconfirmed: tuple[Flaw, ...] = (),
    is_accepting: bool = False,
) -> tuple[History, list[Standing]]:
    """Play one night; return the history after it and how each flaw stood."""
    judged = judge(
        [*flaws, *unconfirmed],
        now=NOON,
        memory=history.memory(with_baseline=True),
        unconfirmed={one.fingerprint for one in unconfirmed},
    ).judged
    told = audit(judged, day=day, partial=partial)
    code = ExitCode.UNCHECKED if partial else status(judged)
    following = after(history, told, code, looked_at=looked_at)
    if is_accepting:
        following = accepting(following, told)
    return following, [one.standing for one in judged]


def played(*nights: tuple[Flaw, ...]) -> History:
    """Play whole nights, one a day; return the history after them."""
    history = NONE
    for day, flaws in enumerate(nights):
        history, _ = night(history, *flaws, day=day)
    return history
