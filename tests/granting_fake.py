"""Both services in memory, as far as a grant touches them; it keeps Stripe's rules.

Idempotency keys are kept with their parameters, lists may be behind, and an invoice
that would ask something is noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.execute import Seen, do, idempotency_key, look
from eleva_cli.invite import Situation
from eleva_cli.plan import Action
from eleva_cli.ports import (
    Customer,
    Fields,
    Membership,
    Organization,
    Ports,
    Renewal,
    StripePrice,
    Subscription,
    User,
    Written,
)
from tests.granting_world import (
    ACCOUNT,
    EMAIL,
    NOW,
    TIERS,
    USER,
    customer,
    free,
    item,
    organization,
    subscription,
)


@dataclass
class Fake:
    """
    Stripe and WorkOS.

    `hidden` names what lists do not show yet; `asks` is what a first invoice asks of a
    customer; `charged` what was asked after all.
    """

    customers: dict[str, Customer] = field(default_factory=dict)
    subs: dict[str, Subscription] = field(default_factory=dict)
    links: dict[str, str | None] = field(default_factory=dict)
    members: dict[str, Membership] = field(default_factory=dict)
    prices: dict[str, StripePrice] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {USER: EMAIL})
    keys: dict[str, tuple[object, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    asks: dict[str, int] = field(default_factory=dict)
    charged: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, found: Situation) -> Fake:
        """Be what a situation says."""
        every = (found.customer, *found.rivals, *found.alike)
        made = cls(
            customers={one.id: one for one in every if one},
            subs={one.id: one for one in found.subscriptions},
            links={found.organization.id: found.organization.stripe_customer_id},
            members={found.membership.id: found.membership},
            prices={one.id: one for one in map(free, TIERS)},
        )
        if found.price is not None:
            made.prices[found.price.id] = found.price
        return made

    @property
    def ports(self) -> Ports:
        both: Any = self
        return Ports(stripe=both, workos=both)

    def again(self, found: Situation) -> Situation:
        """Return the situation as it is by now."""
        linked = self.links[found.organization.id]
        whose = self.customers[linked] if linked else found.customer
        if found.customer is not None:
            whose = self.customers[found.customer.id]
        subs = self.subscriptions_of(whose.id) if whose else ()
        asked = self.asks.get(whose.id, 0) if whose else 0
        return replace(
            found,
            organization=replace(found.organization, stripe_customer_id=linked),
            membership=self.members[found.membership.id],
            customer=whose,
            subscriptions=subs,
            rivals=(),
            alike=(),
            first=Renewal(total=0, currency="eur", amount_due=asked) if whose else None,
        )

    def run(self, actions: tuple[Action, ...]) -> list[Seen]:
        """Take a lane's actions in order, as the engine does; return the verdicts."""
        trail: dict[str, str] = {}
        seen: list[Seen] = []
        for action in actions:
            sight = look(action, self.ports, None, trail)
            seen.append(sight.seen)
            if sight.seen is Seen.CHANGED:
                return seen
            made = sight.target
            if sight.seen is Seen.OPEN:
                key = idempotency_key(ACCOUNT, action, 0, sight.target)
                written = do(action, self.ports, key, sight.target)
                made = getattr(written.value, "id", None)
            if made:
                trail[action.kind] = made
        return seen

    def organization(self, name: str) -> Organization:
        self.calls.append("organization")
        return organization(self.links.get(name), name)

    def user(self, name: str) -> User:
        return User(
            id=name, email=self.users[name], email_verified=True, external_id=None
        )

    def membership(self, name: str) -> Membership:
        return self.members[name]

    def set_link(self, name: str, customer_id: str | None) -> Written[Organization]:
        taken = {org: cus for org, cus in self.links.items() if cus == customer_id}
        if customer_id and taken and name not in taken:
            raise RejectedError("no", code="customer-already-linked", service="workos")
        self.links[name] = customer_id
        return Written(value=organization(customer_id, name), request_id="req_1")

    def set_roles(self, name: str, roles: Any) -> Written[Membership]:
        found = replace(self.members[name], role=roles[0], roles=tuple(roles))
        self.members[name] = found
        return Written(value=found, request_id="req_1")

    def customer(self, name: str) -> Customer:
        if name not in self.customers:
            raise MissingError("gone", code="not-found", service="stripe")
        return self.customers[name]

    def customers_with_email(self, email: str) -> tuple[Customer, ...]:
        every = self.customers.values()
        return tuple(
            one
            for one in every
            if one.email == email and one.id not in self.hidden and not one.deleted
        )

    def create_customer(
        self, email: str, metadata: Fields, *, key: str
    ) -> Written[Customer]:
        def make() -> Customer:
            name = f"cus_new{len(self.customers)}"
            told = {n: v for n, v in metadata.items() if v}
            self.customers[name] = customer(name, email=email, metadata=told)
            return self.customers[name]

        return self._once(key, (email, dict(metadata)), make)

    def update_customer(
        self, name: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        def make() -> Customer:
            told = {**self.customers[name].metadata, **metadata}
            kept = {n: v for n, v in told.items() if v}
            self.customers[name] = replace(self.customers[name], metadata=kept)
            return self.customers[name]

        return self._once(key, (name, dict(metadata)), make)

    def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        self.calls.append("subscriptions_of")
        every = self.subs.values()
        return tuple(
            one
            for one in every
            if one.customer == customer_id and one.id not in self.hidden
        )

    def subscription(self, name: str) -> Subscription:
        return self.subs[name]

    def preview_first(
        self, customer_id: str, price_id: str, *, currency: str | None = None
    ) -> Renewal:
        self.calls.append("preview")
        due = self.asks.get(customer_id, 0)
        return Renewal(total=0, currency=currency or "eur", amount_due=due)

    def preview_renewal(
        self, name: str, _item: str, price: Any, *, quantity: int | None = None
    ) -> Renewal:
        self.calls.append("preview")
        assert quantity
        asked = self.prices[price].amount or 0
        due = asked + self.asks.get(self.subs[name].customer, 0)
        return Renewal(total=asked, currency="eur", amount_due=due)

    def create_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        def make() -> Subscription:
            name = f"sub_new{len(self.subs)}"
            price = self.prices[price_id]
            if price.amount or self.asks.get(customer_id):
                self.charged.append(name)
            made = item(**_of(price), unit_amount=price.amount)
            self.subs[name] = subscription(
                name, made, customer=customer_id, **_told(fields)
            )
            return self.subs[name]

        return self._once(key, (customer_id, price_id, dict(fields)), make)

    def update_subscription(
        self, name: str, fields: Fields, *, item: str, quantity: Any, key: str
    ) -> Written[Subscription]:
        def make() -> Subscription:
            old = self.subs[name]
            told = _told({**_flat(old), **fields})
            items = old.items
            if price_id := fields.get("price"):
                price = self.prices[price_id]
                if price.amount:
                    self.charged.append(name)
                items = tuple(
                    replace(
                        one,
                        price=price.id,
                        product=price.product,
                        key=price.key,
                        unit_amount=price.amount,
                    )
                    if one.id == item
                    else one
                    for one in items
                )
            self.subs[name] = replace(old, items=items, **told)
            return self.subs[name]

        return self._once(key, (name, dict(fields), item, quantity), make)

    def cancel_subscription(self, name: str, *, note: str) -> Written[Subscription]:
        assert note
        found = replace(self.subs[name], status="canceled", ended_at=NOW)
        self.subs[name] = found
        return Written(value=found, request_id="req_1")

    def _once(self, key: str, params: object, make: Any) -> Written[Any]:
        """Answer a key once; the same again replays, another content is refused."""
        if key in self.keys:
            first, value = self.keys[key]
            if first != params:
                raise RejectedError("no", code="idempotency-mismatch", service="stripe")
            return Written(value=value, request_id="req_1", replayed=True)
        self.keys[key] = (params, make())
        return Written(value=self.keys[key][1], request_id="req_1")


def _of(price: StripePrice) -> dict[str, Any]:
    tier = next(name for name, key in TIERS.items() if key == price.key)
    return {"tier": tier, "price": price.id, "product": price.product}


def _flat(found: Subscription) -> dict[str, str | None]:
    told = {f"metadata.{name}": value for name, value in found.metadata.items()}
    return {**told, "cancel_at": str(found.cancel_at) if found.cancel_at else None}


def _told(fields: Fields) -> dict[str, Any]:
    start = "metadata."
    until = fields.get("cancel_at")
    return {
        "metadata": {
            name.removeprefix(start): value
            for name, value in fields.items()
            if name.startswith(start) and value
        },
        "cancel_at": int(until) if until else None,
    }
