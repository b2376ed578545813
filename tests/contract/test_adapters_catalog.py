"""What Stripe sells, against a small server that behaves: sent and understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eleva_cli.errors import InDoubtError, RejectedError
from eleva_cli.ports import (
    Attachment,
    Page,
    Ports,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)
from tests.contract.adapter_world import Answer, Request, opened

FEATURE = {
    "id": "feat_1",
    "lookup_key": "events",
    "name": "Events",
    "active": True,
    "metadata": {"a": "b"},
}
PRODUCT = {
    "id": "prod_1",
    "name": "Basic",
    "active": False,
    "description": None,
    "tax_code": "txcd_1",
    "default_price": "price_1",
    "metadata": {},
}
PRICE: dict[str, Any] = {
    "id": "price_1",
    "product": "prod_1",
    "active": True,
    "currency": "eur",
    "unit_amount": 2500,
    "unit_amount_decimal": "2500",
    "billing_scheme": "per_unit",
    "custom_unit_amount": None,
    "transform_quantity": None,
    "recurring": {
        "interval": "month",
        "interval_count": 3,
        "usage_type": "licensed",
        "meter": None,
    },
    "tax_behavior": "inclusive",
    "lookup_key": "basic",
    "nickname": None,
    "metadata": {},
}
READ = StripePrice(
    id="price_1",
    product="prod_1",
    active=True,
    currency="eur",
    amount=2500,
    interval="month",
    interval_count=3,
    tax="inclusive",
    key="basic",
)
METER = {
    "id": "mtr_1",
    "event_name": "seats",
    "default_aggregation": {"formula": "last"},
    "status": "inactive",
}


def answering(*rows: Any) -> Callable[[Request], Answer]:
    return lambda _: Answer({"data": list(rows), "has_more": False})


def price_read(**changed: object) -> StripePrice:
    with opened(answering({**PRICE, **changed})) as (ports, _):
        (found,) = ports.stripe.prices(None).rows
    return found


def test_features_are_asked_for_archived_or_not() -> None:
    """One list has one kind only."""
    with opened(answering(FEATURE)) as (ports, app):
        found = ports.stripe.features(None, archived=False)
        ports.stripe.features("feat_9", archived=True)

    assert found.rows == (
        StripeFeature(
            id="feat_1", key="events", name="Events", active=True, metadata={"a": "b"}
        ),
    )
    assert {request.path for request in app.seen} == {"/v1/entitlements/features"}
    assert [request.query for request in app.seen] == [
        {"limit": "100"},
        {"limit": "100", "archived": "true", "starting_after": "feat_9"},
    ]


def test_products_are_read_whether_active_or_not() -> None:
    """Linked objects by their id, expanded or not."""
    expanded = {**PRODUCT, "id": "prod_2", "default_price": {"id": "price_2"}}
    with opened(answering(PRODUCT, expanded)) as (ports, app):
        first, second = ports.stripe.products(None).rows

    assert first == StripeProduct(
        id="prod_1",
        name="Basic",
        active=False,
        tax_code="txcd_1",
        default_price="price_1",
    )
    assert second.default_price == "price_2"
    assert app.seen[0].query == {"limit": "100"}


def test_attachments_are_a_products_own() -> None:
    """The attachment has an id beside its feature's."""
    row = {"id": "prodft_1", "entitlement_feature": {**FEATURE, "active": False}}
    with opened(answering(row)) as (ports, app):
        found = ports.stripe.product_features("prod_1", None).rows

    assert found == (
        Attachment(
            id="prodft_1",
            product="prod_1",
            feature="feat_1",
            key="events",
            active=False,
        ),
    )
    assert app.seen[0].path == "/v1/products/prod_1/features"


def test_a_product_id_that_is_a_path_is_not_sent() -> None:
    """A catalogue is a file, and a file may hold anything."""
    with opened(answering()) as (ports, app), pytest.raises(RejectedError) as caught:
        ports.stripe.product_features("../customers", None)

    assert caught.value.code == "id-malformed"
    assert app.seen == []


def test_prices_are_those_that_are_active_and_recur() -> None:
    """An account that sells appointments has thousands of others."""
    with opened(answering(PRICE)) as (ports, app):
        found = ports.stripe.prices("price_9").rows

    assert found == (READ,)
    assert app.seen[0].query == {
        "limit": "100",
        "active": "true",
        "type": "recurring",
        "expand[0]": "data.currency_options",
        "starting_after": "price_9",
    }


