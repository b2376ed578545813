"""What actions on what somebody pays for do, and how one sees whether it was done.

Nothing is written that would come to another amount than the one that was planned: who
holds the subscription, its terms and its next invoices are looked at once more, right
before the request. Near a renewal nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from eleva_cli.errors import MissingError
from eleva_cli.execute import starting
from eleva_cli.execute.sight import (
    OPEN,
    SATISFIED,
    Seen,
    Sight,
    Trail,
    changed,
    needed,
)
from eleva_cli.plan.billing import (
    AT_PERIOD_END,
    METADATA,
    PRICE_OF,
    Billing,
    ReviseSubscription,
    StartSubscription,
    prices_of,
    terms_of,
)
from eleva_cli.ports import (
    Fields,
    ItemWish,
    Ports,
    Renewal,
    StripePort,
    Subscription,
    Written,
)

ENDED = ("canceled", "incomplete_expired")
MOVED = ("active", "trialing")
UNPAID = ("draft", "open")
LATEST_S = 86_400  # whose renewal is later than a day has a clock of its own
SLACK = 1000  # what is left of a period is counted by the second: a thousandth of it


def do(action: Billing, ports: Ports, key: str, target: str | None) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case ReviseSubscription(subscription=subscription, after=after):
            return ports.stripe.revise_subscription(
                subscription,
                {n: v for n, v in after.items() if not n.startswith(PRICE_OF)},
                items=_wishes(action),
                proration=action.proration,
                key=key,
                prorated_at=action.prorated_at,
            ).forget()
        case StartSubscription(price=price):
            customer, fields = needed(target), starting.given(action)
            return ports.stripe.start_subscription(
                customer, price, fields, key=key
            ).forget()
        case _:
            assert_never(action)


def look(
    action: Billing, ports: Ports, made: str | None, trail: Trail, now: float | None
) -> Sight:
    """Read afresh what the action is about; without `now` no renewal is near."""
    match action:
        case ReviseSubscription():
            return _look_to_revise(action, ports.stripe, now)
        case StartSubscription():
            return starting.look_to_start(action, ports.stripe, made, trail)
        case _:
            assert_never(action)


def judge(action: ReviseSubscription, found: Subscription) -> Sight:
    """Compare a row of a list with what the action wants: whether all of it is there.

    A row that was cut does not show every item: there is nothing to be said by it.
    """
    now = fields_of(found, action)
    other = [name for name in action.after if now[name] != action.after[name]]
    if not other:
        return SATISFIED
    moved = [name for name in other if now[name] != action.before[name]]
    if moved and not found.is_cut:
        return changed(f"other {', '.join(sorted(moved))}")
    return OPEN


def fields_of(found: Subscription, action: ReviseSubscription) -> Fields:
    """Return what the action's fields are now."""
    known = {
        AT_PERIOD_END: "true" if found.ends_with_period else "false",
        **{f"{PRICE_OF}{item.id}": item.price for item in found.items},
        **{f"{METADATA}{name}": value for name, value in found.metadata.items()},
    }
    return {name: known.get(name) for name in action.after}


def _wishes(action: ReviseSubscription) -> tuple[ItemWish, ...]:
    return tuple(
        ItemWish(item=item, price=price, quantity=action.quantities.get(item))
        for item, price in prices_of(action.after).items()
    )


def _look_to_revise(
    action: ReviseSubscription, stripe: StripePort, now: float | None
) -> Sight:
    found = stripe.billed(action.subscription)
    if found.status in ENDED:
        return changed(f"a subscription that is {found.status}")
    sight = judge(action, found)
    if sight.seen is not Seen.OPEN or _is_free_of_money(action):
        return sight
    if fence := _near_renewal(found, action.fence_s, now):
        return replace(OPEN, fence=fence)
    if not prices_of(action.after):
        return OPEN
    return next(_obstacles(action, found), None) or _repriced(action, found, stripe)


def _repriced(
    action: ReviseSubscription, found: Subscription, stripe: StripePort
) -> Sight:
    """Preview once more what stands in the action: the same amounts, or nothing."""
    try:
        if action.is_undo:
            return _as_it_was(action, found, stripe)
        return _as_foretold(action, found, stripe)
    except MissingError:
        return changed("no next renewal to preview")


def _is_free_of_money(action: ReviseSubscription) -> bool:
    return all(name.startswith(METADATA) for name in action.after)


