"""An audit as it may be shown: ranked, counted, masked; every format writes this down.

Formats decide how it looks and how their own special characters are spelled. What is
worst, what the first line says and what a reader may see is decided here, once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import get_args

from eleva_cli.audit import Audit, Judged, Person, Stand, Standing
from eleva_cli.catalog.money import decimals_of, shown
from eleva_cli.output.mask import hide_secrets, mask_ids, scrub
from eleva_cli.plan import Severity

SEVERITIES = tuple(Severity)
STANDS: tuple[Stand, ...] = (
    "pays-cannot-use", "uses-does-not-pay", "drift", "unknown", "later",
)  # fmt: skip
COUNTING: tuple[Standing, ...] = ("counts", "new")
CHECKED = ("users", "organizations", "customers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One flaw, flat. `counts` says whether it counts against the account, `label` as what
    it counts: a note that nobody knew is a note, not a finding.

    `stake` is what is at stake in words, `settles` the day on which it ends by itself.
    """

    code: str
    severity: Severity
    stand: Stand
    standing: Standing
    label: str
    counts: bool
    subject: str
    user: str | None
    organization: str | None
    customer: str | None
    message: str
    hint: str
    fix: str
    why: str
    monthly: Mapping[str, int]
    days: int | None
    due: int | None
    stake: str
    settles: str
    evidence: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How often one code was found, of those that count or of those that do not."""

    code: str
    severity: Severity
    stand: Stand
    standing: str
    count: int
    monthly: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    One person who was checked, and the codes found, "counts" or not.

    `key` tells people apart whose ids are cut to the same few characters.
    """

    key: str
    user: str
    email: str
    organization: str | None
    customer: str | None
    tier: str | None
    role: str
    stand: Stand | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    All that a format needs. `rows` and `kinds` are worst first.

    `kinds` count what counts, `others` what does not: waived, known, expected later.
    `stakes` is the money of the headline.
    """

    headline: str
    audit: Audit
    rows: tuple[Row, ...]
    kinds: tuple[Kind, ...]
    others: tuple[Kind, ...]
    people: tuple[Checked, ...]
    stakes: str
    ids_are_cut: bool

    @property
    def counting(self) -> int:
        """Return the number in the headline."""
        return len(self.audit.counting)


def report_of(audit: Audit, *, cut_ids: bool, show_pii: bool) -> Report:
    """Rank, count and mask an audit; with `show_pii` only secrets are hidden."""
    veil = veil_of(cut_ids=cut_ids, show_pii=show_pii)
    ranked = worst_first(audit.judged)
    rows = tuple(_row(one, veil) for one in ranked)
    codes: dict[str | None, list[str]] = {}
    for one in ranked:
        codes.setdefault(one.flaw.user, []).append(one.flaw.code)
    return Report(
        headline=veil(headline(audit)),
        audit=replace(
            audit,
            title=veil(audit.title),
            account=veil(audit.account),
            mode=veil(audit.mode),
            partial=veil(audit.partial),
        ),
        rows=rows,
        kinds=tuple(_kinds(one for one in ranked if counts(one))),
        others=tuple(_kinds(one for one in ranked if not counts(one))),
        people=tuple(_checked(one, codes, veil) for one in audit.people),
        stakes=money(audit.monthly()),
        ids_are_cut=cut_ids and not show_pii,
    )


def headline(audit: Audit) -> str:
    """Say what matters in one line: how many, how many new, who is hurt, how much."""
    counting = audit.counting
    if counting:
        said = ", ".join(_said(counting, audit.monthly()))
    else:
        said = f"no findings: {_extent(audit)} checked"
    if not audit.partial:
        return said
    reason = audit.partial.strip().rstrip(".;")
    return " ".join(f"PARTIAL: {reason}; so far {said}".split())


def counts(judged: Judged) -> bool:
    """Tell whether one flaw counts, as `Audit.counting` does for all."""
    severity = judged.flaw.finding.severity
    return judged.standing in COUNTING and severity is not Severity.NOTE


def money(monthly: Mapping[str, int]) -> str:
    """Write what is paid a month, "" for nothing: €59/month + $20.50/month."""
    amounts = (
        (shown(amount, code), amount) for code, amount in sorted(monthly.items())
    )
    return " + ".join(f"{_short(text)}/month" for text, amount in amounts if amount)


def day(seconds: int | None) -> str:
    """Write a time as a day of UTC, "" for none."""
    return "" if seconds is None else moment(seconds)[:10]


def moment(seconds: int) -> str:
    """Write a time as `2026-11-22 19:51 UTC`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def standings(audit: Audit) -> dict[str, int]:
    """Count every flaw by how it counts; notes stand apart from what counts."""
    found = Counter(_label(one) for one in audit.judged)
    return {name: found[name] for name in (*get_args(Standing), "note") if found[name]}


