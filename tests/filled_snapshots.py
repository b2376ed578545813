"""Snapshots of any size without a service: tables filled as a scan would fill them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

from eleva_cli.inputs.catalogue import read
from eleva_cli.journal import bodies
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.ports import (
    Account,
    Customer,
    ItemWish,
    Membership,
    Organization,
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

ACCOUNT = Account(id="acct_1", name="", country="PT", default_currency="eur")
BATCH = 5_000


def filled(
    store: Store, size: int, *, pseudonyms: Pseudonyms, is_whole: bool = False
) -> Snapshot:
    """
    Fill a snapshot with so many customers, each with a subscription and organization.

    With `is_whole` subscriptions are kept as it takes to move them.

    Of ten, six name their organization, two are linked, one competes with another
    for its organization, and one is named by nobody.
    """
    snapshot = Snapshot.begin(store, Names(), pseudonyms, now=START)
    if is_whole:
        snapshot.dump = bodies.dumper(bodies.kept_names(Names(), read(None)))
    numbers = iter(range(size))
    while batch := list(islice(numbers, BATCH)):
        snapshot.add_customers([_customer(n) for n in batch], [""] * len(batch))
        snapshot.add_subscriptions(_subscription(n) for n in batch)
        snapshot.add_organizations(_organization(n) for n in batch)
    return snapshot


def _metadata(number: int) -> Iterator[tuple[str, str]]:
    yield "workosUserId", f"user_{number:07}"
    match number % 10:
        case 8:
            yield "workos_org_id", f"org_{number - 1:07}"
        case 9:
            pass
        case _:
            yield "workos_org_id", f"org_{number:07}"


def _customer(number: int) -> Customer:
    return Customer(
        id=f"cus_{number:07}",
        created=int(START) - number,
        email=f"person.{number}@example.test",
        livemode=False,
        metadata=dict(_metadata(number)) if number % 10 != 9 else {},
    )


def _subscription(number: int) -> Subscription:
    item = SubscriptionItem(
        id=f"si_{number:07}",
        price="price_1",
        product="expert_top",
        quantity=1,
        unit_amount=5_900,
        currency="eur",
        interval="month",
    )
    return Subscription(
        id=f"sub_{number:07}",
        customer=f"cus_{number:07}",
        status="active" if number % 3 else "canceled",
        created=int(START) - number,
        livemode=False,
        metadata={},
        items=(item,),
    )


def _organization(number: int) -> Organization:
    return Organization(
        id=f"org_{number:07}",
        name="",
        external_id=None,
        stripe_customer_id=f"cus_{number:07}" if number % 10 < 2 else None,
        metadata={},
    )


def no_services() -> Ports:
    """Return ports that nothing may be asked of."""
    return Ports(stripe=None, workos=None)  # type: ignore[arg-type]


class _Stripe:
    """Sells the top tier; everybody pays it under an older price."""

    def products(self, after: str | None) -> Page[StripeProduct]:
        assert after is None
        return Page(rows=(), after=None)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        holder = StripePrice(
            id="price_new", product="expert_top", active=True, currency="eur",
            amount=5_900, interval="month", key="top-expert-monthly",
        )  # fmt: skip
        return (holder,) if holder.key in keys else ()

    def preview_items(self, subscription: str, _items: Sequence[ItemWish]) -> Renewal:
        return Renewal(total=5_900, currency="eur")


class _Workos:
    """Has one member in each organization."""

    def memberships_of_organization(self, name: str) -> tuple[Membership, ...]:
        number = name.removeprefix("org_")
        row = Membership(
            id=f"om_{number}", user=f"user_{number}", organization=name,
            status="active", role="member", directory_managed=False,
        )  # fmt: skip
        return (row,)

    def roles(self) -> tuple[str, ...]:
        return ("member", "expert_top")


def arithmetic() -> Ports:
    """Return ports that answer what is asked one by one, for a filled snapshot."""
    return Ports(
        stripe=cast("StripePort", _Stripe()), workos=cast("WorkosPort", _Workos())
    )
