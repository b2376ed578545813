"""A large account is judged in as much memory as a small one."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Beginning, Look
from eleva_cli.journal.store import Store
from eleva_cli.observe.chains import Cases
from eleva_cli.ports import Customer, Membership, Organization
from tests.clock import START
from tests.filled_snapshots import BATCH, _subscription

pytestmark = [pytest.mark.proof, pytest.mark.alone, pytest.mark.timeout(300)]
FULL, SHORT = (6_000, 24_000), (4_000, 12_000)  # in chunks of two thousand
A_CASE_S = 100e-6  # of CPU: 100,000 users in ten seconds


def _customer(number: int) -> Customer:
    return Customer(
        id=f"cus_{number:07}",
        created=int(START),
        email=None,
        livemode=False,
        metadata={"workosUserId": f"user_{number}"},
    )


def _organization(number: int) -> Organization:
    return Organization(
        id=f"org_{number:07}",
        name="",
        external_id=None,
        stripe_customer_id=f"cus_{number:07}" if number % 10 else None,
        metadata={},
    )


def _member(number: int) -> Membership:
    return Membership(
        id=f"om_{number}",
        user=f"user_{number}",
        organization=f"org_{number:07}",
        status="active",
        role="expert_top",
        directory_managed=False,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def filled(store: Store, size: int) -> Look:
    beginning = Beginning(account="acct_1", mode="test", at=START)
    look = Look.begin(store, Taken(), beginning)
    numbers = iter(range(size))
    while batch := list(islice(numbers, BATCH)):
        look.add_customers(map(_customer, batch))
        look.add_subscriptions(map(_subscription, batch))
        look.add_organizations(map(_organization, batch))
        look.add_members({f"org_{n:07}": [_member(n)] for n in batch})
    return look


def peak(look: Look) -> int:
    """Iterate over all cases; return the most bytes that were held at once."""
    tracemalloc.start()
    try:
        assert sum(1 for _ in Cases(look=look)) > 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_account(store: Store, in_full: bool) -> None:
    """A chunk of cases at a time, whatever the number of organizations."""
    sizes = FULL if in_full else SHORT
    small, large = (peak(filled(store, size)) for size in sizes)

    assert large < small * 1.2
    assert large < 50_000_000


def test_a_case_costs_little(store: Store, in_full: bool) -> None:
    """Ten seconds of CPU for a hundred thousand users."""
    _, size = FULL if in_full else SHORT
    look = filled(store, size)
    began = time.process_time()
    cases = sum(1 for _ in Cases(look=look))

    assert cases == size
    assert time.process_time() - began < cases * A_CASE_S
