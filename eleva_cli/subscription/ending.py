"""Decides how a subscription stops: with its period, now, or not after all.

Nobody is given money back here: what is left of a paid period is lost, in days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eleva_cli.plan import (
    CancelSubscription,
    Finding,
    ReleaseSchedule,
    ReviseSubscription,
)
from eleva_cli.plan.billing import AT_PERIOD_END
from eleva_cli.ports import Schedule, Subscription
from eleva_cli.roles import LIVE
from eleva_cli.subscription import ENDED, Rules, against
from eleva_cli.subscription.knowing import day, is_given, period_end
from eleva_cli.subscription.obstacles import over, scheduled
from eleva_cli.subscription.postponing import Ruled, released, ruled

How = Literal["with-period", "now", "undo"]
REASON = "subscription cancel"
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """
    What an end comes to; without refusal and action it is so already: why.

    `first` releases a schedule of ours, under which nothing is ended.
    """

    action: ReviseSubscription | CancelSubscription | None = None
    first: ReleaseSchedule | None = None
    refusal: Finding | None = None
    already: str = ""


def end(
    sub: Subscription,
    how: How,
    rules: Rules,
    *,
    note: str,
    schedule: Schedule | None = None,
) -> End:
    """Return what it comes to; `note` stands in Stripe with an end now."""
    if already := _already(sub, how):
        return End(already=already)
    is_ours = ruled(sub, schedule) not in (Ruled.NOT, Ruled.BY_ANOTHER)
    first = released(sub, REASON) if is_ours else None
    refused = next(_refusals(sub, how, rules, is_free=first is not None), None)
    if refused is not None:
        return End(refusal=refused)
    if how == "now":
        now = CancelSubscription(
            subscription=sub.id, note=note, reason=REASON, paid=True
        )
        return End(action=now, first=first)
    return End(action=_told(sub, ends=how == "with-period"), first=first)


def days_lost(sub: Subscription, now: float) -> int:
    """Return how many days of what is paid for an end now gives up."""
    ends = period_end(sub)
    if ends is None or sub.status not in LIVE or sub.status == "past_due":
        return 0
    return max(0, ends - int(now)) // DAY_S


def _already(sub: Subscription, how: How) -> str:
    """Say why there is nothing to do, "" where there is."""
    if how != "undo" and sub.status in ENDED:
        ended = "" if sub.ended_at is None else f" since {day(sub.ended_at)}"
        return f"{sub.id} is over{ended}"
    if how == "with-period" and sub.ends_with_period:
        return f"{sub.id} ends with its period already, {day(period_end(sub))}"
    goes_on = not sub.ends_with_period and sub.cancel_at is None
    if how == "undo" and sub.status not in ENDED and goes_on:
        return f"{sub.id} does not end with its period"
    return ""


def _refusals(
    sub: Subscription, how: How, rules: Rules, *, is_free: bool
) -> Iterator[Finding]:
    if sub.status in ENDED:
        yield over(sub)
    if is_given(sub, rules.catalogue):
        yield against(
            "subscription-is-grant",
            sub.id,
            f"{sub.id} is a free tier that was granted",
            f"eleva invite revoke {sub.id}",
        )
    if not is_free:
        yield from scheduled(sub)
    if how == "with-period" and sub.status not in LIVE:
        yield against(
            "subscription-not-live",
            sub.id,
            f"{sub.id} is {sub.status}: nothing is paid for that could run out",
            f"end it now: eleva subscription cancel {sub.id} --now",
        )
    if how != "now" and sub.cancel_at is not None and not sub.ends_with_period:
        yield against(
            "subscription-ending",
            sub.id,
            f"{sub.id} ends {day(sub.cancel_at)}, as somebody has set it",
            "take that date off in the Stripe Dashboard first, or end it now: --now",
        )


def _told(sub: Subscription, *, ends: bool) -> ReviseSubscription:
    before, after = ("false", "true") if ends else ("true", "false")
    return ReviseSubscription(
        subscription=sub.id,
        customer=sub.customer,
        before={AT_PERIOD_END: before},
        after={AT_PERIOD_END: after},
        currency=sub.items[0].currency if sub.items else "",
        reason=REASON,
    )
