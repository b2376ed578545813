"""The one table of findings: each code with its weight, its meaning and what to do.

`docs/findings.md` is made from it. An error is money or access: somebody pays and
cannot use, or uses and does not pay. A warning is drift, or what cannot be told. A
note settles by itself. The rows stand in `paying_codes.py` and `using_codes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eleva_cli.audit import Stand
from eleva_cli.chain.paying_codes import PAYING, Rows
from eleva_cli.chain.tokens import PROBLEMS
from eleva_cli.chain.using_codes import USING
from eleva_cli.plan import Severity

# The links, in the order in which they are looked at.
LINKS = (
    "membership",
    "customer",
    "subscription",
    "price",
    "product",
    "features",
    "entitlements",
    "claim",
    "role",
    "metadata",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a finding of this code means, for any customer, and what mends it."""

    link: str
    stand: Stand
    meaning: str
    remedy: str

    @property
    def severity(self) -> Severity:
        """Weigh it: the stand decides, so that the two never disagree."""
        return SEVERITIES[self.stand]


SEVERITIES: Mapping[Stand, Severity] = {
    "pays-cannot-use": Severity.ERROR,
    "uses-does-not-pay": Severity.ERROR,
    "drift": Severity.WARNING,
    "unknown": Severity.WARNING,
    "later": Severity.NOTE,
}

_ROWS: Rows = {**PAYING, **USING}


def _codes() -> Iterator[tuple[str, Code]]:
    for link in LINKS:
        for code, (stand, meaning, remedy) in _ROWS[link].items():
            made = Code(link=link, stand=stand, meaning=meaning, remedy=remedy)
            yield code, made
    for code, problem in PROBLEMS.items():
        yield (
            code,
            Code(
                link="claim",
                stand="unknown",
                meaning=problem.meaning,
                remedy=problem.remedy,
            ),
        )


CODES: Mapping[str, Code] = dict(_codes())
