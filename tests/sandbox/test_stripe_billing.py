"""Subscriptions, items, prices, products, webhook endpoints, expansion."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor

ADDONS = [
    {
        "id": f"price_a{n:02}",
        "product": "prod_1",
        "unit_amount": n,
        "recurring": {"interval": "year"},
    }
    for n in range(12)
]
STATUSES = ["active", "canceled", "incomplete_expired", "past_due", "trialing"]


def seed_statuses(sandbox: Sandbox) -> None:
    sandbox.seed(
        {
            "stripe": {
                "subscriptions": [
                    {
                        "id": f"sub_{status}",
                        "customer": "cus_2",
                        "created": 2_000 + n,
                        "status": status,
                        "items": {"data": [{"price": {"id": "price_1"}}]},
                    }
                    for n, status in enumerate(STATUSES)
                ]
            }
        }
    )


@vendor("A5", "stripe 16.1, SubscriptionListParams.status")
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, {"active", "incomplete_expired", "past_due", "trialing"}),
        ("all", set(STATUSES)),
        ("ended", {"canceled", "incomplete_expired"}),
        ("canceled", {"canceled"}),
        ("active", {"active"}),
    ],
)
def test_subscriptions_are_listed_by_status(
    sandbox: Sandbox, status: str | None, expected: set[str]
) -> None:
    """Without a status, everything but the canceled is listed."""
    seed_statuses(sandbox)
    params = {"customer": "cus_2"} | ({"status": status} if status else {})
    found = sandbox.stripe().subscriptions.list(params)
    assert {each.status for each in found.data} == expected


@vendor("A5", "stripe 16.1, SubscriptionListParams.price")
def test_subscriptions_are_listed_by_price(sandbox: Sandbox) -> None:
    """A price that nobody has lists nobody."""
    sandbox.seed({"stripe": {"prices": ADDONS}})
    subscriptions = sandbox.stripe().subscriptions
    assert len(subscriptions.list({"price": "price_1"}).data) == 1
    assert subscriptions.list({"price": "price_a01"}).data == []


@vendor("A5", "stripe 16.1, SubscriptionListParams.status")
def test_a_price_s_ended_subscriptions_are_listed_when_all_are(
    sandbox: Sandbox,
) -> None:
    """And those of one customer at one price, which a second grant asks for."""
    sandbox.seed({"stripe": {"prices": ADDONS}})
    subscriptions = sandbox.stripe().subscriptions
    subscriptions.cancel("sub_1")
    at_price = {"price": "price_1", "limit": 100}
    assert subscriptions.list(at_price).data == []
    everything = subscriptions.list({**at_price, "status": "all"}).data
    assert [(each.id, each.status) for each in everything] == [("sub_1", "canceled")]
    for customer, count in (("cus_1", 1), ("cus_2", 0)):
        asked = {**at_price, "status": "all", "customer": customer}
        assert len(subscriptions.list(asked).data) == count
    other = {"customer": "cus_1", "price": "price_a01", "status": "all"}
    assert subscriptions.list(other).data == []


@belief("that nested lists hold ten, as the entitlement summary does")
def test_nested_items_are_cut_at_ten(sandbox: Sandbox) -> None:
    """The rest of the items is in their own list."""
    items = [{"price": each["id"]} for each in ADDONS]
    sandbox.seed(
        {
            "stripe": {
                "prices": ADDONS,
                "subscriptions": [
                    {"id": "sub_big", "customer": "cus_1", "items": items}
                ],
            }
        }
    )
    client = sandbox.stripe()
    nested = client.subscriptions.retrieve("sub_big")["items"]
    assert (len(nested.data), nested.has_more) == (10, True)
    listed = client.subscription_items.list({"subscription": "sub_big", "limit": 5})
    everything = [each.price.id for each in listed.auto_paging_iter()]
    assert everything == [each["id"] for each in ADDONS]


@vendor("A3", "docs.stripe.com/expand")
def test_expansion_goes_four_levels_deep(sandbox: Sandbox) -> None:
    """`data.items.data.price` is four, its product would be five."""
    subscriptions = sandbox.stripe().subscriptions
    shown = subscriptions.list({"expand": ["data.customer", "data.items.data.price"]})
    assert shown.data[0].customer.id == "cus_1"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        subscriptions.list({"expand": ["data.items.data.price.product"]})
    assert refused.value.code == "property_expansion_max_depth"
    one = subscriptions.retrieve("sub_1", {"expand": ["items.data.price.product"]})
    assert one["items"].data[0].price.product.name == "Community"


@belief("the wording is quoted from memory")
def test_what_cannot_be_expanded_is_refused(sandbox: Sandbox) -> None:
    """An unknown property is a 400 that names it."""
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        sandbox.stripe().customers.retrieve("cus_1", {"expand": ["owner"]})


@vendor("D3", "stripe 16.1, SubscriptionCreateParamsItem")
def test_unknown_parameters_are_found_inside_items(sandbox: Sandbox) -> None:
    """The guide's `items[].billing_meter` does not exist."""
    params = {
        "customer": "cus_1",
        "items": [{"price": "price_1", "billing_meter": "m"}],
    }
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().subscriptions.create(params)
    assert refused.value.param == "items[0][billing_meter]"


