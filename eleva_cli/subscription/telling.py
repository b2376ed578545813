"""Which events a change of one subscription causes: others may listen and react."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from eleva_cli.plan import (
    Action,
    BeginSchedule,
    CancelSubscription,
    CreateCustomer,
    LinkCustomer,
    LinkOrganization,
    ReleaseSchedule,
    ReviseAtRenewal,
    ReviseSubscription,
    SetRole,
    StampCustomer,
    StartSubscription,
)

STRIPE = {
    CreateCustomer.kind: ("customer.created",),
    StampCustomer.kind: ("customer.updated",),
    StartSubscription.kind: ("customer.subscription.created", "invoice.finalized"),
    ReviseSubscription.kind: ("customer.subscription.updated",),
    CancelSubscription.kind: ("customer.subscription.deleted",),
    BeginSchedule.kind: (
        "subscription_schedule.created",
        "customer.subscription.updated",
    ),
    ReviseAtRenewal.kind: ("subscription_schedule.updated",),
    ReleaseSchedule.kind: (
        "subscription_schedule.released",
        "customer.subscription.updated",
    ),
}
WORKOS = {
    LinkCustomer.kind: "organization.updated",
    LinkOrganization.kind: "organization.updated",
    SetRole.kind: "organization_membership.updated",
}


def told(actions: Iterable[Action]) -> Counter[str]:
    """Count Stripe's events by type."""
    return Counter(event for action in actions for event in _events(action))


def told_by_workos(actions: Iterable[Action]) -> tuple[str, ...]:
    """Name WorkOS's events, each once; only its Dashboard knows who hears of them."""
    found = (WORKOS.get(action.kind) for action in actions)
    return tuple(dict.fromkeys(event for event in found if event))


def _events(action: Action) -> Iterator[str]:
    yield from STRIPE.get(action.kind, ())
    if isinstance(action, ReviseSubscription) and action.due_now > 0:
        yield from ("invoice.finalized", "invoice.paid")
