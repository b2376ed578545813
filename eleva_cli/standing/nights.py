"""What a night changes in the history: flaws seen, flaws gone, a baseline accepted.

Nothing is forgotten by a look that did not see: a flaw is gone when its case was looked
at and the flaw was not found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from eleva_cli.audit import Audit, Flaw, Judged
from eleva_cli.errors import ExitCode
from eleva_cli.plan import Severity
from eleva_cli.standing.history import History, Known, Night, digest
from eleva_cli.standing.waiving import day_of

NIGHTS_KEPT = 90


def case_of(flaw: Flaw) -> str:
    """Name the case that a flaw was found with."""
    return flaw.organization or flaw.customer or flaw.finding.subject


def after(
    history: History,
    audit: Audit,
    exit_code: ExitCode,
    *,
    looked_at: Collection[str] | None = None,
) -> History:
    """
    Return the history with one more night.

    `looked_at` names the cases that were looked at, organizations and customers alike;
    `None` stands for all of the account. A flaw of another case stays known.
    """
    is_whole = looked_at is None and not audit.partial
    night = _night(audit, exit_code, is_whole=is_whole)
    return replace(
        history,
        seen_at=audit.ended_at if is_whole else history.seen_at,
        known=_known(history, audit, looked_at),
        nights=(*history.nights, night)[-NIGHTS_KEPT:],
    )


def unchecked(history: History, at: int) -> History:
    """Return the history with a night in which nothing at all could be read."""
    night = Night(at=at, exit_code=int(ExitCode.UNCHECKED), is_whole=False)
    return replace(history, nights=(*history.nights, night)[-NIGHTS_KEPT:])


def accepting(history: History, audit: Audit) -> History:
    """
    Return the history with all that counted as its baseline, and nothing older.

    To be asked of what `after` returned for the same audit.
    """
    counting = {one.flaw.fingerprint for one in audit.judged if _can_be_accepted(one)}
    known = {
        name: replace(one, is_accepted=name in counting)
        for name, one in history.known.items()
    }
    return replace(history, known=known, accepted_on=day_of(audit.ended_at))


def _can_be_accepted(judged: Judged) -> bool:
    is_found = judged.standing in ("counts", "new", "baseline")
    return is_found and not _is_note(judged)


def _night(audit: Audit, exit_code: ExitCode, *, is_whole: bool) -> Night:
    standings = Counter[str](one.standing for one in audit.judged)
    return Night(
        at=audit.ended_at,
        exit_code=int(exit_code),
        is_whole=is_whole,
        new=standings["new"],
        checked=dict(audit.counts),
        by_code=dict(audit.by_code()),
        standings=dict(standings),
        monthly=dict(audit.monthly()),
    )


def _known(
    history: History, audit: Audit, looked_at: Collection[str] | None
) -> dict[str, Known]:
    today = day_of(audit.ended_at)
    kept = _unseen(history, audit, looked_at)
    for judged in audit.judged:
        name = judged.flaw.fingerprint
        before = history.known.get(name)
        if judged.standing == "unconfirmed" and before is not None:
            kept.setdefault(name, before)  # one sight adds nothing and mends nothing
        elif judged.standing != "unconfirmed" and not _is_note(judged):
            kept[name] = _seen(judged.flaw, before, today)
    return kept


def _seen(flaw: Flaw, before: Known | None, today: date) -> Known:
    return Known(
        fingerprint=flaw.fingerprint,
        code=flaw.code,
        case=digest(case_of(flaw)),
        first=before.first if before else today,
        last=today,
        is_accepted=before is not None and before.is_accepted,
    )


def _is_note(judged: Judged) -> bool:
    return judged.flaw.finding.severity is Severity.NOTE


def _unseen(
    history: History, audit: Audit, looked_at: Collection[str] | None
) -> dict[str, Known]:
    """Return the known flaws of cases that this look did not reach."""
    if looked_at is None:
        return dict(history.known) if audit.partial else {}
    reached = _digests(looked_at)
    known = history.known.items()
    return {name: one for name, one in known if one.case not in reached}


def _digests(names: Iterable[str]) -> frozenset[str]:
    return frozenset(digest(name) for name in names)
