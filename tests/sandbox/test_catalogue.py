"""Products: made, changed, archived, deleted, and their default price."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.catalogue import MONTHLY, REFUSED, types
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor


@vendor("B", "stripe 16.1, ProductCreateParams")
def test_a_product_has_what_it_was_given(sandbox: Sandbox) -> None:
    """Every parameter of the SDK is taken, and shown."""
    given = {
        "name": "Top",
        "active": False,
        "description": "Everything",
        "images": ["https://app.example.test/top.png"],
        "marketing_features": [{"name": "Courses"}],
        "metadata": {"tier": "top"},
        "package_dimensions": {"height": 1, "length": 2, "weight": 3.5, "width": 4},
        "shippable": True,
        "statement_descriptor": "ELEVA TOP",
        "tax_code": "txcd_10103001",
        "tax_details": {"tax_code": "txcd_10103001"},
        "type": "good",
        "unit_label": "seat",
        "url": "https://app.example.test/top",
    }
    products = sandbox.stripe().products
    made = products.create({**given, "id": "expert_top"})
    assert made.id == "expert_top"
    shown = products.retrieve("expert_top").to_dict()
    assert {name: shown[name] for name in given} == given


@vendor("B", "stripe 16.1, ProductUpdateParams")
def test_a_product_changes_and_tells(sandbox: Sandbox) -> None:
    """Empty text clears what can be cleared; the rest stays as it was."""
    products = sandbox.stripe().products
    made = products.create({"name": "Top", "description": "All", "unit_label": "seat"})
    changed = products.update(made.id, {"name": "Best", "description": ""})
    assert (changed.name, changed.description, changed.unit_label) == (
        "Best",
        None,
        "seat",
    )
    event = sandbox.stripe().events.list({"type": "product.updated"}).data[0]
    previous = event.data.previous_attributes.to_dict()
    assert previous["name"] == "Top"
    assert "unit_label" not in previous


@belief("Stripe's words for an empty value where the types of the SDK allow none")
def test_a_name_cannot_be_cleared(sandbox: Sandbox) -> None:
    """A product has one."""
    with pytest.raises(REFUSED) as refused:
        sandbox.stripe().products.update("prod_1", {"name": ""})
    assert refused.value.code == "parameter_invalid_empty"


@vendor("B", "stripe 16.1, ProductCreateParamsDefaultPriceData")
def test_a_product_can_be_made_with_its_price(sandbox: Sandbox) -> None:
    """Which is its default."""
    client = sandbox.stripe()
    data = {
        "currency": "eur",
        "unit_amount": 4900,
        "recurring": {"interval": "year"},
        "tax_behavior": "inclusive",
        "metadata": {"tier": "top"},
    }
    made = client.products.create(
        {"name": "Top", "default_price_data": data, "expand": ["default_price"]}
    )
    price = made.default_price
    assert (price.product, price.unit_amount, price.type) == (
        made.id,
        4900,
        "recurring",
    )
    assert client.products.retrieve(made.id).default_price == price.id
    assert types(sandbox) == ["product.created", "price.created"]
    with pytest.raises(REFUSED) as refused:
        client.products.create({"name": "No", "default_price_data": {"currency": "e"}})
    assert refused.value.param == "default_price_data[currency]"


@vendor("B", "stripe 16.1, ProductListParams")
def test_products_are_filtered(sandbox: Sandbox) -> None:
    """By what the SDK's parameters name."""
    products = sandbox.stripe().products
    url = "https://app.example.test/book"
    products.create(
        {"id": "book", "name": "Book", "type": "good", "shippable": True, "url": url}
    )
    products.create({"id": "old", "name": "Old", "active": False})

    def ids(**params: Any) -> set[str]:
        return {each.id for each in products.list(params).data}

    assert ids() == {"book", "old", "prod_1"}
    assert ids(active=True) == {"book", "prod_1"}
    assert ids(active=False) == {"old"}
    assert ids(shippable=True) == ids(url=url) == ids(type="good") == {"book"}
    assert ids(ids=["old", "prod_1"]) == {"old", "prod_1"}
    assert ids(created={"lte": 0}) == {"prod_1"}


@vendor("B", "docs.stripe.com/products-prices/manage-prices")
def test_a_product_is_deleted_while_it_has_no_price(sandbox: Sandbox) -> None:
    """Afterwards it can only be archived."""
    products = sandbox.stripe().products
    with pytest.raises(REFUSED, match="prices"):
        products.delete("prod_1")
    assert products.update("prod_1", {"active": False}).active is False
    made = products.create({"name": "Mistake"})
    assert products.delete(made.id).deleted is True
    assert types(sandbox)[-1] == "product.deleted"


@belief("No product is left to be shown; customers alone are said to be shown deleted")
def test_a_deleted_product_is_gone(sandbox: Sandbox) -> None:
    """It is found no more, nor are its features."""
    client = sandbox.stripe()
    made = client.products.create({"name": "Mistake"})
    feature = client.entitlements.features.create({"lookup_key": "a", "name": "A"})
    client.products.features.create(made.id, {"entitlement_feature": feature.id})
    client.products.delete(made.id)
    with pytest.raises(REFUSED) as gone:
        client.products.retrieve(made.id)
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")
    assert [each.id for each in client.products.list({}).data] == ["prod_1"]
    assert sandbox.get("state")["counts"].get("product_feature") is None


@vendor("B", "docs.stripe.com/products-prices/manage-prices")
def test_archiving_a_product_keeps_its_subscriptions(sandbox: Sandbox) -> None:
    """And its prices as they are."""
    client = sandbox.stripe()
    client.products.update("prod_1", {"active": False})
    assert client.subscriptions.retrieve("sub_1").status == "active"
    assert client.prices.retrieve("price_1").active is True


@vendor("B", "stripe 16.1, ProductUpdateParams")
def test_the_default_price_is_one_of_the_product(sandbox: Sandbox) -> None:
    """And is for sale."""
    client = sandbox.stripe()
    other = client.products.create({"name": "Other"})
    with pytest.raises(REFUSED) as foreign:
        client.products.update(other.id, {"default_price": "price_1"})
    assert foreign.value.param == "default_price"
    unknown = {"default_price": "price_0"}
    with pytest.raises(REFUSED, match="No such price"):
        client.products.update("prod_1", unknown)
    client.products.update("prod_1", {"default_price": "price_1"})
    assert client.products.retrieve("prod_1").default_price == "price_1"


@belief("Known behaviour, not confirmed again: L3 of the facts")
def test_a_default_price_cannot_be_archived(sandbox: Sandbox) -> None:
    """Unless another takes its place; an archived price cannot take it."""
    client = sandbox.stripe()
    client.products.update("prod_1", {"default_price": "price_1"})
    with pytest.raises(REFUSED, match="default price") as refused:
        client.prices.update("price_1", {"active": False})
    assert refused.value.http_status == 400
    other = client.prices.create(MONTHLY)
    client.products.update("prod_1", {"default_price": other.id})
    assert client.prices.update("price_1", {"active": False}).active is False
    with pytest.raises(REFUSED):
        client.products.update("prod_1", {"default_price": "price_1"})


@belief("Stripe's staff says so on GitHub, stripe-python issue 658; no page does")
def test_a_default_price_is_unset_by_an_empty_text(sandbox: Sandbox) -> None:
    """Then it can be archived without another in its place."""
    client = sandbox.stripe()
    client.products.update("prod_1", {"default_price": "price_1"})
    unset = client.products.update("prod_1", {"default_price": ""})
    assert unset.default_price is None
    assert client.prices.update("price_1", {"active": False}).active is False
