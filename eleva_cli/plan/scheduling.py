"""Actions on what a subscription becomes at its renewal, by a schedule around it.

Stripe takes two calls for that: one puts the subscription under a schedule that changes
nothing, one says what comes. Our schedules say in their own metadata what is to come:
by that, and by nothing kept here, any machine finds them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, assert_never

from eleva_cli.plan.billing import METADATA, prices_of
from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.ports import Fields, Schedule, Subscription

# Metadata names of a schedule of ours: the lookup key that comes, and the price's id.
COMING, COMING_PRICE = "eleva_change", "eleva_change_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSchedule:
    """
    Put a subscription under a schedule that leaves it as it is.

    What is to come then, and what it comes to, is looked at here, before: `at` is its
    renewal (Unix seconds), `after` as of `ReviseAtRenewal`, `terms` and
    `renewal_after` as of `ReviseSubscription`.
    """

    subscription: str
    customer: str
    at: int
    before: Fields
    after: Fields
    currency: str
    reason: str
    quantities: Mapping[str, int | None] = field(default_factory=dict)
    renewal_after: int | None = None
    terms: str | None = None
    kind: ClassVar[str] = "begin_schedule"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.COMPENSATING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseAtRenewal:
    """
    Change a subscription at its renewal (`at`, in Unix seconds), by its schedule.

    `before` and `after` are those of `ReviseSubscription`; `key` is the lookup key that
    comes. With `restarts` another rhythm begins. The totals of the renewal are those
    that were shown.
    """

    subscription: str
    customer: str
    at: int
    key: str
    before: Fields
    after: Fields
    currency: str
    reason: str
    restarts: bool = False
    renewal_before: int | None = None
    renewal_after: int | None = None
    terms: str | None = None
    kind: ClassVar[str] = "revise_at_renewal"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.COMPENSATING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSchedule:
    """
    Let a subscription go on as it is: what was to come at its renewal does not.

    `keeps` are the prices that it must still be on, by item; with none of them said it
    does not matter whether the change has come already. `coming` are the prices that
    alone are taken back; with none of them said, whatever of ours is to come. With
    `begun` it is the schedule of that id, which was only begun, and no other.
    """

    subscription: str
    customer: str
    reason: str
    keeps: Fields = field(default_factory=dict)
    coming: tuple[str, ...] = ()
    begun: str | None = None
    kind: ClassVar[str] = "release_schedule"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


Scheduling = BeginSchedule | ReviseAtRenewal | ReleaseSchedule


def is_ours(schedule: Schedule) -> bool:
    """Tell whether a schedule is to do what we said, and nothing else by now."""
    price = schedule.metadata.get(COMING_PRICE)
    last = schedule.phases[-1].prices if schedule.phases else ()
    lets_go = schedule.status == "active" and schedule.ends == "release"
    return lets_go and price is not None and price in last


def is_bare(schedule: Schedule, found: Subscription) -> bool:
    """
    Tell whether a schedule was only begun: it changes nothing, and lets go then.

    One phase, as long as the period: of a second one only the prices are known here.
    """
    if schedule.status != "active" or schedule.metadata or schedule.ends != "release":
        return False
    if len(schedule.phases) != 1:
        return False
    (phase,) = schedule.phases
    prices = sorted(item.price for item in found.items)
    is_one_period = any(item.period_end == phase.end for item in found.items)
    return is_one_period and sorted(phase.prices) == prices


def marks_of(action: ReviseAtRenewal) -> dict[str, str]:
    """Return what a schedule of ours says of what is to come."""
    (price,) = set(prices_of(action.after).values())
    return {COMING: action.key, COMING_PRICE: price}


def metadata_of(action: ReviseAtRenewal) -> Fields:
    """Return the subscription's metadata that changes at the renewal."""
    return {
        name.removeprefix(METADATA): value
        for name, value in action.after.items()
        if name.startswith(METADATA)
    }


def describe(action: Scheduling) -> str:
    """Say in a few words what the action does."""
    match action:
        case BeginSchedule(subscription=subscription):
            return f"put {subscription} under a schedule, as it is"
        case ReviseAtRenewal(subscription=subscription, key=key):
            return f"move {subscription} at its renewal: to {key}"
        case ReleaseSchedule(subscription=subscription, begun=str()):
            return f"release the schedule of {subscription} that was only begun"
        case ReleaseSchedule(subscription=subscription):
            return f"release the schedule of {subscription}: it goes on as it is"
        case _:
            assert_never(action)


def subject(action: Scheduling) -> str:
    """Return the id of the subscription."""
    return action.subscription


def destruction(action: Scheduling) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    match action:
        case ReviseAtRenewal(renewal_before=before, renewal_after=after):
            return "charge" if (after or 0) > (before or 0) else None
        case BeginSchedule() | ReleaseSchedule():
            return None
        case _:
            assert_never(action)


def reverse(action: Scheduling) -> Scheduling | None:
    """Return the action that takes this one back, `None` where nothing does alone."""
    match action:
        case BeginSchedule(before=before) | ReviseAtRenewal(before=before):
            coming = prices_of(action.after).values()
            return ReleaseSchedule(
                subscription=action.subscription,
                customer=action.customer,
                keeps={name: before[name] for name in before if _is_price(name)},
                coming=tuple(dict.fromkeys(coming)),
                reason="undo",
            )
        case ReleaseSchedule(begun=str()):
            return action  # nothing was lost with it: it is as it was
        case ReleaseSchedule():
            return None
        case _:
            assert_never(action)


def _is_price(name: str) -> bool:
    return not name.startswith(METADATA)
