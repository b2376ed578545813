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
    ({"customers": [{"id": 9}]}, "stripe.customers[2].id: must be a text"),
    (
        {"customers": [{"id": "cus_9", "object": "user"}]},
        "stripe.customers[2].object: must be 'customer'",
    ),
    (
        {"customers": [{"id": "cus_9", "livemode": "no"}]},
        "stripe.customers[2].livemode: must be true or false",
    ),
    (
        {"customers": [{"id": "cus_9", "created": None}]},
        "stripe.customers[2].created: must be seconds since 1970",
    ),
    (
        {"customers": [{"id": "cus_9", "invoice_settings": "card"}]},
        "stripe.customers[2].invoice_settings: must be an object",
    ),
    (
        {"prices": [{"id": "price_9", "product": "prod_1", "recurring": "month"}]},
        "stripe.prices[1].recurring: must be an object",
    ),
    (
        {"prices": [{"id": "price_9", "product": ["prod_1"]}]},
        "stripe.prices[1].product: must be an id, or an object with one",
    ),
    (
        {"subscriptions": [{"id": "s", "customer": {"id": 1}, "items": [1]}]},
        "stripe.subscriptions[1].customer: must be an id, or an object with one",
    ),
    (
        {"users": [{"id": "user_9", "email": ["a@example.test"]}]},
        "workos.users[1].email: must be a text",
    ),
    (
        {"organizations": [{"id": "org_9", "name": "O", "domains": "o.test"}]},
        "workos.organizations[1].domains: must be a list",
    ),
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
