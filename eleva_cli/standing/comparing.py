"""Two audits side by side: what got better, what got worse, what stayed.

A flaw is the same in both when its fingerprint is. Notes are left out: what settles by
itself comes and goes without being better or worse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eleva_cli.errors import ExitCode
from eleva_cli.plan import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFlaw:
    """One flaw as an audit's JSON tells it; `counts` is whether it counted then."""

    fingerprint: str
    code: str
    severity: Severity
    stand: str
    standing: str
    counts: bool
    subject: str
    user: str | None = None
    customer: str | None = None
    monthly: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An audit that was kept as JSON; `partial` says why it is not whole, else ""."""

    name: str
    account: str
    mode: str
    ended_at: int
    partial: str = ""
    flaws: Mapping[str, PastFlaw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A flaw before and after; one of them is missing where it came or went."""

    before: PastFlaw | None
    after: PastFlaw | None

    @property
    def shown(self) -> PastFlaw:
        """Return the flaw as it was seen last."""
        flaw = self.after or self.before
        assert flaw is not None, "a pair of nothing"
        return flaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    What became of each flaw that counted in one of the two.

    `gone` are found no more; `excused` are still there, and waived, accepted or not
    confirmed now. `again` were excused before and count now.
    """

    gone: tuple[Pair, ...]
    excused: tuple[Pair, ...]
    new: tuple[Pair, ...]
    again: tuple[Pair, ...]
    stayed: tuple[Pair, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    findings: tuple[Finding, ...] = ()

    @property
    def status(self) -> ExitCode:
        """Return the exit status: findings where something got worse."""
        return ExitCode.FINDINGS if self.new or self.again else ExitCode.DONE


def compare(before: Look, after: Look) -> Comparison:
    """Say what got better and worse between two audits of one account."""
    pairs: dict[str, list[Pair]] = {}
    for name in sorted({*before.flaws, *after.flaws}):
        pair = Pair(before=_real(before, name), after=_real(after, name))
        pairs.setdefault(_became(pair), []).append(pair)
    return Comparison(
        gone=_ranked(pairs.get("gone", ())),
        excused=_ranked(pairs.get("excused", ())),
        new=_ranked(pairs.get("new", ())),
        again=_ranked(pairs.get("again", ())),
        stayed=_ranked(pairs.get("stayed", ())),
        before=_monthly(before.flaws.values()),
        after=_monthly(after.flaws.values()),
        findings=tuple(_doubts(before, after)),
    )


def _real(look: Look, name: str) -> PastFlaw | None:
    flaw = look.flaws.get(name)
    return None if flaw is None or flaw.severity is Severity.NOTE else flaw


def _became(pair: Pair) -> str:
    counted = pair.before is not None and pair.before.counts
    match pair.after:
        case None:
            return "gone" if counted else "nothing"
        case PastFlaw(counts=True):
            if counted:
                return "stayed"
            return "new" if pair.before is None else "again"
        case _:
            return "excused" if counted else "nothing"


def _doubts(before: Look, after: Look) -> Iterator[Finding]:
    for look, doubt in ((before, "new"), (after, "gone")):
        if look.partial:
            yield Finding(
                code="diff-partial",
                severity=Severity.WARNING,
                subject=look.name,
                message=f"{look.name} is partial ({look.partial}): what is {doubt} may"
                " only not have been looked at",
                hint="compare two whole audits",
            )
    if after.ended_at < before.ended_at:
        yield Finding(
            code="diff-order",
            severity=Severity.WARNING,
            subject=after.name,
            message=f"{after.name} is older than {before.name}: better and worse are"
            " the other way round",
            hint="name the earlier audit first",
        )


def _ranked(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted(pairs, key=_rank))


def _rank(pair: Pair) -> tuple[bool, bool, int, str, str]:
    flaw = pair.shown
    return (
        flaw.severity is not Severity.ERROR,
        flaw.stand != "pays-cannot-use",
        -max(flaw.monthly.values(), default=0),
        flaw.code,
        flaw.fingerprint,
    )


def _monthly(flaws: Iterable[PastFlaw]) -> Counter[str]:
    """Add up what counted and is paid in vain, each customer once."""
    total = Counter[str]()
    met: set[str | None] = set()
    for one in flaws:
        if one.counts and one.stand == "pays-cannot-use" and one.customer not in met:
            met.add(one.customer)
            total.update(one.monthly)
    return total
