"""What nights leave to the next one: which flaws are known, and how each night went.

No name and no id in clear: flaws and cases are digests of ids, which are random and
long, so that a reader cannot guess them. `nights.py` adds a night.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from eleva_cli.errors import ExitCode
from eleva_cli.standing import Memory
from eleva_cli.standing.waiving import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    One flaw that an earlier look saw.

    `case` is the digest of whom it was found with. `is_accepted` tells that it belongs
    to the baseline.
    """

    fingerprint: str
    code: str
    case: str
    first: date
    last: date
    is_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """
    One audit, counted: how it ended, and what counted in it by code.

    `is_whole` tells that every case of the account was looked at.
    """

    at: int
    exit_code: int
    is_whole: bool
    new: int = 0
    checked: Mapping[str, int] = field(default_factory=dict)
    by_code: Mapping[str, int] = field(default_factory=dict)
    standings: Mapping[str, int] = field(default_factory=dict)
    monthly: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    All that is carried. `account` is a digest, `seen_at` the last whole look.

    `accepted_on` is the day of the baseline, `None` where nobody accepted one.
    """

    account: str
    mode: str
    seen_at: int | None = None
    accepted_on: date | None = None
    known: Mapping[str, Known] = field(default_factory=dict)
    nights: tuple[Night, ...] = ()

    @classmethod
    def none(cls, account: str, mode: str) -> History:
        """Return the history of an account before its first night."""
        return cls(account=digest(account), mode=mode)

    def memory(self, *, with_baseline: bool) -> Memory:
        """Return what `judge` asks for; without the baseline nothing is excused."""
        accepted = (one.fingerprint for one in self.known.values() if one.is_accepted)
        return Memory(
            last=None if self.seen_at is None else frozenset(self.known),
            baseline=frozenset(accepted) if with_baseline else frozenset(),
        )

    def cases(self) -> frozenset[str]:
        """Return the digests of cases with known flaws: they deserve an exact look."""
        return frozenset(one.case for one in self.known.values())

    def nights_unchecked(self) -> int:
        """Count the nights in a row, up to now, in which nothing could be checked."""
        days = set()
        for night in reversed(self.nights):
            if night.exit_code != ExitCode.UNCHECKED:
                break
            days.add(day_of(night.at))
        return len(days)


def digest(name: str) -> str:
    """Stand for a name that must not be read, the same on every machine."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
