"""Actions on what somebody pays for: prices, stamps and the end of a subscription.

What they ask is previewed when they are planned, stands in the action, and is previewed
once more right before they are sent: another amount is another action.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, assert_never

from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.ports import Fields, Proration, Subscription

PRICE_OF, METADATA, AT_PERIOD_END = "price.", "metadata.", "cancel_at_period_end"
OPERATION = "eleva_operation"  # the metadata name of an operation's id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseSubscription:
    """
    Change fields of a subscription with one request, so that one event goes out.

    `before` and `after` have the same names, flat: `price.ITEM` (an item's price),
    `metadata.NAME`, `cancel_at_period_end` ("true", "false"); `None` is absent.
    `quantities` are those of the items whose price changes.

    `renewal_before` and `renewal_after` are the totals of the next renewal, tax and
    discounts included, in the currency's smallest unit; `None` where nothing that money
    depends on differs and nobody asked. `due_now` is what the change itself bills.
    `terms` identifies the other terms as they were planned for (`terms_of`). For
    `fence_s` seconds before and after a renewal nothing is written. `is_undo` says that
    it takes another one back: then the terms may have moved on.
    """

    subscription: str
    customer: str
    before: Fields
    after: Fields
    currency: str
    reason: str
    quantities: Mapping[str, int | None] = field(default_factory=dict)
    proration: Proration = "none"
    prorated_at: int | None = None
    renewal_before: int | None = None
    renewal_after: int | None = None
    due_now: int = 0
    terms: str | None = None
    fence_s: int = 0
    is_undo: bool = False
    kind: ClassVar[str] = "revise_subscription"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubscription:
    """
    Subscribe a customer to one unit of a price that is paid on Stripe's own page.

    `customer` is `None` where the lane makes it. `operation` stands in the metadata: by
    it the subscription is found again on any machine. `family` are the products of
    which the customer may have no other live subscription. `due_now` is what the first
    invoice asks, as it was previewed, in the currency's smallest unit.
    """

    organization: str
    customer: str | None
    operation: str
    price: str
    key: str
    family: tuple[str, ...]
    metadata: Fields
    currency: str
    due_now: int
    reason: str
    kind: ClassVar[str] = "start_subscription"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.SHARED_KEY
    reversal: ClassVar[Reversal] = Reversal.COMPENSATING
    identity: ClassVar[tuple[str, ...]] = ("operation",)


Billing = ReviseSubscription | StartSubscription


def terms_of(subscription: Subscription) -> str:
    """Identify the terms that a change leaves as they are, so that another is told."""
    facets = sorted(subscription.facets.items())
    items = sorted((one.id, one.quantity) for one in subscription.items)
    text = json.dumps([facets, items, subscription.schedule, subscription.cancel_at])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def prices_of(fields: Fields) -> dict[str, str]:
    """Return the prices among an action's fields, by item."""
    return {
        name.removeprefix(PRICE_OF): value
        for name, value in fields.items()
        if name.startswith(PRICE_OF) and value is not None
    }


def describe(action: Billing) -> str:
    """Say in a few words what the action does."""
    match action:
        case ReviseSubscription():
            return _described(action)
        case StartSubscription(key=key, customer=customer, organization=whose):
            return f"subscribe {customer or f'the customer of {whose}'} to {key}"
        case _:
            assert_never(action)


def _described(action: ReviseSubscription) -> str:
    moves = prices_of(action.after)
    said = [f"to {price}" for price in dict.fromkeys(moves.values())]
    stamped = [name for name in action.after if name.startswith(METADATA)]
    if stamped:
        said.append("stamped" if any(map(action.after.get, stamped)) else "unstamped")
    if AT_PERIOD_END in action.after:
        ends = action.after[AT_PERIOD_END] == "true"
        said.append("ending with its period" if ends else "going on")
    verb = "move" if moves else "change"
    return f"{verb} {action.subscription}: {', '.join(said)}"


def subject(action: Billing) -> str:
    """Return the id of the one object that is written, or whose it will be."""
    match action:
        case ReviseSubscription(subscription=subscription):
            return subscription
        case StartSubscription(operation=operation):
            return operation
        case _:
            assert_never(action)


def destruction(action: Billing) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    match action:
        case ReviseSubscription(after=after) if after.get(AT_PERIOD_END) == "true":
            return "cancel"
        case ReviseSubscription() | StartSubscription():
            return "charge" if _rises(action) else None
        case _:
            assert_never(action)


def _rises(action: Billing) -> bool:
    if action.due_now > 0:
        return True
    if isinstance(action, StartSubscription):
        return False
    return (action.renewal_after or 0) > (action.renewal_before or 0)


def reverse(action: Billing) -> Billing | None:
    """Return the action that takes this one back, `None` where nothing does alone."""
    match action:
        case ReviseSubscription(proration="none", before=before, after=after):
            return replace(
                action,
                before=after,
                after=before,
                renewal_before=action.renewal_after,
                renewal_after=action.renewal_before,
                is_undo=not action.is_undo,
                reason="undo",
            )
        case ReviseSubscription() | StartSubscription():
            return None
        case _:
            assert_never(action)
