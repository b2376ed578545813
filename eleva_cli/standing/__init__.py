"""How each flaw counts: waived by name, known from before, new since the last look.

A person's word comes first: a waiver that is valid, then one that has expired (its
flaw counts, whatever else is known of it), then the baseline. What settles by itself
never counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from eleva_cli.audit import Flaw, Judged
from eleva_cli.errors import ExitCode
from eleva_cli.plan import Finding, Severity
from eleva_cli.standing.waiving import Waiver, on_waivers

FailOn = Literal["error", "warning"]

FAILING: Mapping[FailOn, tuple[Severity, ...]] = {
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """
    What earlier looks know, as fingerprints.

    `last` is the last state, `None` where the whole account was never seen: then
    nothing is new, only found. `baseline` is what a person accepted.
    """

    last: frozenset[str] | None = None
    baseline: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Every flaw with its standing, in the order given, and findings on waivers."""

    judged: tuple[Judged, ...]
    findings: tuple[Finding, ...]


def whom(flaw: Flaw) -> tuple[str, ...]:
    """Return the ids by which a waiver may name the flaw."""
    named = (flaw.finding.subject, flaw.user, flaw.organization, flaw.customer)
    return tuple(dict.fromkeys(one for one in named if one))


def judge(  # noqa: PLR0913 - what is known of the account, all by name
    flaws: Iterable[Flaw],
    *,
    now: int,
    waivers: Collection[Waiver] = (),
    memory: Memory | None = None,
    unconfirmed: Collection[str] = (),
    is_whole: bool = True,
) -> Judgement:
    """
    Say how each flaw counts.

    `unconfirmed` are fingerprints that no second read has shown yet. Where the look is
    not whole, nobody can tell that a waiver is unused.
    """
    known = memory or Memory()
    by_name: dict[tuple[str, str], list[Waiver]] = {}
    for waiver in waivers:
        by_name.setdefault((waiver.code, waiver.subject), []).append(waiver)
    used: set[Waiver] = set()
    judged = []
    for flaw in flaws:
        found = (by_name.get((flaw.code, name), ()) for name in whom(flaw))
        covering = [one for some in found for one in some]
        used.update(covering)
        judged.append(_judged(flaw, covering, known, unconfirmed, now))
    findings = tuple(on_waivers(waivers, used, now, is_whole=is_whole))
    return Judgement(judged=tuple(judged), findings=findings)


def counts(judged: Judged) -> bool:
    """Tell whether one flaw counts, as `Audit.counting` does for all."""
    is_open = judged.standing in ("counts", "new")
    return is_open and judged.flaw.finding.severity is not Severity.NOTE


def status(judged: Iterable[Judged], fail_on: FailOn = "warning") -> ExitCode:
    """
    Return the exit status that the flaws ask for: findings, or done.

    Findings on waivers do not decide it: the flaws that they are about do.
    """
    failing = FAILING[fail_on]
    fails = any(counts(one) and one.flaw.finding.severity in failing for one in judged)
    return ExitCode.FINDINGS if fails else ExitCode.DONE


def _judged(
    flaw: Flaw,
    covering: Collection[Waiver],
    known: Memory,
    unconfirmed: Collection[str],
    now: int,
) -> Judged:
    valid = [one for one in covering if one.is_valid(now)]
    if valid:
        longest = max(valid, key=lambda one: (one.expires, one.subject, one.line))
        return Judged(flaw=flaw, standing="waived", why=_told(longest))
    if flaw.fingerprint in unconfirmed:
        return Judged(flaw=flaw, standing="unconfirmed", why="seen once so far")
    if flaw.finding.severity is Severity.NOTE:
        return Judged(flaw=flaw)
    if not covering and flaw.fingerprint in known.baseline:
        return Judged(flaw=flaw, standing="baseline", why="accepted with the baseline")
    is_new = known.last is not None and flaw.fingerprint not in known.last
    why = _over(covering)
    return Judged(flaw=flaw, standing="new" if is_new else "counts", why=why)


def _told(waiver: Waiver) -> str:
    return f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"


def _over(covering: Collection[Waiver]) -> str:
    if not covering:
        return ""
    return f"its waiver expired on {max(one.expires for one in covering)}"
