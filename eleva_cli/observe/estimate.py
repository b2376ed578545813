"""How many calls a look will take, from what the last one counted. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eleva_cli.observe.sweep import CURSORS, PAGE

CASE_CALLS = 6  # one case read afresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Calls by service."""

    stripe: int
    workos: int

    @property
    def total(self) -> int:
        """Add them up."""
        return self.stripe + self.workos


def estimate(counts: Mapping[str, int], *, exact: int = 0, afresh: int = 0) -> Calls:
    """
    Return what a whole look at so many objects takes.

    `counts` are by kind, as a look counts them: `customers`, `subscriptions`,
    `organizations`, `members`, and `absent` for links that lead to no listed customer.
    `exact` customers are asked for their entitlements, `afresh` cases read twice.
    """
    organizations = counts.get("organizations", 0)
    listed = _pages(counts.get("customers", 0)) + _pages(counts.get("subscriptions", 0))
    joined = organizations + counts.get("members", 0) // PAGE
    of_stripe = afresh * CASE_CALLS // 2
    return Calls(
        stripe=listed + counts.get("absent", 0) + exact + of_stripe,
        workos=organizations // PAGE + 1 + joined + afresh * CASE_CALLS - of_stripe,
    )


def estimate_changes(cases: int, events: int = 0) -> int:
    """Return what it takes to read the events, and so many cases afresh."""
    return 2 + events // PAGE + cases * CASE_CALLS


def _pages(rows: int) -> int:
    """Estimate the pages of a list of Stripe's: each split ends in a short one."""
    pages = rows // PAGE + 1
    return pages + min(CURSORS - 1, pages // 3)
