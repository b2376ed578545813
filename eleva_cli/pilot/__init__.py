"""A pilot's values: whom it linked and when, what was seen of them, what that proves.

Pure: tokens are claims by now, times are arguments, and what a fact is worth is decided
in `judging`, `surveying` and `nudging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.plan import Finding
from eleva_cli.ports import Claim

__all__ = [
    "MARK",
    "MOOT",
    "MOST",
    "Facts",
    "Judged",
    "Pilot",
    "Shown",
    "Sighting",
    "Vote",
]

MOST = 5  # customers in one pilot: so many can be asked whether they agree
MARK = "eleva_pilot"  # the metadata name of a twin: whose twin it is
Facts = Mapping[str, str | int]
# The claim as Stripe's active entitlements say, none, or another one.
Shown = Literal["claim", "nothing", "other"]


# What is not to be said any more as soon as something is proved.
MOOT: Mapping[str, tuple[str, ...]] = {
    "backfill_on_link": ("backfill_unseen_s", "nudge_brings_claim", "nudge_unseen_s"),
    "nudge_brings_claim": ("nudge_unseen_s",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """
    A customer that a pilot linked; times in Unix seconds.

    `asked_at` is when the link was sent, no later than it was there. `switched` is when
    its item may first have left its price and when it last came back, the latter `None`
    where that is in doubt. `told_at` is when Stripe first told of its entitlements
    since. `entitled` are the lookup keys of its active entitlements.
    """

    customer: str
    organization: str
    linked_at: float
    asked_at: float | None = None
    switched: tuple[float, float | None] | None = None
    told_at: float | None = None
    entitled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a token that was issued after the link shows of a pilot."""

    pilot: Pilot
    claim: Claim

    @property
    def shown(self) -> Shown:
        """Hold the claim against what Stripe says."""
        if not self.claim.entitlements:
            return "nothing"
        same = self.claim.entitlements == self.pilot.entitled
        return "claim" if same else "other"

    @property
    def is_nudged(self) -> bool:
        """Tell whether the token is from after a price was switched."""
        switched = self.pilot.switched
        return switched is not None and self.claim.issued_at >= int(switched[0])

    @property
    def after_s(self) -> int:
        """Return the seconds between link and token: the claim took no longer."""
        asked = self.pilot.asked_at or self.pilot.linked_at
        return max(self.claim.issued_at - int(asked), 0)

    @property
    def is_told(self) -> bool:
        """Tell whether Stripe told of the entitlements between link and token."""
        told = self.pilot.told_at
        return told is not None and self.claim.issued_at >= told

    @property
    def waited_s(self) -> int | None:
        """Return how long the claim had to come, at least, by what should bring it."""
        since: float | None = self.pilot.linked_at
        if self.is_nudged and self.pilot.switched is not None:
            since = self.pilot.switched[1]
        return None if since is None else int(self.claim.issued_at - since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """
    What the tokens of one customer say of one way to bring the claim.

    `came_s` is the least time in which it was there, `missed_s` the longest after which
    it was not: that it never comes is not to be seen in any time.
    """

    came_s: int | None = None
    missed_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the tokens prove, and what a person must see; `open` are not settled yet."""

    facts: Facts = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    open: tuple[Pilot, ...] = ()
