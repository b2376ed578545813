"""What keeps somebody on an old price: each reason by its own code.

What somebody else decides (a schedule, a meter, a payment that failed) is left, and
nobody's next renewal may rise by more than was allowed, nor anything fall due earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from eleva_cli.catalog import money
from eleva_cli.catalog.movers import Mover
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Renewal

MOVED = frozenset({"active", "trialing"})
STATUS: Mapping[str, tuple[str, str]] = {
    "past_due": ("its last payment failed", "move it once it has paid"),
    "unpaid": ("its invoices are not paid", "move it once it has paid"),
    "incomplete": ("its first invoice is not paid", "plan again when it has begun"),
    "paused": ("it is paused", "plan again once it is resumed"),
}


def obstacle(mover: Mover) -> Finding | None:
    """Say what keeps an item where it is, whatever it would cost; `None` for nothing.

    Where there is something, no preview is needed.
    """
    return next(_obstacles(mover), None)


def _obstacles(mover: Mover) -> Iterator[Finding]:
    item, wanted = mover.item, mover.target.asks
    if mover.ends:
        yield _ending(mover)
    if mover.status not in MOVED:
        yield _status(mover)
    if mover.schedule is not None:
        yield _found(
            mover,
            code="subscription-scheduled",
            message=f"schedule {mover.schedule} decides its items",
            hint="change the schedule's next phase, or release the schedule in Stripe",
        )
    if item.currency != wanted.currency:
        yield _currency(mover, item.currency)
    yield from _meters(mover)
    if (item.interval, item.interval_count) != (wanted.interval, wanted.interval_count):
        yield _found(
            mover,
            code="interval-changes",
            message=f"it is due {_often(item.interval, item.interval_count)}, the new"
            f" price {_often(wanted.interval, wanted.interval_count)}: the move would"
            " be billed at once",
            hint="let the customer change, in the portal or by a new subscription",
        )
    if item.unit_amount == 0 < wanted.amount:
        yield _found(
            mover,
            code="billed-at-once",
            message="it is free, and the new price is not: Stripe bills such a move at"
            " once",
            hint="let the customer subscribe to the new price",
        )


def _ending(mover: Mover) -> Finding:
    return Finding(
        code="subscription-ending",
        severity=Severity.NOTE,
        subject=mover.subscription,
        message="it ends before its next renewal and is left alone",
        evidence=_evidence(mover),
    )


def _status(mover: Mover) -> Finding:
    words = (f"it is {mover.status}", "look at it in Stripe")
    why, hint = STATUS.get(mover.status, words)
    return _found(
        mover,
        code=f"subscription-{mover.status.replace('_', '-')}",
        message=f"{why}; its price is not changed meanwhile",
        hint=hint,
    )


def _currency(mover: Mover, currency: str) -> Finding:
    return _found(
        mover,
        code="currency-changes",
        message=f"it pays in {currency}, and the new price is in"
        f" {mover.target.asks.currency}",
        hint="a subscription keeps its currency: it needs to be made anew",
    )


def _meters(mover: Mover) -> Iterator[Finding]:
    was_metered, meter = mover.item.quantity is None, mover.target.asks.meter
    if was_metered != (meter is not None):
        yield _found(
            mover,
            code="meter-changes",
            message=f"it is {_counted(was_metered)}, and the new price is"
            f" {_counted(not was_metered)}",
            hint="let the customer subscribe to the new price",
        )
    elif was_metered:
        yield _found(
            mover,
            code="renewal-metered",
            message=f"{meter} decides its next renewal, and no preview knows what will"
            " be counted until then",
            hint="move it by hand, once the customer knows the new price",
        )


def _counted(by_meter: bool) -> str:  # noqa: FBT001 - the one thing it says
    return "billed by a meter" if by_meter else "billed by quantity"


def unseen(mover: Mover) -> Finding | None:
    """Say why two previews do not tell what the move comes to."""
    if mover.before is None or mover.after is None:
        return _found(
            mover,
            code="renewal-unknown",
            message=f"Stripe does not preview its next renewal: {mover.refused}",
            hint="look at the subscription in Stripe, then plan again",
        )
    for renewal in (mover.before, mover.after):
        if renewal.currency != mover.target.asks.currency:
            return _currency(mover, renewal.currency)
    if mover.before.due_at != mover.after.due_at:
        return _found(
            mover,
            code="billed-at-once",
            message=f"its next invoice is due {_day(mover.before)}, and would be"
            f" {_day(mover.after)}",
            hint="let the customer subscribe to the new price",
        )
    return None


def too_dear(items: tuple[Mover, ...], most: int) -> Iterator[Finding]:
    """Hold what rises by more than is allowed, now or when nothing covers it any more.

    A coupon that is used once, or a renewal of other items first, hides a rise.
    """
    first = items[0]
    rise = sum(mover.rise for mover in items)
    is_alike = all(mover.target.same_tax for mover in items)
    later = sum(mover.list_rise for mover in items) if is_alike else 0
    assert first.before is not None
    before, after = first.before.total, first.before.total + rise
    code = first.target.asks.currency
    if rise > most:
        yield _found(
            first,
            code="renewal-rises",
            message=f"its next renewal, due {_day(first.before)}, would rise from"
            f" {money.shown(before, code)} to {money.shown(after, code)}",
            hint="tell the customer first; then allow it with --max-rise"
            f" {money.plain(max(rise, later), code)}",
        )
    elif later > most:
        now = f"rises by {money.shown(rise, code)}" if rise > 0 else "does not rise"
        yield _found(
            first,
            code="renewal-rises-later",
            message=f"its next renewal, due {_day(first.before)}, {now}, but by list"
            f" price it pays {money.shown(later, code)} more: a discount may end, or"
            " this item be due later",
            hint="tell the customer first; then allow it with --max-rise"
            f" {money.plain(later, code)}",
        )
    elif not is_alike and before < _listed(items):
        yield _found(
            first,
            code="tax-hidden",
            message="tax is treated otherwise by the new price, and a discount hides"
            " what that comes to once it is used up",
            hint="move it when the discount has ended, or by hand",
        )


def _listed(items: tuple[Mover, ...]) -> int:
    """Return what items come to by list price, without tax."""
    each = ((m.item.unit_amount or 0) * (m.item.quantity or 0) for m in items)
    return sum(each)


def _found(mover: Mover, *, code: str, message: str, hint: str) -> Finding:
    """An error: it holds the whole subscription."""
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=mover.subscription,
        message=message,
        hint=hint,
        evidence=_evidence(mover),
    )


def _evidence(mover: Mover) -> Mapping[str, str]:
    found = {
        "customer": mover.customer,
        "price": mover.target.price,
        "key": mover.target.key,
    }
    if mover.before is not None and mover.after is not None:
        found["before"] = money.shown(mover.before.total, mover.before.currency)
        found["after"] = money.shown(mover.after.total, mover.after.currency)
    return found


def day(seconds: int | None) -> str | None:
    """Write a moment as its day, in UTC."""
    return (
        None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    )


def _day(renewal: Renewal) -> str:
    return day(renewal.due_at) or "nobody knows when"


def _often(interval: str, count: int) -> str:
    return f"every {interval}" if count == 1 else f"every {count} {interval}s"
