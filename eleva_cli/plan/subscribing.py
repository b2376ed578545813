"""Actions on who is subscribed: customers made, subscriptions, the role in WorkOS.

The id of a customer that a lane makes is not known when it is planned: who needs it
says `customer=None`, and gets it from the lane's own trail when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, assert_never

from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.ports import Fields, Subscription

GRANT = "eleva_grant"  # the metadata name of an operation's id
PRICE, ENDS_AT, METADATA = "price", "cancel_at", "metadata."
LIVED_ON = frozenset({"active", "trialing", "past_due"})  # what brings a role


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """
    Make a customer for an organization; its address is the user's.

    The address is private: it is read from WorkOS when the request is made, and stands
    in no plan. `marks` are the metadata names by which the customer is found again.
    """

    organization: str
    user: str
    metadata: Fields
    marks: tuple[str, ...]
    reason: str
    kind: ClassVar[str] = "create_customer"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.SHARED_KEY
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE
    identity: ClassVar[tuple[str, ...]] = ("organization",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCustomer:
    """Link an organization, so far without a customer, to the one its lane made."""

    organization: str
    reason: str
    kind: ClassVar[str] = "link_customer"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.COMPENSATING


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubscription:
    """
    Subscribe a customer to one price.

    `grant` is the operation's id, which stands in the metadata: by it the subscription
    is found again on any machine. `family` are the products of which the customer may
    have no other live subscription than those in `beside`. `until` is when it ends, in
    Unix seconds. `currency` is said only where the price has more than one.
    """

    organization: str
    customer: str | None
    grant: str
    price: str
    key: str
    family: tuple[str, ...]
    beside: tuple[str, ...]
    metadata: Fields
    until: int | None
    currency: str | None
    reason: str
    kind: ClassVar[str] = "create_subscription"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.SHARED_KEY
    reversal: ClassVar[Reversal] = Reversal.COMPENSATING
    identity: ClassVar[tuple[str, ...]] = ("grant",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscription:
    """
    Change fields of a subscription with one request, without proration.

    `before` and `after` have the same names, flat: `price` (the item's), `cancel_at`
    (Unix seconds as text), `metadata.NAME`; `None` is absent. `item` is the one whose
    price it is, with its quantity.
    """

    subscription: str
    item: str
    quantity: int | None
    before: Fields
    after: Fields
    reason: str
    kind: ClassVar[str] = "change_subscription"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSubscription:
    """
    End a subscription now, without invoice or proration; `note` says by whom.

    One that asks something is left alone unless `paid`: somebody was shown that.
    """

    subscription: str
    note: str
    reason: str
    paid: bool = False
    kind: ClassVar[str] = "cancel_subscription"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRole:
    """
    Give a member these roles in place of those; the first is the primary one.

    `lowers` says that the user loses by it. Where a `customer` is named, the role goes
    by what it lives on: `holds` are its items and their products, as `ITEM:PRODUCT`,
    and it is set only while there are no others and none is missing.
    """

    membership: str
    organization: str
    user: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    lowers: bool
    reason: str
    customer: str | None = None
    holds: tuple[str, ...] = ()
    kind: ClassVar[str] = "set_role"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.EXACT


Subscribing = (
    CreateCustomer
    | LinkCustomer
    | CreateSubscription
    | ChangeSubscription
    | CancelSubscription
    | SetRole
)


def held_items(subscriptions: Iterable[Subscription]) -> Iterator[str]:
    """Give what is lived on as `SetRole.holds` names it."""
    for sub in subscriptions:
        for item in sub.items if sub.status in LIVED_ON else ():
            yield f"{item.id}:{item.product}"


def describe(action: Subscribing) -> str:
    """Say in a few words what the action does."""
    match action:
        case CreateCustomer(organization=organization):
            return f"create a customer for {organization}"
        case LinkCustomer(organization=organization):
            return f"link {organization} to its new customer"
        case CreateSubscription(key=key, customer=customer, organization=whose):
            return f"subscribe {customer or f'the customer of {whose}'} to {key}"
        case ChangeSubscription(subscription=subscription, after=after):
            return f"change {subscription}: {', '.join(sorted(after))}"
        case CancelSubscription(subscription=subscription):
            return f"cancel {subscription} now"
        case SetRole(user=user, organization=organization, after=after):
            return f"make {user} {' and '.join(after)} in {organization}"
        case _:
            assert_never(action)


def subject(action: Subscribing) -> str:
    """Return the id of the one object that is written, or whose it will be."""
    match action:
        case (
            CreateCustomer(organization=organization)
            | LinkCustomer(organization=organization)
        ):
            return organization
        case CreateSubscription(grant=grant):
            return grant
        case (
            ChangeSubscription(subscription=subscription)
            | CancelSubscription(subscription=subscription)
        ):
            return subscription
        case SetRole(membership=membership):
            return membership
        case _:
            assert_never(action)


def destruction(action: Subscribing) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    match action:
        case CancelSubscription():
            return "cancel"
        case SetRole(lowers=lowers):
            return "lower" if lowers else None
        case (
            CreateCustomer()
            | LinkCustomer()
            | CreateSubscription()
            | ChangeSubscription()
        ):
            return None
        case _:
            assert_never(action)


def reverse(action: Subscribing) -> Subscribing | None:
    """Return the action that takes this one back, `None` where nothing does alone."""
    match action:
        case ChangeSubscription(before=before, after=after):
            return replace(action, before=after, after=before, reason="undo")
        case SetRole(before=before, after=after, lowers=lowers):
            back = replace(action, before=after, after=before, lowers=not lowers)
            return replace(back, customer=None, holds=(), reason="undo")
        case (
            CreateCustomer() | LinkCustomer() | CreateSubscription()
            | CancelSubscription()
        ):  # fmt: skip
            return None
        case _:
            assert_never(action)
