"""One organization's lane: what several grants of it make together, in a safe order.

What an earlier grant will make stands in the situation of a later one as if it were
there, under ids of its own; no such id is left in an action.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from eleva_cli.invite import Decision, Situation
from eleva_cli.invite.rows import Asked
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    LinkOrganization,
    SetRole,
    StampCustomer,
)
from eleva_cli.ports import (
    Customer,
    Fields,
    Membership,
    Organization,
    Renewal,
    Subscription,
    SubscriptionItem,
)

PENDING = "pending:"  # begins the ids of what a file makes; no service has such
# Which part of a lane comes when: the customer, its link, what it is granted, roles.
ORDER = (
    (CreateCustomer, StampCustomer),
    (LinkCustomer, LinkOrganization),
    (CreateSubscription, ChangeSubscription),
    (SetRole,),
)


@dataclass(slots=True, kw_only=True)
class Lane:
    """One organization: how it will be, and what makes it so."""

    id: str
    is_live: bool
    organization: Organization
    customer: Customer | None
    subscriptions: tuple[Subscription, ...]
    memberships: dict[str, Membership] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    steps: list[Action] = field(default_factory=list)

    def as_will_be(self, found: Situation) -> Situation:
        """Return a later row's situation, with what earlier rows make in it."""
        present = found.membership
        return replace(
            found,
            organization=self.organization,
            customer=self.customer,
            subscriptions=self.subscriptions,
            membership=self.memberships.get(present.id, present),
            first=found.first if is_real(self.customer) else _nothing_due(found),
            rivals=() if self.customer else found.rivals,
            alike=() if self.customer else found.alike,
        )

    @property
    def actions(self) -> tuple[Action, ...]:
        """All steps in the order in which they are safe to be cut short."""
        return tuple(
            step for kinds in ORDER for step in self.steps if isinstance(step, kinds)
        )

    def take(self, asked: Asked, decision: Decision, found: Situation) -> list[Action]:
        """Add a decision; return the actions that are the row's own."""
        self.taken[asked.wish.offer.family_name] = asked.line
        own: list[Action] = []
        for action in decision.actions:
            match action:
                case CreateCustomer():
                    self.steps.append(action)
                    self.customer = _as_made(action, found, is_live=self.is_live)
                case StampCustomer():
                    self._stamp(action)
                case LinkCustomer() | LinkOrganization():
                    self.steps.append(action)
                    self._link()
                case CreateSubscription():
                    own.append(_without_pending(action))
                    self.subscriptions += (_as_subscribed(action, asked, found),)
                case ChangeSubscription():
                    own.append(action)
                    self._change(action, asked)
                case SetRole():
                    own.append(action)
                    self._promote(action, found.membership)
                case _:
                    raise TypeError(f"{action.kind} is no part of a grant")
        self.steps += own
        return own

    def _stamp(self, stamp: StampCustomer) -> None:
        """Name more on the customer, in the request that names the rest."""
        assert self.customer is not None, "only what is there is stamped"
        told = {**self.customer.metadata, **stamp.after}
        kept = {name: text for name, text in told.items() if text is not None}
        self.customer = replace(self.customer, metadata=kept)
        for at, step in enumerate(self.steps):
            if isinstance(step, CreateCustomer):
                metadata = {**step.metadata, **stamp.after}
                self.steps[at] = replace(step, metadata=metadata)
                return
            if isinstance(step, StampCustomer):
                self.steps[at] = replace(
                    step,
                    before={**stamp.before, **step.before},
                    after={**step.after, **stamp.after},
                )
                return
        self.steps.append(stamp)

    def _link(self) -> None:
        assert self.customer is not None, "only what is there is linked"
        self.organization = replace(
            self.organization, stripe_customer_id=self.customer.id
        )

    def _change(self, action: ChangeSubscription, asked: Asked) -> None:
        offer = asked.wish.offer
        self.subscriptions = tuple(
            replace(
                sub,
                items=tuple(
                    replace(item, product=offer.product, key=offer.key, made_as=None)
                    if item.id == action.item
                    else item
                    for item in sub.items
                ),
            )
            if sub.id == action.subscription
            else sub
            for sub in self.subscriptions
        )

    def _promote(self, action: SetRole, present: Membership) -> None:
        self.memberships[present.id] = replace(
            present, role=action.after[0], roles=action.after
        )


def _nothing_due(found: Situation) -> Renewal | None:
    """Return the first invoice of a customer who is only meant: nothing is owed."""
    if found.price is None:
        return None
    return Renewal(total=0, amount_due=0, currency=found.price.currency)


def is_real(customer: Customer | None) -> bool:
    """Tell a customer that is there from one that is only meant to be."""
    return customer is not None and not customer.id.startswith(PENDING)


def _as_made(action: CreateCustomer, found: Situation, *, is_live: bool) -> Customer:
    """Return the customer that an action makes; its first invoice sets its currency."""
    price = found.price
    assert price is not None, "refused before"
    metadata = {k: text for k, text in action.metadata.items() if text is not None}
    return Customer(
        id=f"{PENDING}{action.organization}",
        created=0,
        email=None,
        livemode=is_live,
        metadata=metadata,
        currency=price.currency,
    )


def _as_subscribed(
    action: CreateSubscription, asked: Asked, found: Situation
) -> Subscription:
    """Return the subscription that an action makes."""
    offer, price = asked.wish.offer, found.price
    assert price is not None, "refused before"
    item = SubscriptionItem(
        id="",
        price=price.id,
        product=offer.product,
        quantity=1,
        unit_amount=0,
        currency=action.currency or price.currency,
        interval=price.interval,
        key=offer.key,
    )
    return Subscription(
        id=f"{PENDING}{action.grant}",
        customer=action.customer or "",
        status="active",
        created=0,
        livemode=False,
        metadata=_told(action.metadata),
        items=(item,),
        cancel_at=action.until,
    )


def _told(metadata: Fields) -> dict[str, str]:
    return {name: text for name, text in metadata.items() if text is not None}


def _without_pending(action: CreateSubscription) -> CreateSubscription:
    """Take out the ids that only a file knows: the lane's trail will have the real."""
    customer = action.customer
    if customer is not None and customer.startswith(PENDING):
        customer = None
    beside = tuple(one for one in action.beside if not one.startswith(PENDING))
    return replace(action, customer=customer, beside=beside)