def _near_renewal(
    found: Subscription, fence_s: int, now: float | None
) -> tuple[int, int] | None:
    """Return from when until when a renewal is too near, `None` where none is."""
    if now is None or fence_s <= 0:
        return None
    bounds = {at for item in found.items for at in (item.period_start, item.period_end)}
    near = [at for at in bounds if at is not None and abs(at - now) < fence_s]
    if not near and found.status in MOVED and _is_late(found, now):
        near = [int(now)]
    return (min(near) - fence_s, max(near) + fence_s) if near else None


def _is_late(found: Subscription, now: float) -> bool:
    """Tell whether a renewal was due and has not come: it may at any moment."""
    ends = (item.period_end for item in found.items)
    return any(end is not None and 0 <= now - end < LATEST_S for end in ends)


def _obstacles(action: ReviseSubscription, found: Subscription) -> Iterator[Sight]:
    """Say what came in the way of another price since it was planned."""
    if found.status not in MOVED:
        yield changed(f"a subscription that is {found.status}")
    if found.schedule is not None:
        yield changed(f"schedule {found.schedule}")
    many = {item.id: item.quantity for item in found.items}
    for item, quantity in action.quantities.items():
        if many.get(item) != quantity:
            yield changed(f"{many.get(item)} of {item}, not {quantity}")
    if not action.is_undo and action.terms not in (None, terms_of(found)):
        yield changed("other terms (items, discounts, tax, or when it ends)")
    # The latest alone, which comes with the subscription. A migration's plan has read
    # the lists of unpaid ones, and paid, void and uncollectible never become draft or
    # open again: what is unpaid now was made since. A renewal, a change and a threshold
    # make the latest one; to hide an older one, two must have come since the plan,
    # which is of this minute, unless it was prepared (`--confirm` reads the lists once
    # more). What somebody makes by hand holds items of its own, and a switch without
    # proration adds nothing to any invoice that is there.
    if found.invoice is not None and found.invoice.status in UNPAID:
        yield changed(f"invoice {found.invoice.id}, which is {found.invoice.status}")


def _as_foretold(
    action: ReviseSubscription, found: Subscription, stripe: StripePort
) -> Sight:
    if action.renewal_after is None and found.discounted:
        return changed("a discount of the customer's")  # nobody asked what it is for
    if action.renewal_after is not None:
        kind = action.proration if action.proration != "always_invoice" else "none"
        then = stripe.preview_items(
            found.id, _wishes(action), proration=kind, prorated_at=action.prorated_at
        )
        slack = 0 if _is_exact(action) else 1 + abs(action.renewal_after) // SLACK
        if not _is_asked(then, action, action.renewal_after, slack):
            return changed(f"a next renewal of {_amount(then)}")
    if action.proration == "always_invoice":
        due = stripe.preview_items(
            found.id,
            _wishes(action),
            proration="always_invoice",
            prorated_at=action.prorated_at,
        )
        asked = starting.asked(due)
        if asked > action.due_now or due.currency != action.currency:
            return changed(f"an invoice to come now that asks {asked} (cents)")
    return OPEN


def _is_exact(action: ReviseSubscription) -> bool:
    """Tell whether what is left of the period is counted from the same moment."""
    return action.proration != "create_prorations" or action.prorated_at is not None


def _is_asked(
    renewal: Renewal, action: ReviseSubscription, total: int, slack: int
) -> bool:
    is_near = abs(renewal.total - total) <= slack
    return is_near and renewal.currency == action.currency


def _as_it_was(
    action: ReviseSubscription, found: Subscription, stripe: StripePort
) -> Sight:
    """Let the way back change the renewal by what the way there did, and not more.

    The terms may have moved on since: a discount that ended, a new tax. Where they have
    not, and nothing money depends on was changed, nobody asks.
    """
    is_same = action.terms == terms_of(found)
    if action.renewal_after is None and is_same and not found.discounted:
        return OPEN
    if not is_same and _discounts_of(found) > 1:
        return changed("several discounts, of which one may hide another")
    was = stripe.preview_items(found.id, ())
    then = stripe.preview_items(found.id, _wishes(action))
    rise = (action.renewal_after or 0) - (action.renewal_before or 0)
    if (then.currency, then.due_at) != (was.currency, was.due_at):
        return changed(f"a renewal that would be due otherwise: {_amount(then)}")
    if then.total - was.total > max(rise, 0):
        return changed(f"a next renewal of {_amount(then)} after {_amount(was)}")
    return OPEN


def _discounts_of(found: Subscription) -> int:
    names = ("discounts", "items.discounts")
    own = sum(len(found.facets.get(name, "").split()) for name in names)
    return own + found.discounted


def _amount(renewal: Renewal) -> str:
    return f"{renewal.total} {renewal.currency} (cents)"
