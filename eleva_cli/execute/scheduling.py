"""What a change at the renewal does, in two steps, and how one sees that it was done.

What rules a subscription by now decides: nothing, a schedule that was only begun, ours
with what is to come, or somebody else's, which is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from eleva_cli.execute.billing import ENDED, LATEST_S, MOVED, UNPAID
from eleva_cli.execute.sight import (
    OPEN,
    SATISFIED,
    Seen,
    Sight,
    Trail,
    changed,
    needed,
)
from eleva_cli.plan.billing import PRICE_OF, prices_of, terms_of
from eleva_cli.plan.scheduling import (
    COMING_PRICE,
    BeginSchedule,
    ReleaseSchedule,
    ReviseAtRenewal,
    Scheduling,
    is_bare,
    is_ours,
    marks_of,
    metadata_of,
)
from eleva_cli.ports import (
    Fields,
    ItemWish,
    PhaseWish,
    Ports,
    Schedule,
    StripePort,
    Subscription,
    Written,
)


def do(
    action: Scheduling, ports: Ports, key: str, target: str | None
) -> Written[object]:
    """Send the action's one change; raises a `RemoteError`."""
    stripe = ports.stripe
    match action:
        case BeginSchedule(subscription=subscription):
            return stripe.begin_schedule(subscription, key=key).forget()
        case ReviseAtRenewal():
            return stripe.plan_phase(needed(target), _wish(action), key=key).forget()
        case ReleaseSchedule():
            return stripe.release_schedule(needed(target), key=key).forget()
        case _:
            assert_never(action)


def look(
    action: Scheduling, ports: Ports, made: str | None, trail: Trail, now: float | None
) -> Sight:
    """Read afresh what rules the subscription; `made` may rule it though none shows."""
    stripe = ports.stripe
    found = stripe.billed(action.subscription)
    match action:
        case BeginSchedule():
            return _look_to_begin(action, found, stripe, made, now)
        case ReviseAtRenewal():
            begun = made or trail.get(BeginSchedule.kind)
            return _look_to_revise(action, found, stripe, begun, now)
        case ReleaseSchedule():
            return _look_to_release(action, found, stripe)
        case _:
            assert_never(action)


def _wish(action: ReviseAtRenewal) -> PhaseWish:
    before, after = prices_of(action.before), prices_of(action.after)
    return PhaseWish(
        at=action.at,
        prices={before[item]: after[item] for item in after},
        metadata=metadata_of(action),
        restarts=action.restarts,
        marks=marks_of(action),
    )


def _look_to_begin(
    action: BeginSchedule,
    found: Subscription,
    stripe: StripePort,
    made: str | None,
    now: float | None,
) -> Sight:
    """One that rules it already does, where it is bare or of ours."""
    if found.status in ENDED:
        return changed(f"a subscription that is {found.status}")
    schedule = _ruling(found, stripe, made)
    if schedule is not None:
        if is_bare(schedule, found) or is_ours(schedule):
            return Sight(seen=Seen.SATISFIED, target=schedule.id)
        return _of_another(schedule)
    if _has_come(action, found):
        return SATISFIED
    return next(_obstacles(action, found, now), None) or _as_foretold(
        action, found, stripe
    )


def _look_to_revise(
    action: ReviseAtRenewal,
    found: Subscription,
    stripe: StripePort,
    begun: str | None,
    now: float | None,
) -> Sight:
    """Plan the change with the schedule that rules the subscription, and no other."""
    if found.status in ENDED:
        return changed(f"a subscription that is {found.status}")
    schedule = _ruling(found, stripe, begun)
    if schedule is None:
        return SATISFIED if _has_come(action, found) else changed("no schedule")
    if _is_planned(action, schedule):
        return SATISFIED
    if not is_bare(schedule, found):
        return _of_another(schedule)
    ready = Sight(seen=Seen.OPEN, target=schedule.id)
    return next(_obstacles(action, found, now), None) or ready


def _look_to_release(
    action: ReleaseSchedule, found: Subscription, stripe: StripePort
) -> Sight:
    """Leave a change that has come already, and what somebody else has planned."""
    if found.status in ENDED:
        return SATISFIED
    come = [name for name in action.keeps if not _stands(action.keeps, name, found)]
    if come:
        return changed("another price: the change has come already")
    schedule = _ruling(found, stripe, None)
    if schedule is None or action.begun not in (None, schedule.id):
        return SATISFIED
    if is_bare(schedule, found) or _is_meant(action, schedule):
        return Sight(seen=Seen.OPEN, target=schedule.id)
    return _of_another(schedule)


def _is_meant(action: ReleaseSchedule, schedule: Schedule) -> bool:
    if action.begun is not None or not is_ours(schedule):
        return False
    return not action.coming or schedule.metadata[COMING_PRICE] in action.coming


def _ruling(
    found: Subscription, stripe: StripePort, begun: str | None
) -> Schedule | None:
    """Read the schedule that rules a subscription; `begun` may, and not show yet."""
    name = found.schedule or begun
    if name is None:
        return None
    schedule = stripe.schedule(name)
    rules = schedule.subscription == found.id and schedule.status == "active"
    return schedule if rules else None


def _stands(fields: Fields, name: str, found: Subscription) -> bool:
    """Tell whether some item is on the price; its own id may be another by now."""
    return any(item.price == fields[name] for item in found.items)


def _is_planned(action: ReviseAtRenewal, schedule: Schedule) -> bool:
    is_same = all(
        schedule.metadata.get(name) == value for name, value in marks_of(action).items()
    )
    return is_same and is_ours(schedule)


def _has_come(action: BeginSchedule | ReviseAtRenewal, found: Subscription) -> bool:
    wanted = set(prices_of(action.after).values())
    return wanted <= {item.price for item in found.items}


def _of_another(schedule: Schedule) -> Sight:
    return changed(f"schedule {schedule.id}, which plans something else")


def _obstacles(
    action: BeginSchedule | ReviseAtRenewal, found: Subscription, now: float | None
) -> Iterator[Sight]:
    """Say what came in the way of the change since it was planned."""
    if found.status not in MOVED:
        yield changed(f"a subscription that is {found.status}")
    for name, price in action.before.items():
        item = next((i for i in found.items if f"{PRICE_OF}{i.id}" == name), None)
        if item is None and name.startswith(PRICE_OF):
            yield changed(f"no item {name.removeprefix(PRICE_OF)}")
        elif item is not None and item.price != price:
            yield changed(f"{item.price}")
        elif item is not None and item.period_end != action.at:
            yield changed("a renewal at another time")
    if now is not None and 0 <= now - action.at < LATEST_S:
        yield changed("a renewal that is due")
    if found.cancel_at is not None or found.ends_with_period:
        yield changed("a subscription that is to end")
    if action.terms not in (None, terms_of(replace(found, schedule=None))):
        yield changed("other terms (items, discounts, tax, or when it ends)")
    if found.invoice is not None and found.invoice.status in UNPAID:
        yield changed(f"invoice {found.invoice.id}, which is {found.invoice.status}")


def _as_foretold(
    action: BeginSchedule, found: Subscription, stripe: StripePort
) -> Sight:
    """Preview once more what the renewal will come to: the same, or nothing is done."""
    if action.renewal_after is None:
        return OPEN
    wishes = [
        ItemWish(item=item, price=price, quantity=action.quantities.get(item))
        for item, price in prices_of(action.after).items()
    ]
    then = stripe.preview_items(found.id, wishes)
    if (then.total, then.currency) != (action.renewal_after, action.currency):
        return changed(f"a next renewal of {then.total} {then.currency} (cents)")
    return OPEN
