"""Decides a change that comes with the renewal, and what rules a subscription.

A schedule says again all of what the subscription is, so that what a schedule cannot
say keeps the change from being put off.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from eleva_cli.plan import (
    BeginSchedule,
    Finding,
    ReleaseSchedule,
    ReviseAtRenewal,
    ReviseSubscription,
)
from eleva_cli.plan.scheduling import COMING, is_bare, is_ours
from eleva_cli.ports import Schedule, Subscription
from eleva_cli.subscription import against
from eleva_cli.subscription.changing import REASON, Change
from eleva_cli.subscription.knowing import day, period_end

DAY_S = 86_400
# What hangs on a subscription and may stay while a schedule rules it: a phase says it,
# or no phase knows it, so that it is left alone. A name stands for all below it.
CARRIED = frozenset(
    {
        "automatic_tax",
        "collection_method",
        "days_until_due",
        "default_payment_method",
        "default_tax_rates",
        "description",
        "discounts",
        "invoice_settings",
        "items.discounts",
        "items.metadata",
        "items.tax_rates",
        "trial_end",
    }
)
LEFT_ALONE = frozenset(
    {
        "billing_cycle_anchor_config",
        "billing_mode",
        "payment_settings",
        "pending_invoice_item_interval",
        "trial_settings",
    }
)


class Ruled(Enum):
    """What rules a subscription."""

    NOT = "not"
    BEGUN = "begun"  # a schedule that changes nothing: the second call never came
    PENDING = "pending"  # ours, with a change to come
    COME = "come"  # ours, and its change has come: it lets go within a day
    BY_ANOTHER = "by another"


def ruled(sub: Subscription, schedule: Schedule | None) -> Ruled:
    """Say what rules a subscription; `schedule` is the one that it names."""
    if schedule is None:
        return Ruled.NOT if sub.schedule is None else Ruled.BY_ANOTHER
    if is_ours(schedule):
        return Ruled.COME if schedule.coming is None else Ruled.PENDING
    return Ruled.BEGUN if is_bare(schedule, sub) else Ruled.BY_ANOTHER


def pending(sub: Subscription, schedule: Schedule | None) -> str:
    """Say what a subscription is to become, "" where nothing of ours is to come."""
    if schedule is None or ruled(sub, schedule) is not Ruled.PENDING:
        return ""
    assert schedule.coming is not None, "pending says so"
    return f"to {schedule.metadata[COMING]} on {day(schedule.coming.start)}"


def in_the_way(sub: Subscription, schedule: Schedule | None) -> Finding | None:
    """Say that a schedule of ours is to be released first, before another change."""
    how = ruled(sub, schedule)
    if how in (Ruled.NOT, Ruled.BY_ANOTHER):
        return None
    why = {
        Ruled.PENDING: f"changes {pending(sub, schedule)}",
        Ruled.COME: "has changed, and is ruled by its schedule until the day after",
        Ruled.BEGUN: "is ruled by a schedule that changes nothing",
    }[how]
    return against(
        "subscription-scheduled",
        sub.id,
        f"{sub.id} {why}",
        f"release its schedule first: eleva subscription change {sub.id} --undo",
    )


def obstacle(sub: Subscription, now: float) -> Finding | None:
    """Return the first reason not to put a change off, `None` if there is none."""
    return next(_obstacles(sub, now), None)


def _obstacles(sub: Subscription, now: float) -> Iterator[Finding]:
    lost = sorted(name for name in sub.facets if not _is_kept(name))
    if sub.cancel_at is not None:
        lost.append("cancel_at")
    if lost:
        yield _not_carried(
            sub, f"it has {', '.join(lost)}, which a schedule does not carry over"
        )
    ends = {item.period_end for item in sub.items}
    if len(ends) != 1 or None in ends:
        yield _not_carried(sub, "its items do not renew at the same time")
    at = period_end(sub)
    if at is not None and 0 <= now - at < DAY_S:
        yield against(
            "renewal-unknown",
            sub.id,
            f"the renewal of {sub.id} is due, and has not come",
            "ask again in an hour",
        )


def _is_kept(name: str) -> bool:
    parts = name.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return bool(above & (CARRIED | LEFT_ALONE))


def _not_carried(sub: Subscription, why: str) -> Finding:
    return against(
        "not-postponable",
        sub.id,
        f"{sub.id} cannot be changed with its renewal: {why}",
        "change it now (--when now, or --proration none), or in the Stripe Dashboard",
    )


def actions(
    change: Change, now: ReviseSubscription
) -> tuple[BeginSchedule, ReviseAtRenewal]:
    """Return the two steps that have at the renewal what `now` would do at once."""
    sub, at = change.subscription, period_end(change.subscription)
    assert at is not None, "refused before"
    begin = BeginSchedule(
        subscription=sub.id,
        customer=sub.customer,
        at=at,
        before=now.before,
        after=now.after,
        currency=now.currency,
        quantities=now.quantities,
        renewal_after=now.renewal_after,
        terms=now.terms,
        reason=REASON,
    )
    revise = ReviseAtRenewal(
        subscription=sub.id,
        customer=sub.customer,
        at=at,
        key=change.goods.price.key,
        before=now.before,
        after=now.after,
        currency=now.currency,
        restarts=change.terms.restarts,
        renewal_before=now.renewal_before,
        renewal_after=now.renewal_after,
        terms=now.terms,
        reason=REASON,
    )
    return begin, revise


def released(
    sub: Subscription, reason: str, *, begun: str | None = None
) -> ReleaseSchedule:
    """Return the step that lets a subscription go on as it is."""
    return ReleaseSchedule(
        subscription=sub.id, customer=sub.customer, reason=reason, begun=begun
    )
