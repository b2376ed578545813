"""When a feature reaches those who subscribed before: with their next period.

Stripe gives an attached feature to existing subscriptions when their next billing
period begins, and takes a detached one away then: a yearly one waits up to a year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.sales import DAY_S, Sales

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    Who of a product's subscriptions meets its new features, and when.

    `months` are ("2027-03", how many) in order, `last` the day of the last one;
    `never` are those that end before.
    """

    product: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    months: tuple[tuple[str, int], ...]
    last: str | None
    never: int = 0


def reach(difference: Difference, sales: Sales, *, now: int) -> tuple[Reach, ...]:
    """Say for each product whose features change when its subscriptions meet that."""
    return tuple(_reaches(difference, sales, now // DAY_S))


def _reaches(difference: Difference, sales: Sales, today: int) -> Iterator[Reach]:
    moved = difference.of_kind("attachment")
    for product in dict.fromkeys(change.product for change in moved):
        if product is None or not sales.counts[product]:
            continue
        own = [change for change in moved if change.product == product]
        gained = {change.key for change in own if change.verb == "attach"}
        lost = {change.key for change in own if change.verb == "detach"}
        if gained == lost:  # an archived feature makes way for the one of its key
            continue
        days = _from_today(sales.renewals[product], today)
        yield Reach(
            product=product,
            gained=tuple(sorted(gained - lost)),
            lost=tuple(sorted(lost - gained)),
            months=_months(days),
            last=_date(max(days)).isoformat() if days else None,
            never=sales.ending[product],
        )


def _from_today(days: Counter[int], today: int) -> Counter[int]:
    """Put what should have renewed already, and was seen too early, on today."""
    found: Counter[int] = Counter()
    for day, count in days.items():
        found[max(day, today)] += count
    return found


def _months(days: Counter[int]) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter()
    for day, count in days.items():
        found[f"{_date(day):%Y-%m}"] += count
    return tuple(sorted(found.items()))


def _date(day: int) -> date:
    return date.fromordinal(EPOCH + day)