def stands(audit: Audit) -> dict[str, int]:
    """Count what counts by who is hurt by it."""
    found = Counter(one.flaw.stand for one in audit.counting)
    return {name: found[name] for name in STANDS if found[name]}


def _said(counting: Sequence[Judged], monthly: Mapping[str, int]) -> Iterator[str]:
    yield _count(len(counting), "findings")
    new = sum(one.standing == "new" for one in counting)
    if new:
        yield f"{new:,} new"
    for stand in STANDS[:2]:
        hurt = sum(one.flaw.stand == stand for one in counting)
        if hurt:
            yield f"{hurt:,} {stand}"
    if paid := money(monthly):
        yield paid


def _extent(audit: Audit) -> str:
    known = [
        _count(audit.counts[name], name) for name in CHECKED if audit.counts.get(name)
    ]
    return ", ".join(known) or _count(len(audit.people), "users")


def _count(count: int, words: str) -> str:
    return f"{count:,} {words.removesuffix('s') if count == 1 else words}"


def _short(amount: str) -> str:
    return amount.removesuffix(".00")


def worst_first(judged: Iterable[Judged]) -> list[Judged]:
    """Order flaws: what counts, then whom it hurts, then the money at stake."""
    return sorted(judged, key=_rank)


def _rank(judged: Judged) -> tuple[object, ...]:
    flaw = judged.flaw
    worth = sum(
        amount * 10 ** (3 - decimals_of(code)) for code, amount in flaw.monthly.items()
    )
    return (
        not counts(judged),
        SEVERITIES.index(flaw.finding.severity),
        STANDS.index(flaw.stand),
        -worth,
        -(flaw.days or 0),
        flaw.code,
        flaw.finding.subject,
        flaw.user or "",
    )


def _row(judged: Judged, veil: Callable[[str], str]) -> Row:
    flaw, finding = judged.flaw, judged.flaw.finding
    parts = [money(flaw.monthly)]
    if flaw.days is not None:
        parts.append(_count(flaw.days, "days"))
    return Row(
        code=flaw.code,
        severity=finding.severity,
        stand=flaw.stand,
        standing=judged.standing,
        label=_label(judged),
        counts=counts(judged),
        subject=veil(finding.subject),
        user=flaw.user and veil(flaw.user),
        organization=flaw.organization and veil(flaw.organization),
        customer=flaw.customer and veil(flaw.customer),
        message=veil(finding.message),
        hint=veil(finding.hint),
        fix=veil(flaw.fix),
        why=veil(judged.why),
        monthly=flaw.monthly,
        days=flaw.days,
        due=flaw.due,
        stake=", ".join(part for part in parts if part),
        settles=day(flaw.due),
        evidence={name: veil(text) for name, text in finding.evidence.items()},
        fingerprint=flaw.fingerprint,
    )


def _kinds(judged: Iterable[Judged]) -> Iterator[Kind]:
    groups: dict[tuple[str, Severity, str], list[Judged]] = {}
    for one in judged:
        key = (one.flaw.code, one.flaw.finding.severity, _standing(one))
        groups.setdefault(key, []).append(one)
    for (code, severity, standing), members in groups.items():
        yield Kind(
            code=code,
            severity=severity,
            stand=members[0].flaw.stand,
            standing=standing,
            count=len(members),
            monthly=money(_paid(members)),
        )


def _label(judged: Judged) -> str:
    return "note" if _is_note(judged) else judged.standing


def _standing(judged: Judged) -> str:
    """Name how one counts, whether it is new or not."""
    return "counts" if counts(judged) else _label(judged)


def _is_note(judged: Judged) -> bool:
    return judged.standing in COUNTING and not counts(judged)


def _paid(judged: Iterable[Judged]) -> Counter[str]:
    hurt = (one.flaw for one in judged if one.flaw.stand in STANDS[:2])
    total = Counter[str]()
    for monthly in {flaw.customer: flaw.monthly for flaw in hurt}.values():
        total.update(monthly)
    return total


def _checked(
    person: Person, codes: Mapping[str | None, list[str]], veil: Callable[[str], str]
) -> Checked:
    found = dict.fromkeys([person.code] if person.code else [])
    return Checked(
        key=hashlib.sha256(person.user.encode("utf-8", "replace")).hexdigest()[:8],
        user=veil(person.user),
        email=veil(person.email),
        organization=person.organization and veil(person.organization),
        customer=person.customer and veil(person.customer),
        tier=person.tier and veil(person.tier),
        role=veil(person.role),
        stand=person.stand,
        codes=tuple(found | dict.fromkeys(codes.get(person.user, ()))),
    )


def veil_of(*, cut_ids: bool, show_pii: bool) -> Callable[[str], str]:
    """Return what hides in a text that which its readers must not see."""
    if show_pii:
        return hide_secrets
    # the same customer stands in several flaws, the same role at many people
    return lru_cache(1 << 16)(_cut if cut_ids else scrub)


def _cut(text: str) -> str:
    return mask_ids(scrub(text))
