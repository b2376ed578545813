"""Seed documents: completed, checked, named when wrong."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.sandbox.seed import SeedError, load
from eleva_cli.sandbox.store import Store
from tests.sandbox.harness import Sandbox, business

INVOICE = {"customer": "cus_1", "status": "open"}
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
        {"invoices": [{"customer": "cus_1", "status": "late"}]},
        "stripe.invoices[0].status: 'late' is not a status",
    ),
    (
        {"invoices": [{**INVOICE, "subscription": "sub_9"}]},
        "stripe.invoices[0].subscription: subscription 'sub_9' is not",
    ),
    (
        {"invoices": [{**INVOICE, "total": "much"}]},
        "stripe.invoices[0].total: must be a number",
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


def test_invoices_are_found_by_their_subscription_and_status(sandbox: Sandbox) -> None:
    """The newest is its subscription's latest; what is due follows from its total."""
    old = {**INVOICE, "id": "in_1", "total": 2500}
    new = {**old, "id": "in_2", "status": "draft", "created": 5}
    paid = {**old, "id": "in_3", "status": "paid", "created": 1}
    its_own = {"id": "sub_7", "customer": "cus_1", "items": [{"price": "price_1"}]}
    invoices = [{**each, "subscription": "sub_7"} for each in (old, new, paid)]
    sandbox.seed({"stripe": {"subscriptions": [its_own], "invoices": invoices}})
    sdk = sandbox.stripe()

    def found(**more: Any) -> list[Any]:
        return [it.id for it in sdk.invoices.list({"subscription": "sub_7", **more})]

    assert found() == ["in_2", "in_3", "in_1"]
    assert [found(status=each) for each in ("draft", "open")] == [["in_2"], ["in_1"]]
    assert sdk.subscriptions.retrieve("sub_7").latest_invoice == "in_2"
    kept = {it.id: it for it in sdk.invoices.list()}
    assert [kept[name].amount_remaining for name in ("in_1", "in_3")] == [2500, 0]
    pages = [kept[name].hosted_invoice_url for name in ("in_1", "in_2")]
    assert [page is None for page in pages] == [False, True]


def test_an_end_with_the_period_has_its_time(sandbox: Sandbox) -> None:
    """As Stripe says both, though a document may say one only."""
    ending = {"id": "sub_8", "customer": "cus_1", "cancel_at_period_end": True}
    items = [{"price": "price_1", "current_period_end": 9_000}]
    sandbox.seed({"stripe": {"subscriptions": [{**ending, "items": items}]}})

    assert sandbox.stripe().subscriptions.retrieve("sub_8").cancel_at == 9_000


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