def test_holders_of_keys_are_read_whatever_they_are() -> None:
    """Archived ones hold their key as well."""
    with opened(answering({**PRICE, "active": False})) as (ports, app):
        (found,) = ports.stripe.prices_with_keys(["basic", "top"])

    assert not found.active
    assert app.seen[0].query == {
        "limit": "100",
        "lookup_keys[0]": "basic",
        "lookup_keys[1]": "top",
        "expand[0]": "data.currency_options",
    }


def test_a_price_tells_in_which_other_currencies_it_can_be_paid() -> None:
    """Its own is among the options, and is no other one."""
    options: dict[str, Any] = {"eur": {}, "usd": {}, "gbp": {}}
    with opened(answering({**PRICE, "currency_options": options})) as (ports, _):
        (found,) = ports.stripe.prices_with_keys(["basic"])

    assert found.also_in == ("gbp", "usd")


@pytest.mark.parametrize(
    ("changed", "shape"),
    [
        ({"billing_scheme": "tiered", "unit_amount": None}, "tiered"),
        ({"custom_unit_amount": {"minimum": 1}, "unit_amount": None}, "custom"),
        ({"transform_quantity": {"divide_by": 10, "round": "up"}}, "packaged"),
        ({"unit_amount": None, "unit_amount_decimal": "0.5"}, "fractional"),
        ({"recurring": None}, "one_time"),
        ({"unit_amount": 0}, "plain"),
    ],
)
def test_what_one_amount_does_not_say_is_told_apart(
    changed: dict[str, Any], shape: str
) -> None:
    """None of these may be taken for a price of 0."""
    found = price_read(**changed)

    assert found.shape == shape
    assert (found.amount is None) == (changed.get("unit_amount", 0) is None)


def test_a_metered_price_names_its_meter() -> None:
    """And a price that never said its tax is unspecified."""
    recurring = {**PRICE["recurring"], "usage_type": "metered", "meter": "mtr_1"}
    found = price_read(recurring=recurring, tax_behavior=None)

    assert (found.metered, found.meter) == (True, "mtr_1")
    assert found.tax == "unspecified"


def test_meters_are_read_with_their_formula() -> None:
    """Inactive ones as well: one may have counted before."""
    with opened(answering(METER)) as (ports, app):
        found = ports.stripe.meters(None).rows

    assert found == (
        StripeMeter(id="mtr_1", event_name="seats", aggregation="last", active=False),
    )
    assert app.seen[0].path == "/v1/billing/meters"


List = Callable[[Ports, str | None], Page[Any]]
LISTS: dict[str, tuple[List, Any]] = {
    "features": (lambda p, a: p.stripe.features(a, archived=False), FEATURE),
    "products": (lambda p, a: p.stripe.products(a), PRODUCT),
    "product_features": (
        lambda p, a: p.stripe.product_features("prod_1", a),
        {"id": "prodft_1", "entitlement_feature": FEATURE},
    ),
    "prices": (lambda p, a: p.stripe.prices(a), PRICE),
    "meters": (lambda p, a: p.stripe.meters(a), METER),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_a_next_page(name: str) -> None:
    """Its cursor is the last row's id; the last page has none."""
    read, row = LISTS[name]

    def answer(request: Request) -> Answer:
        return Answer(
            {"data": [row], "has_more": "starting_after" not in request.query}
        )

    with opened(answer) as (ports, app):
        first = read(ports, None)
        second = read(ports, "x_1")

    assert (first.after, second.after) == (row["id"], None)
    assert app.seen[1].query["starting_after"] == "x_1"


@pytest.mark.parametrize("name", LISTS)
def test_a_row_of_another_shape_is_never_guessed(name: str) -> None:
    """A missing field is an error that names it, not a difference."""
    read, row = LISTS[name]
    bare = answering({"id": row["id"]})
    with opened(bare) as (ports, _), pytest.raises(InDoubtError) as caught:
        read(ports, None)

    assert caught.value.code == "unexpected-shape"


def test_an_archived_feature_has_no_key_even_if_a_list_still_shows_it() -> None:
    """It could be taken for the living one, and be attached in its place."""
    archived = {**FEATURE, "id": "feat_0", "active": False}
    with opened(answering(archived, FEATURE)) as (ports, _):
        found = ports.stripe.features_with_key("events")

    assert [each.id for each in found] == ["feat_1"]
