"""Counts who lives on which price and product, one subscription after the other.

It holds sums and no subscription, so that a large account costs no memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from eleva_cli.catalog.shop import Subscribers
from eleva_cli.ports import Subscription, SubscriptionItem

# Those that hold a price and will be billed for it again; an incomplete one may
# become active, and until then nobody has anything.
LIVING = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})
A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
DAY_S = 86_400


@dataclass(slots=True, kw_only=True)
class Sales:
    """
    What was counted of the prices and products in `watched`, by their id.

    `renewals` counts by day (since 1970) when a product's subscriptions begin their
    next period; `ending` those that have none.
    """

    watched: frozenset[str]
    counts: Counter[str] = field(default_factory=Counter)
    # (price or product, currency) → the smallest unit a month
    monthly: defaultdict[tuple[str, str], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )
    renewals: defaultdict[str, Counter[int]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    ending: Counter[str] = field(default_factory=Counter)

    def add(self, subscription: Subscription) -> None:
        """Count a subscription, once for each price and product that it holds."""
        if subscription.status not in LIVING:
            return
        held: defaultdict[str, list[SubscriptionItem]] = defaultdict(list)
        for item in subscription.items:
            for name in {item.price, item.product} & self.watched:
                held[name].append(item)
        for name, items in held.items():
            self.counts[name] += 1
            for item in items:
                self.monthly[name, item.currency] += a_month(item)
            self._note_renewal(name, subscription, items)

    def _note_renewal(
        self, name: str, subscription: Subscription, items: list[SubscriptionItem]
    ) -> None:
        ends = [item.period_end for item in items if item.period_end is not None]
        if not ends:
            return
        end = min(ends)
        is_last = subscription.cancel_at is not None and subscription.cancel_at <= end
        if subscription.ends_with_period or is_last:
            self.ending[name] += 1
        else:
            self.renewals[name][end // DAY_S] += 1

    def subscribers(self) -> Mapping[str, Subscribers]:
        """Return who lives on each price and product, amounts rounded once."""
        paid: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (name, currency), amount in sorted(self.monthly.items()):
            if amount:
                paid[name][currency] = round(amount)
        return {
            name: Subscribers(count=count, monthly=paid[name])
            for name, count in self.counts.items()
        }


def a_month(item: SubscriptionItem) -> Fraction:
    """Return what an item costs a month by its list price; nothing if nobody knows."""
    if item.unit_amount is None or item.interval not in A_YEAR:
        return Fraction(0)
    a_period = item.unit_amount * _counted(item)
    return Fraction(a_period * A_YEAR[item.interval], 12 * item.interval_count)


def _counted(item: SubscriptionItem) -> int:
    """Return how often its amount is asked: for each one, or each package of some."""
    quantity = item.quantity or 0
    if not item.transform:
        return quantity
    size, rounded = item.transform.split()
    return quantity // int(size) if rounded == "down" else -(-quantity // int(size))
