"""How a paid subscription is begun, and how one sees that it was, on any machine."""

from __future__ import annotations

from eleva_cli.errors import InDoubtError
from eleva_cli.execute.sight import (
    Seen,
    Sight,
    Trail,
    changed,
)
from eleva_cli.plan.billing import (
    METADATA,
    OPERATION,
    StartSubscription,
)
from eleva_cli.plan.subscribing import CreateCustomer
from eleva_cli.ports import (
    Fields,
    Renewal,
    StripePort,
    Subscription,
)

ENDED = ("canceled", "incomplete_expired")


def given(action: StartSubscription) -> Fields:
    """Return the request's fields: stamps, the operation's id, the currency."""
    stamps = {**action.metadata, OPERATION: action.operation}
    fields = {f"{METADATA}{name}": value for name, value in stamps.items()}
    return {**fields, "currency": action.currency}


def look_to_start(
    action: StartSubscription, stripe: StripePort, made: str | None, trail: Trail
) -> Sight:
    """Find the operation's own subscription, then any other that is in the way."""
    customer = action.customer or trail.get(CreateCustomer.kind)
    if customer is None:
        raise InDoubtError(
            f"which customer was made for {action.organization} is not known here",
            code="customer-unseen",
            service="stripe",
            hint="give the same command once more: it finds it",
        )
    found = list(stripe.subscriptions_of(customer))
    if made is not None and made not in {one.id for one in found}:
        found.append(stripe.subscription(made))
    living = [one for one in found if one.status not in ENDED]
    own = [one for one in found if one.metadata.get(OPERATION) == action.operation]
    if own:
        return _as_started(action, next((o for o in own if o in living), own[0]))
    for one in living:
        if any(item.product in action.family for item in one.items):
            return changed(f"{one.id}, which is {one.status}")
    first = stripe.preview_first(customer, action.price, currency=action.currency)
    if (asked(first), first.currency) != (action.due_now, action.currency):
        return changed(f"a first invoice of {asked(first)} {first.currency} (cents)")
    return Sight(seen=Seen.OPEN, target=customer)


def _as_started(action: StartSubscription, found: Subscription) -> Sight:
    """Judge what is there under the operation's id; what waits to be paid is there."""
    if found.status in ENDED:
        return changed(f"{found.id}, begun and {found.status} by now")
    if not any(item.price == action.price for item in found.items):
        return changed(f"{found.id}, begun at another price meanwhile")
    return Sight(seen=Seen.SATISFIED, target=found.id)


def asked(invoice: Renewal) -> int:
    """Return what an invoice will ask, with what the customer owes or has."""
    return invoice.total if invoice.amount_due is None else invoice.amount_due
