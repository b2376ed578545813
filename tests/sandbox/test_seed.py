"""Seed documents: completed, checked, named when wrong."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.sandbox.seed import SeedError, load
from eleva_cli.sandbox.store import Store
from tests.sandbox.harness import business

CASES: list[tuple[dict[str, Any], str]] = [
    ({"customers": [{}]}, "stripe.customers[2].id: is required"),
    (
        {"customers": [{"id": "cus_9", "metadata": {"a": 1}}]},
        "stripe.customers[2].metadata: must be an object of texts",
    ),
    (
        {"customers": [{"id": "cus_9", "nickname": {}}]},
        "stripe.customers[2].nickname: there is no such field",
    ),
    ({"customers": [{"id": "cus_1"}]}, "stripe.customers[2].id: 'cus_1' is there"),
    (
        {"subscriptions": [{"id": "s", "customer": "cus_0", "items": [1]}]},
        "stripe.subscriptions[1].customer: customer 'cus_0' is not",
    ),
    (
        {
            "subscriptions": [
                {"id": "s", "customer": "cus_1", "items": [{"price": "p"}]}
            ]
        },
        "stripe.subscriptions[1].items[0].price: price 'p' is not",
    ),
    (
        {"organizations": [{"id": "o", "name": "O", "created_at": "today"}]},
        "workos.organizations[1].created_at: must be an ISO 8601 time",
    ),
    (
        {"organization_memberships": [{"user_id": "u", "organization_id": "org_1"}]},
        "workos.organization_memberships[1].user_id: user 'u' is not",
    ),
]


@pytest.mark.parametrize(("more", "message"), CASES)
def test_a_mistake_is_named(more: dict[str, Any], message: str) -> None:
    """By its list, its place in it, and its field."""
    with pytest.raises(SeedError) as wrong:
        load(Store(None), business(**more))
    assert str(wrong.value).startswith(message)


def test_a_mistake_leaves_nothing() -> None:
    """All of a document is loaded, or none."""
    store = Store(None)
    with pytest.raises(SeedError):
        load(store, business(customers=[{}]))
    assert store.counts() == {}


def test_an_unknown_list_is_a_mistake() -> None:
    """So is an unknown service."""
    with pytest.raises(SeedError, match=r"stripe\.charges: there is no such list"):
        load(Store(None), {"stripe": {"charges": []}})
    with pytest.raises(SeedError, match="paypal: there is no such service"):
        load(Store(None), {"paypal": {}})


def test_two_organizations_cannot_have_one_customer() -> None:
    """WorkOS would not have let it happen; nor does the seed."""
    linked = [
        {"id": f"org_{n}", "name": "O", "stripe_customer_id": "cus_1"} for n in (2, 3)
    ]
    with pytest.raises(SeedError, match=r"organizations\[2\].stripe_customer_id"):
        load(Store(None), business(organizations=linked))


def test_a_second_document_may_refer_to_the_first() -> None:
    """Seeds can be loaded one after another."""
    store = Store(None)
    load(store, business())
    more = {"id": "sub_2", "customer": "cus_2", "items": [{"price": "price_1"}]}
    assert load(store, {"stripe": {"subscriptions": [more]}}) == {"subscription": 1}