@vendor("D3", "stripe 16.1, SubscriptionService.cancel")
def test_a_subscription_ends_now_or_later(sandbox: Sandbox) -> None:
    """At the end of the period it stays active; canceled at once it is over."""
    subscriptions = sandbox.stripe().subscriptions
    later = subscriptions.update("sub_1", {"cancel_at_period_end": True})
    end = later["items"].data[0].current_period_end
    assert (later.status, later.cancel_at) == ("active", end)
    assert subscriptions.cancel("sub_1").status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        subscriptions.cancel("sub_1")


@belief("The refusal was probed by third parties; the SDK documents the transfer")
def test_a_lookup_key_belongs_to_one_price(sandbox: Sandbox) -> None:
    """A second use is refused, a transfer takes it from the old price."""
    prices = sandbox.stripe().prices
    key = "community-expert-monthly"
    new = {"product": "prod_1", "currency": "eur", "unit_amount": 1, "lookup_key": key}
    with pytest.raises(stripe.InvalidRequestError, match="already uses") as refused:
        prices.create(new)
    assert refused.value.param == "lookup_key"
    taken = prices.create({**new, "transfer_lookup_key": True})
    assert prices.retrieve("price_1").lookup_key is None
    assert [each.id for each in prices.list({"lookup_keys": [key]}).data] == [taken.id]


@vendor("B", "stripe 16.1, PriceListParams.lookup_keys")
def test_ten_lookup_keys_are_the_most(sandbox: Sandbox) -> None:
    """Eleven are refused."""
    with pytest.raises(stripe.InvalidRequestError, match="at most 10"):
        sandbox.stripe().prices.list({"lookup_keys": [f"k{n}" for n in range(11)]})


@vendor("B", "stripe 16.1, PriceCreateParams")
def test_a_price_needs_a_currency_and_a_known_product(sandbox: Sandbox) -> None:
    """Each mistake has its own code."""
    prices = sandbox.stripe().prices
    with pytest.raises(stripe.InvalidRequestError) as missing:
        prices.create({"product": "prod_1", "unit_amount": 1})
    assert (missing.value.code, missing.value.param) == (
        "parameter_missing",
        "currency",
    )
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        prices.create({"product": "prod_0", "currency": "eur", "unit_amount": 1})
    assert (unknown.value.code, unknown.value.param) == ("resource_missing", "product")


@vendor("B", "stripe 16.1, ProductCreateParams.id")
def test_a_product_id_can_be_chosen_once(sandbox: Sandbox) -> None:
    """The second time it is there already."""
    products = sandbox.stripe().products
    assert products.create({"id": "expert_top", "name": "Top"}).id == "expert_top"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        products.create({"id": "expert_top", "name": "Top"})
    assert refused.value.code == "resource_already_exists"


@vendor("A7", "stripe 16.1, WebhookEndpoint.secret")
def test_a_webhook_secret_is_told_once(sandbox: Sandbox) -> None:
    """At creation, and never again."""
    endpoints = sandbox.stripe().webhook_endpoints
    made = endpoints.create(
        {"url": "https://app.example.test", "enabled_events": ["customer.updated"]}
    )
    assert made.secret.startswith("whsec_sandbox")
    assert "secret" not in endpoints.retrieve(made.id)
    assert [each.url for each in endpoints.list().data] == ["https://app.example.test"]
