"""Snapshots of any size without a service: tables filled as a scan would fill them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.ports import (
    Account,
    Customer,
    Organization,
    Ports,
    Subscription,
    SubscriptionItem,
)
from tests.clock import START

ACCOUNT = Account(id="acct_1", name="", country="PT", default_currency="eur")
BATCH = 5_000


def filled(store: Store, size: int, *, pseudonyms: Pseudonyms) -> Snapshot:
    """
    Fill a snapshot with so many customers, each with a subscription and organization.

    Of ten, six name their organization, two are linked, one competes with another
    for its organization, and one is named by nobody.
    """
    snapshot = Snapshot.begin(store, Names(), pseudonyms, now=START)
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
