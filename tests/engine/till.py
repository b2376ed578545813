"""What subscribers pay, in a few lines of memory, beside links, stamps and roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eleva_cli.errors import MissingError
from eleva_cli.plan import ReviseSubscription
from eleva_cli.plan.billing import terms_of
from eleva_cli.ports import (
    Fields,
    Invoice,
    ItemWish,
    Membership,
    Proration,
    Renewal,
    Subscription,
    SubscriptionItem,
    Written,
)
from tests.engine.services import Services

SUB, ITEM, CUSTOMER = "sub_1", "si_1", "cus_1"
OLD, NEW, DEAR, FREE = "price_old", "price_new", "price_dear", "price_free"
AMOUNTS = {OLD: 2000, NEW: 2000, DEAR: 3000, FREE: 0}
ENDED = ("canceled", "incomplete_expired")
BEGAN, ENDS = 1_766_000_000, 1_768_678_400  # a month with the fake clock's start in it


class Till(Services):
    """
    Stripe as far as somebody pays; `off` is taken from each renewal.

    `asked` are the previews that somebody asked for, `counted` from when. What is
    billed at once is the difference of prices for half a period.
    """

    def __init__(self) -> None:
        super().__init__()
        self.subscriptions = {SUB: subscription()}
        self.members: dict[str, Membership] = {}
        self.off = 0
        self.asked: list[tuple[str, str]] = []
        self.counted: list[int | None] = []
        self.sent: list[Mapping[str, Any]] = []
        self.on_look: Callable[[], None] = lambda: None
        self.given: dict[str, Subscription] = {}

    def put(self, name: str = SUB, **fields: Any) -> None:
        """Let somebody else change a subscription."""
        self.subscriptions[name] = replace(self.subscriptions[name], **fields)

    def billed(self, subscription_id: str) -> Subscription:
        self._begin(f"billed {subscription_id}")
        self.on_look()
        return self._found(subscription_id)

    subscription = billed

    def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        found = self.subscriptions.values()
        return tuple(one for one in found if one.customer == customer_id)

    def preview_items(
        self,
        subscription_id: str,
        items: Sequence[ItemWish],
        *,
        proration: Proration = "none",
        prorated_at: int | None = None,
    ) -> Renewal:
        found = self._found(subscription_id)
        self.asked.append((subscription_id, proration))
        self.counted.append(prorated_at)
        if found.ends_with_period or found.status in ENDED:
            raise MissingError("none to come", code="not-found", service="stripe")
        now, then = _total(found, ()), _total(found, items)
        half = (then - now) // 2
        if proration == "always_invoice":
            due = max(half, 0)
            return Renewal(total=half, currency="eur", amount_due=due)
        more = half if proration == "create_prorations" else 0
        due_at = found.items[0].period_end
        return Renewal(total=then + more - self.off, currency="eur", due_at=due_at)

    def preview_first(
        self, _customer_id: str, price_id: str, *, currency: str
    ) -> Renewal:
        return Renewal(total=AMOUNTS[price_id] - self.off, currency=currency)

    def revise_subscription(
        self,
        subscription_id: str,
        fields: Fields,
        *,
        items: Sequence[ItemWish],
        proration: Proration,
        key: str,
        prorated_at: int | None = None,
    ) -> Written[Subscription]:
        call = f"revise {subscription_id}"
        self._begin(call)
        with self.lock:
            if key in self.given:
                return Written(value=self.given[key], replayed=True)
            found = self._found(subscription_id)
            wanted = {one.item: one for one in items}
            moved = tuple(_moved(item, wanted.get(item.id)) for item in found.items)
            found = replace(_changed(found, fields), items=moved)
            self.subscriptions[subscription_id] = self.given[key] = found
            self.done.append(call)
            counted = {} if prorated_at is None else {"prorated_at": prorated_at}
            said = {"items": items, "proration": proration, **counted}
            self.sent.append({**said, **fields})
        self._end(call)
        return Written(value=found, request_id="req_2")

    def start_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        self._begin(f"start {customer_id}")
        if key in self.given:
            return Written(value=self.given[key], replayed=True)
        found = _changed(
            subscription(f"sub_{len(self.subscriptions) + 1}", price_id, quantity=1),
            {name: value for name, value in fields.items() if name != "currency"},
        )
        status = "incomplete" if AMOUNTS[price_id] else "active"
        found = replace(found, customer=customer_id, status=status)
        self.subscriptions[found.id] = self.given[key] = found
        self.done.append(f"start {customer_id}")
        return Written(value=found, request_id="req_3")

    def membership(self, membership_id: str) -> Membership:
        self._begin(f"get {membership_id}")
        return self.members[membership_id]

    def set_roles(
        self, membership_id: str, roles: tuple[str, ...]
    ) -> Written[Membership]:
        self._begin(f"role {membership_id}")
        found = replace(self.members[membership_id], role=roles[0], roles=roles)
        self.members[membership_id] = found
        self.done.append(f"role {membership_id} {' '.join(roles)}")
        return Written(value=found, request_id="req_4")

    def _found(self, subscription_id: str) -> Subscription:
        if subscription_id not in self.subscriptions:
            raise MissingError("gone", code="not-found", service="stripe")
        return self.subscriptions[subscription_id]


def _moved(item: SubscriptionItem, wish: ItemWish | None) -> SubscriptionItem:
    """Another price sets the quantity to one, unless it is said."""
    if wish is None:
        return item
    return replace(
        item,
        price=wish.price,
        unit_amount=AMOUNTS[wish.price],
        quantity=1 if wish.quantity is None else wish.quantity,
    )


def _changed(found: Subscription, fields: Fields) -> Subscription:
    metadata = dict(found.metadata)
    ends = found.ends_with_period
    for name, value in fields.items():
        if name == "cancel_at_period_end":
            ends = value == "true"
            continue
        metadata.pop(name.removeprefix("metadata."), None)
        if value is not None:
            metadata[name.removeprefix("metadata.")] = value
    return replace(found, metadata=metadata, ends_with_period=ends)


def _total(found: Subscription, items: Sequence[ItemWish]) -> int:
    wanted = {one.item: one for one in items}
    moved = [_moved(item, wanted.get(item.id)) for item in found.items]
    return sum((item.unit_amount or 0) * (item.quantity or 0) for item in moved)


def subscription(
    name: str = SUB, price: str = OLD, *, quantity: int = 2
) -> Subscription:
    """Return one that is active, with one item and a stamp that is not ours."""
    item = SubscriptionItem(
        id=ITEM,
        price=price,
        product=f"prod_{price}",
        quantity=quantity,
        unit_amount=AMOUNTS[price],
        currency="eur",
        interval="month",
        period_start=BEGAN,
        period_end=ENDS,
    )
    return Subscription(
        id=name,
        customer=CUSTOMER,
        status="active",
        created=0,
        livemode=False,
        metadata={"mine": "stays"},
        items=(item,),
    )


def unpaid(status: str) -> Invoice:
    return Invoice(id="in_1", customer=CUSTOMER, status=status, total=1, currency="eur")


def move(to: str = NEW, **more: Any) -> ReviseSubscription:
    """Return the switch of the one item, with its stamp, as it is planned."""
    price, tier = f"price.{ITEM}", "metadata.tier"
    fields: dict[str, Any] = {
        "subscription": SUB,
        "customer": CUSTOMER,
        "before": {price: OLD, tier: None},
        "after": {price: to, tier: "top"},
        "currency": "eur",
        "reason": "test",
        "quantities": {ITEM: 2},
        "terms": terms_of(subscription()),
    }
    return ReviseSubscription(**{**fields, **more})
