"""Decides who of those that pay an old price is moved to the new one.

A subscription is one lane: all of its items on old prices move, or none does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from eleva_cli.catalog.movers import Mover
from eleva_cli.catalog.sales import a_month
from eleva_cli.catalog.staying import obstacle, too_dear, unseen
from eleva_cli.plan import Finding, Lane, Severity
from eleva_cli.plan.selling import MoveItem

REASON = "existing subscribers now"
Standing = Literal["moves", "held", "ends"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What the moves in one currency come to, in its smallest unit.

    `rises` and `falls` are at the next renewals; `monthly` is by list price.
    """

    currency: str
    moved: int = 0
    rises: int = 0
    falls: int = 0
    monthly: int = 0


def lanes(
    found: Iterable[Mover], *, max_rise: int = 0, currency: str = ""
) -> tuple[Lane, ...]:
    """
    Return one lane a subscription: its moves, or why there are none.

    `max_rise` is by how much one renewal may rise, in this currency's smallest unit; in
    any other it may not rise at all.
    """
    together: defaultdict[str, list[Mover]] = defaultdict(list)
    for mover in found:
        together[mover.subscription].append(mover)
    return tuple(
        _lane(name, tuple(sorted(together[name], key=_place)), max_rise, currency)
        for name in sorted(together)
    )


def lane_of(subscription: str) -> str:
    """Name the lane of a subscription."""
    return f"subscription {subscription}"


def _place(mover: Mover) -> str:
    return mover.item.id


def _lane(name: str, items: tuple[Mover, ...], max_rise: int, currency: str) -> Lane:
    findings = _apart(
        each for item in items if (each := obstacle(item) or unseen(item))
    )
    if not findings:
        most = max_rise if items[0].target.asks.currency == currency else 0
        findings = list(too_dear(items, most))
    held = [each.code for each in findings if each.severity is Severity.ERROR]
    return Lane(
        id=lane_of(name),
        actions=() if findings else tuple(_moves(items)),
        findings=tuple(findings),
        held=held[0] if held else None,
    )


def _apart(findings: Iterable[Finding]) -> list[Finding]:
    """Say each reason once, however many items it keeps."""
    return list({finding.code: finding for finding in findings}.values())


def _moves(items: tuple[Mover, ...]) -> Iterator[MoveItem]:
    """Give the moves in order; each finds the renewal as the ones before left it."""
    assert items[0].before is not None
    before = items[0].before.total
    for mover in items:
        wanted = mover.target.asks
        yield MoveItem(
            subscription=mover.subscription,
            item=mover.item.id,
            before=mover.target.price,
            key=mover.target.key,
            asks=wanted,
            currency=wanted.currency,
            renewal_before=before,
            renewal_after=before + mover.rise,
            reason=REASON,
        )
        before += mover.rise


def totals(found: Iterable[Mover], ready: Iterable[Lane]) -> tuple[Total, ...]:
    """Add up what the moves of these lanes come to, each currency for itself."""
    moved = {
        action.item
        for lane in ready
        for action in lane.actions
        if isinstance(action, MoveItem) and lane.held is None
    }
    sums: dict[str, Total] = {}
    for mover in found:
        if mover.item.id in moved:
            code = mover.target.asks.currency
            sums[code] = _added(sums.get(code, Total(currency=code)), mover)
    return tuple(sums[code] for code in sorted(sums))


def _added(total: Total, mover: Mover) -> Total:
    after = replace(mover.item, unit_amount=mover.target.asks.amount)
    return replace(
        total,
        moved=total.moved + 1,
        rises=total.rises + max(mover.rise, 0),
        falls=total.falls + max(-mover.rise, 0),
        monthly=total.monthly + round(a_month(after) - a_month(mover.item)),
    )


def standing(lane: Lane) -> Standing:
    """Say in a word what becomes of a subscription."""
    if lane.held is not None:
        return "held"
    return "moves" if lane.actions else "ends"
