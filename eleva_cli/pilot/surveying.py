"""Which statuses of a subscription grant entitlements, by customers who have one.

A yes is plain to see. A no counts only where an active subscriber of the same product,
whose period began no later, has the entitlements: then the product carried its features
by that time, and nothing but the status is left to explain it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eleva_cli.pilot import Facts
from eleva_cli.ports import Subscription

STATUSES = ("active", "trialing", "past_due", "incomplete", "unpaid", "paused")
OVER = ("canceled", "incomplete_expired")
EXAMPLES = 5  # customers looked at for each status
SETTLED_S = 3600  # a younger subscription may not have got there yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A customer's only subscription, and whether the customer is entitled."""

    subscription: Subscription
    is_entitled: bool

    @property
    def product(self) -> str:
        """Name what is subscribed to."""
        return self.subscription.items[0].product

    @property
    def since(self) -> int | None:
        """Return when the present period began: features attached later wait."""
        return self.subscription.items[0].period_start


def is_example(found: Sequence[Subscription], *, now: float) -> bool:
    """Tell whether a customer's subscriptions say something of one status."""
    living = [one for one in found if one.status not in OVER]
    if len(living) != 1 or len(living[0].items) != 1:
        return False
    return living[0].created + SETTLED_S < now


def facts_of(examples: Iterable[Example], carrying: frozenset[str]) -> Facts:
    """Return by status whether it grants; `carrying` are products with features."""
    useful = [one for one in examples if one.product in carrying]
    granted = _granted_since(useful)
    votes: defaultdict[str, set[str]] = defaultdict(set)
    for one in useful:
        if vote := _vote(one, granted):
            votes[one.subscription.status].add(vote)
    return {
        f"grants_while_{status}": next(iter(votes[status]))
        for status in STATUSES
        if len(votes[status]) == 1
    }


def _granted_since(examples: Iterable[Example]) -> dict[str, int]:
    """
    Return by product since when it is known to carry what entitles.

    Not where an active one is without in a period no older: then it is not the status.
    """
    active = [one for one in examples if one.subscription.status == "active"]
    since: dict[str, int] = {}
    for one in active:
        if one.is_entitled and one.since:
            since[one.product] = min(one.since, since.get(one.product, one.since))
    for one in active:
        if _vote(one, since) == "no":
            del since[one.product]
    return since


def _vote(one: Example, granted: dict[str, int]) -> str:
    if one.is_entitled:
        return "yes"
    since = granted.get(one.product)
    is_proof = since is not None and one.since is not None and one.since >= since
    return "no" if is_proof else ""
