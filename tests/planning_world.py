"""A small business whose two services live in memory, and a planner over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self, TypeVar, cast

from eleva_cli.errors import MissingError, RemoteError
from eleva_cli.journal import plans
from eleva_cli.journal.snapshots import Names, Pseudonyms
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, LinkOrganization, StampCustomer, load_action
from eleva_cli.planning import CHUNK, Planned, Planning, Wishes
from eleva_cli.ports import (
    Account,
    Customer,
    Membership,
    Organization,
    Page,
    Ports,
    StripeEvent,
    StripePort,
    Subscription,
    SubscriptionItem,
    User,
    WebhookEndpoint,
    Window,
    WorkosEvent,
    WorkosPort,
)
from eleva_cli.progress import SilentProgress
from tests.clock import START, FakeClock

T = TypeVar("T")
ACCOUNT = Account(id="acct_1", name="", country="PT", default_currency="eur")


@dataclass
class World:
    """Both services as dictionaries; every call is counted, and may be made to fail."""

    customers: dict[str, Customer] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    entitled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stripe_events: list[StripeEvent] = field(default_factory=list)
    workos_events: list[WorkosEvent] = field(default_factory=list)
    page: int = 100
    calls: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    failures: dict[str, list[RemoteError]] = field(default_factory=dict)

    def customer(
        self,
        name: str,
        *,
        status: str | None = "active",
        cents: int = 2_500,
        created: int = 0,
        email: str | None = None,
        product: str = "expert_top",
        metadata: Mapping[str, str] | None = None,
        **names: str,
    ) -> None:
        """Add a customer; with a status it has a subscription."""
        made = created or int(START) - 1_000
        self.customers[name] = Customer(
            id=name,
            created=made,
            email=email,
            livemode=False,
            metadata={**(metadata or {}), **names},
        )
        if status is not None:
            self.subscribe(name, status, cents, product)

    def subscribe(self, customer: str, status: str, cents: int, product: str) -> None:
        number = len(self.subscriptions)
        item = SubscriptionItem(
            id=f"si_{number}",
            price="price_1",
            product=product,
            quantity=1,
            unit_amount=cents,
            currency="eur",
            interval="month",
        )
        self.subscriptions[f"sub_{number}"] = Subscription(
            id=f"sub_{number}",
            customer=customer,
            status=status,
            created=self.customers[customer].created,
            livemode=False,
            metadata={},
            items=(item,) if product else (),
        )

    def organization(
        self, name: str, *, link: str | None = None, external: str | None = None,
        **metadata: str,
    ) -> None:  # fmt: skip
        self.organizations[name] = Organization(
            id=name,
            name="",
            external_id=external,
            stripe_customer_id=link,
            metadata=metadata,
        )

    def user(
        self, name: str, *homes: str, email: str = "", verified: bool = True,
        status: str = "active", role: str = "member",
    ) -> None:  # fmt: skip
        """Add a user who is a member of these organizations."""
        self.users[name] = User(
            id=name,
            email=email or f"{name}@users.test",
            email_verified=verified,
            external_id=None,
        )
        for home in homes:
            self.join(name, home, status=status, role=role)

    def join(
        self, user: str, home: str, *, status: str = "active", role: str = "member"
    ) -> None:
        self.memberships.append(
            Membership(
                id=f"om_{len(self.memberships)}",
                user=user,
                organization=home,
                status=status,
                role=role,
                directory_managed=False,
            )
        )

    def apply(self, actions: Sequence[Action]) -> None:
        """Do what a plan says, as the services would."""
        for action in actions:
            match action:
                case LinkOrganization(organization=name, before=before, after=after):
                    found = self.organizations[name]
                    assert found.stripe_customer_id == before
                    self.organizations[name] = replace(found, stripe_customer_id=after)
                case StampCustomer(customer=name, before=then, after=now):
                    customer = self.customers[name]
                    assert {n: customer.metadata.get(n) for n in then} == dict(then)
                    kept = {**customer.metadata, **now}
                    metadata = {n: v for n, v in kept.items() if v is not None}
                    self.customers[name] = replace(customer, metadata=metadata)
                case _:
                    raise AssertionError(action)

    def ports(self) -> Ports:
        return Ports(
            stripe=cast("StripePort", _Stripe(self)),
            workos=cast("WorkosPort", _Workos(self)),
            made=lambda: {"stripe": self.calls.total()},
        )

    def note(self, call: str, what: str = "") -> None:
        self.calls[call] += 1
        self.asked.append(f"{call} {what}".strip())
        if self.failures.get(call):
            raise self.failures[call].pop(0)


@dataclass
class _Stripe:
    world: World

    def _page(
        self, rows: Sequence[T], ids: Sequence[str], after: str | None
    ) -> Page[T]:
        start = ids.index(after) + 1 if after else 0
        end = start + self.world.page
        return Page(
            rows=tuple(rows[start:end]), after=ids[end - 1] if end < len(ids) else None
        )

    def customers(self, window: Window, after: str | None) -> Page[Customer]:
        self.world.note("customers", f"{window.since}-{window.until}")
        found = self.world.customers.values()
        rows = [c for c in found if window.since <= c.created < window.until]
        rows.sort(key=lambda c: (-c.created, c.id))
        return self._page(rows, [c.id for c in rows], after)

    def subscriptions(self, window: Window, after: str | None) -> Page[Subscription]:
        self.world.note("subscriptions")
        found = self.world.subscriptions.values()
        rows = [s for s in found if window.since <= s.created < window.until]
        rows.sort(key=lambda s: (-s.created, s.id))
        return self._page(rows, [s.id for s in rows], after)

    def whole(self, subscription: Subscription) -> Subscription:
        self.world.note("whole", subscription.id)
        return replace(subscription, is_cut=False)

    def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        self.world.note("subscriptions_of", customer_id)
        found = self.world.subscriptions.values()
        return tuple(s for s in found if s.customer == customer_id)

    def entitlements_of(self, customer_id: str) -> tuple[str, ...]:
        self.world.note("entitlements_of", customer_id)
        if customer_id not in self.world.customers:
            raise _missing("no such customer")
        return self.world.entitled.get(customer_id, ())

    def events(
        self, window: Window, types: Sequence[str], after: str | None
    ) -> Page[StripeEvent]:
        self.world.note("stripe events")
        rows = [
            each
            for each in reversed(self.world.stripe_events)
            if each.type in types and window.since <= each.created < window.until
        ]
        return self._page(rows, [row.id for row in rows], after)

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]:
        self.world.note("webhook_endpoints")
        return Page(rows=(), after=None)

    def customer(self, customer_id: str) -> Customer:
        self.world.note("customer", customer_id)
        if customer_id in self.world.customers:
            return self.world.customers[customer_id]
        words = "a similar object exists in live mode, but a test mode key was used"
        raise _missing(words if customer_id in self.world.elsewhere else "no such")


@dataclass
class _Workos:
    world: World

    def organizations(self, after: str | None) -> Page[Organization]:
        self.world.note("organizations")
        rows = list(self.world.organizations.values())
        return _Stripe(self.world)._page(rows, [row.id for row in rows], after)

    def organization(self, name: str) -> Organization:
        self.world.note("organization", name)
        if name not in self.world.organizations:
            raise _missing("no such organization")
        return self.world.organizations[name]

    def events(
        self, types: Sequence[str], since: int, after: str | None
    ) -> Page[WorkosEvent]:
        self.world.note("workos events")
        rows = [
            each
            for each in self.world.workos_events
            if each.type in types and each.created >= since
        ]
        return _Stripe(self.world)._page(rows, [row.id for row in rows], after)

    def users(self, after: str | None) -> Page[User]:
        self.world.note("users")
        rows = list(self.world.users.values())
        return _Stripe(self.world)._page(rows, [row.id for row in rows], after)

    def user(self, user_id: str) -> User:
        self.world.note("user", user_id)
        if user_id not in self.world.users:
            raise _missing("no such user")
        return self.world.users[user_id]

    def memberships_of_user(self, user_id: str) -> tuple[Membership, ...]:
        self.world.note("memberships_of_user", user_id)
        return tuple(m for m in self.world.memberships if m.user == user_id)

    def memberships_of_organization(self, name: str) -> tuple[Membership, ...]:
        self.world.note("memberships_of_organization", name)
        return tuple(m for m in self.world.memberships if m.organization == name)


def _missing(words: str) -> MissingError:
    return MissingError(words, code="missing", service="stripe", status=404)


@dataclass
class Desk:
    """A planner with its journal over one world."""

    world: World
    store: Store
    names: Names = field(default_factory=Names)
    threads: int = 2
    chunk: int = CHUNK
    clock: FakeClock = field(default_factory=FakeClock)

    @classmethod
    def at(cls, folder: Path, world: World | None = None) -> Desk:
        return cls(
            world=World() if world is None else world,
            store=Store.open(folder / "journal.db"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def plan(self, wishes: Wishes | None = None) -> Planned:
        return Planning(
            store=self.store,
            ports=self.world.ports(),
            clock=self.clock,
            progress=SilentProgress(),
            account=ACCOUNT,
            mode="test",
            names=self.names,
            pseudonyms=Pseudonyms(b"a key for tests"),
            wishes=wishes or Wishes(),
            threads=self.threads,
            chunk=self.chunk,
        ).make()

    def lanes(self, planned: Planned) -> dict[str, str]:
        """Return each lane's state, or the code that holds it."""
        rows = plans.lanes(self.store, planned.plan)
        return {row.lane: row.held or row.state for row in rows}

    def actions(self, planned: Planned) -> list[Action]:
        found = plans.actions(self.store, planned.plan)
        return [load_action(text) for _, text in found]

    def findings(self, planned: Planned) -> dict[str, str]:
        """Return the messages by code."""
        found = plans.findings(self.store, planned.plan)
        return {finding.code: finding.message for finding in found}
