"""A small business on old prices, beside the catalogue that it is brought to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from eleva_cli.catalog import Catalogue
from eleva_cli.errors import RejectedError
from eleva_cli.inputs.catalogue import read
from eleva_cli.moves import PARTS, Mapped, Part, Rules
from eleva_cli.observe.claims import Scope
from eleva_cli.plan import Action, ReviseSubscription, SetRole
from eleva_cli.plan.billing import METADATA, prices_of
from eleva_cli.planning import Wishes
from eleva_cli.ports import (
    Fields,
    Invoice,
    InvoiceStatus,
    ItemWish,
    Membership,
    Page,
    Ports,
    Renewal,
    StripePort,
    StripePrice,
    StripeProduct,
    Subscription,
    SubscriptionItem,
    WorkosPort,
)
from tests.clock import START
from tests.planning_world import World, _Stripe, _Workos

CATALOGUE = read(None)
ROLES = ("member", "owner", "expert_community", "expert_top", "team_member")
DAY = 86_400


@dataclass
class MovingWorld(World):
    """
    The same, and what Stripe sells: the catalogue's own prices and older ones.

    A discounted customer pays half. What is in `unforeseen` cannot be previewed.
    """

    prices: dict[str, StripePrice] = field(default_factory=dict)
    products: dict[str, StripeProduct] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)
    roles: tuple[str, ...] = ROLES
    unforeseen: set[str] = field(default_factory=set)

    def stock(self, catalogue: Catalogue = CATALOGUE) -> None:
        """Have Stripe sell what the catalogue says."""
        for each in catalogue.prices:
            if each.amount is not None:
                name = f"price_{each.key}"
                self.sell(
                    name, each.product, each.amount, interval=each.interval,
                    key=each.key, tax=each.tax,
                )  # fmt: skip

    def sell(
        self, name: str, product: str, cents: int, *, interval: str = "month",
        key: str | None = None, tax: str = "inclusive",
    ) -> None:  # fmt: skip
        self.prices[name] = StripePrice(
            id=name, product=product, active=True, currency="eur", amount=cents,
            interval=interval, key=key, tax=tax,
        )  # fmt: skip
        self.products.setdefault(
            product, StripeProduct(id=product, name=product.title(), active=True)
        )

    def hold(
        self, customer: str, *prices: str, status: str = "active", quantity: int = 1,
        metadata: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Subscribe a customer to these prices; return the subscription's id."""
        name = f"sub_{len(self.subscriptions)}"
        self.subscriptions[name] = Subscription(
            id=name,
            customer=customer,
            status=status,
            created=int(START) - 9 * DAY,
            livemode=False,
            metadata=dict(metadata or {}),
            items=tuple(
                self._item(f"si_{name}_{number}", price, quantity)
                for number, price in enumerate(prices)
            ),
        )
        return name

    def _item(self, name: str, price_id: str, quantity: int) -> SubscriptionItem:
        price = self.prices[price_id]
        return SubscriptionItem(
            id=name,
            price=price.id,
            product=price.product,
            quantity=quantity,
            unit_amount=price.amount,
            currency=price.currency,
            interval=price.interval,
            period_start=int(START) - 9 * DAY,
            period_end=int(START) + 21 * DAY,
            key=price.key,
            tax=price.tax,
        )

    def subscriber(
        self, number: int, *prices: str, role: str = "member", discounted: bool = False
    ) -> str:
        """Add a person with an organization of their own; return the subscription."""
        customer, home, user = f"cus_{number}", f"org_{number}", f"user_{number}"
        names = {"workos_org_id": home, "workos_user_id": user, "workosUserId": user}
        self.customer(customer, status=None, metadata=names)
        found = self.customers[customer]
        self.customers[customer] = replace(found, discounted=discounted)
        self.organization(home)
        self.user(user, home, role=role)
        return self.hold(customer, *prices)

    def owe(self, subscription: str, status: str) -> None:
        found = self.subscriptions[subscription]
        self.invoices.append(
            Invoice(
                id=f"in_{len(self.invoices)}", customer=found.customer, status=status,
                total=1, currency="eur", subscription=subscription,
            )
        )  # fmt: skip

    def renewal(self, subscription: str, items: Sequence[ItemWish]) -> Renewal:
        """Say what the next invoice would be."""
        found = self.subscriptions[subscription]
        wished = {wish.item: wish for wish in items}
        total = 0
        for item in found.items:
            wish = wished.get(item.id)
            price = self.prices[wish.price if wish else item.price]
            quantity = wish.quantity if wish else item.quantity
            total += (price.amount or 0) * (1 if quantity is None else quantity)
        if self.customers[found.customer].discounted:
            total //= 2
        return Renewal(total=total, currency="eur")

    def apply(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case ReviseSubscription():
                    self._revise(action)
                case SetRole(membership=name, before=before, after=after):
                    (place,) = (
                        n for n, row in enumerate(self.memberships) if row.id == name
                    )
                    found = self.memberships[place]
                    assert frozenset(found.every_role) == frozenset(before)
                    self.memberships[place] = replace(
                        found, role=after[0], roles=tuple(after)
                    )
                case _:
                    super().apply([action])

    def _revise(self, action: ReviseSubscription) -> None:
        found = self.subscriptions[action.subscription]
        now: dict[str, str | None] = {f"price.{i.id}": i.price for i in found.items}
        now |= {METADATA + name: value for name, value in found.metadata.items()}
        assert {name: now.get(name) for name in action.before} == dict(action.before)
        moved = prices_of(action.after)
        items = tuple(
            self._item(item.id, moved[item.id], item.quantity or 0)
            if item.id in moved
            else item
            for item in found.items
        )
        self.subscriptions[action.subscription] = replace(
            found, items=items, metadata=_stamped(found.metadata, action.after)
        )

    def ports(self) -> Ports:
        stripe, workos = _Billing(self), _Roles(self)
        return Ports(
            stripe=cast("StripePort", stripe),
            workos=cast("WorkosPort", workos),
            made=lambda: {"stripe": self.calls.total()},
        )


def _stamped(metadata: Mapping[str, str], after: Fields) -> dict[str, str]:
    told = {n.removeprefix(METADATA): v for n, v in after.items() if METADATA in n}
    return {n: v for n, v in {**metadata, **told}.items() if v is not None}


@dataclass
class _Billing(_Stripe):
    world: MovingWorld

    def products(self, after: str | None) -> Page[StripeProduct]:
        self.world.note("products")
        rows = sorted(self.world.products.values(), key=lambda row: row.id)
        return self._page(rows, [row.id for row in rows], after)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        assert len(keys) <= 10
        self.world.note("prices_with_keys")
        found = self.world.prices.values()
        return tuple(price for price in found if price.key in keys)

    def invoices(self, status: InvoiceStatus, after: str | None) -> Page[Invoice]:
        self.world.note("invoices", status)
        rows = [row for row in self.world.invoices if row.status == status]
        return self._page(rows, [row.id for row in rows], after)

    def billed(self, subscription_id: str) -> Subscription:
        self.world.note("billed", subscription_id)
        return self.world.subscriptions[subscription_id]

    def preview_items(self, subscription_id: str, items: Sequence[ItemWish]) -> Renewal:
        self.world.note("preview_items", subscription_id)
        if subscription_id in self.world.unforeseen:
            raise RejectedError(
                "no upcoming invoices", code="invoice_upcoming_none",
                service="stripe", status=404,
            )  # fmt: skip
        return self.world.renewal(subscription_id, items)


@dataclass
class _Roles(_Workos):
    world: MovingWorld

    def roles(self) -> tuple[str, ...]:
        self.world.note("roles")
        return self.world.roles

    def membership(self, name: str) -> Membership:
        self.world.note("membership", name)
        return next(row for row in self.world.memberships if row.id == name)


def moving(
    *rows: Mapped, parts: Sequence[Part] = PARTS, scope: Scope | None = None,
    **rules: object,
) -> Wishes:  # fmt: skip
    """Wish for these parts under a mapping of old prices."""
    told = Rules(
        catalogue=CATALOGUE,
        mapping={row.old: row for row in rows},
        currency="eur",
        **rules,  # type: ignore[arg-type]
    )
    return Wishes(parts=frozenset(parts), rules=told, scope=scope or Scope())
