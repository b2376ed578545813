"""What an audit found, as values: flaws, whom they meet, and the whole of it.

`verify.py` makes flaws, `commands/verification` the audit, `output/` writes it down in
every format, all from these values, so that counts and exit status agree.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.plan import Finding, Severity

Stand = Literal["pays-cannot-use", "uses-does-not-pay", "drift", "later", "unknown"]
Standing = Literal["counts", "new", "waived", "baseline", "unconfirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """
    One broken link of somebody's chain.

    `finding.subject` is the object that is wrong; `user`, `organization`, `customer`
    whom it meets. `monthly` is what they pay a month: currency → smallest unit. `days`
    is how long it has been so, or will be, where that is known; `due` the day (Unix
    seconds) on which it settles by itself. `fix` is the command that mends it.
    """

    finding: Finding
    stand: Stand
    user: str | None = None
    organization: str | None = None
    customer: str | None = None
    monthly: Mapping[str, int] = field(default_factory=dict)
    days: int | None = None
    due: int | None = None
    fix: str = ""

    @property
    def code(self) -> str:
        """Give the finding's code."""
        return self.finding.code

    @property
    def fingerprint(self) -> str:
        """
        Identify the flaw from night to night, on any machine, without a name.

        Other features are another flaw: who accepted one has not accepted two.
        """
        whose = self.user or self.organization or self.customer or ""
        features = self.finding.evidence.get("features")
        what = () if features is None else (str(features),)
        parts = (self.code, self.finding.subject, whose, *what)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[
            :16
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A flaw and how it counts: new, known, waived; `why` is the waiver's reason."""

    flaw: Flaw
    standing: Standing = "counts"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One checked user, for a table of all: the first broken link, or none."""

    user: str
    email: str
    organization: str | None
    customer: str | None
    tier: str | None
    role: str
    code: str | None = None
    stand: Stand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    The whole of one look: who was checked and what was found.

    `partial` says why the look is not whole, "" where it is. `calls` were made; `depth`
    counts cases by how deep they were looked at. Times are Unix seconds.
    """

    title: str
    account: str
    mode: str
    began_at: int
    ended_at: int
    judged: tuple[Judged, ...] = ()
    people: tuple[Person, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    depth: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    partial: str = ""

    @property
    def counting(self) -> tuple[Judged, ...]:
        """Give what counts against the account: no notes, waived or known ones."""
        return tuple(
            one
            for one in self.judged
            if one.standing in ("counts", "new")
            and one.flaw.finding.severity is not Severity.NOTE
        )

    def by_code(self) -> Counter[str]:
        """Count what counts by code."""
        return Counter(one.flaw.code for one in self.counting)

    def monthly(self) -> Counter[str]:
        """Add up what those pay who cannot use it: currency → smallest unit."""
        total = Counter[str]()
        met: set[str | None] = set()
        for one in self.counting:
            flaw = one.flaw
            if flaw.stand == "pays-cannot-use" and flaw.customer not in met:
                met.add(flaw.customer)
                total.update(flaw.monthly)
        return total
