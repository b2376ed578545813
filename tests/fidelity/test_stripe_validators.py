"""The validators made of Stripe's SDK bite: each fault that matters has its example."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from tests.fidelity.stripe_check import answer_findings, request_findings
from tests.fidelity.stripe_endpoints import Endpoint, endpoints

PRICE = {"currency": "eur", "product": "prod_1", "unit_amount": "2500"}
LIST = {"object": "list", "url": "/v1/tax_rates", "has_more": False}
RATE: dict[str, Any] = {
    "id": "txr_1",
    "object": "tax_rate",
    "active": True,
    "country": None,
    "created": 1,
    "description": None,
    "display_name": "VAT",
    "inclusive": False,
    "livemode": False,
    "metadata": {},
    "percentage": 19.0,
}


def endpoint(name: str) -> Endpoint:
    template = name.partition(" ")[2]
    return endpoints(frozenset({template}))[name]


def requested(name: str, given: dict[str, str]) -> list[str]:
    return list(request_findings(endpoint(name), urlencode(given)))


def answered(name: str, body: Any) -> list[str]:
    return list(answer_findings(endpoint(name), body))


@pytest.mark.parametrize(
    ("name", "given", "place"),
    [
        ("POST /v1/prices", {"product": "prod_1"}, "currency: Field required"),
        (
            "POST /v1/prices",
            PRICE | {"recurring[interval]": "fortnight"},
            "recurring.interval: Input should be",
        ),
        (
            "POST /v1/prices",
            PRICE | {"recurring[interval]": "month", "recurring[billing_meter]": "m"},
            "recurring.billing_meter: Extra inputs",
        ),
        ("POST /v1/prices", PRICE | {"amount": "2500"}, "amount: Extra inputs"),
        ("POST /v1/prices", PRICE | {"unit_amount": "25.00"}, "unit_amount: String"),
        ("POST /v1/prices", PRICE | {"active": "True"}, "active: Input should be"),
        ("POST /v1/prices", PRICE | {"metadata": "a"}, "metadata"),
        (
            "POST /v1/prices",
            PRICE | {"unit_amount_decimal": "1.0000000000001"},
            "unit_amount_decimal: String",
        ),
        (
            "POST /v1/subscriptions/{id}",
            {"items[0][billing_meter]": "m"},
            "items.0.billing_meter: Extra inputs",
        ),
        (
            "POST /v1/subscriptions/{id}",
            {"proration_behavior": "nothing"},
            "proration_behavior: Input should be",
        ),
        ("GET /v1/customers", {"limit": "many"}, "limit: String"),
        ("GET /v1/customers", {"created[since]": "1"}, "created"),
        ("GET /v1/account", {"limit": "1"}, "limit: Extra inputs"),
    ],
)
def test_a_wrong_request_is_found(name: str, given: dict[str, str], place: str) -> None:
    """The request is named by the parameter that is wrong."""
    found = requested(name, given)

    assert any(each.startswith(place) for each in found), found


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (
            "POST /v1/prices",
            PRICE
            | {"recurring[interval]": "month", "recurring[meter]": "mtr_1"}
            | {"lookup_key": "a", "transfer_lookup_key": "true", "expand[]": "product"},
        ),
        (
            "POST /v1/subscriptions/{id}",
            {"items[0][id]": "si_1", "items[0][price]": "price_2"}
            | {"items[0][quantity]": "3", "proration_behavior": "none"},
        ),
        ("POST /v1/subscriptions/{id}", {"cancel_at": "", "metadata": ""}),
        ("POST /v1/subscriptions/{id}", {"trial_end": "now"}),
        ("POST /v1/subscriptions/{id}", {"cancel_at": "max_period_end"}),
        ("POST /v1/customers/{id}", {"metadata[0]": "a", "metadata[b]": ""}),
        ("GET /v1/customers", {"created[gte]": "1", "created[lt]": "2"}),
        ("GET /v1/customers", {"created": "1", "limit": "100"}),
        ("GET /v1/prices", {"lookup_keys[0]": "a", "lookup_keys[1]": "b"}),
    ],
)
def test_a_right_request_passes(name: str, given: dict[str, str]) -> None:
    """What the services are sent day by day is not refused."""
    assert requested(name, given) == []


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in RATE.items() if key != name}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (without("percentage"), "percentage: Field required"),
        (RATE | {"rate": 19}, "rate: Extra inputs"),
        (RATE | {"created": "1"}, "created: Input should be"),
        (RATE | {"active": 1}, "active: Input should be"),
        (RATE | {"display_name": None}, "display_name: Input should be"),
        (RATE | {"object": "coupon"}, "object: Input should be"),
        (RATE | {"tax_type": "toll"}, "tax_type: Input should be"),
        ({"id": "txr_1", "object": "tax_rate", "deleted": False}, "deleted: Input"),
        ({"id": "txr_1", "object": "coupon", "deleted": True}, "object: 'coupon'"),
        ([RATE], "the body is list"),
        (None, "the body is NoneType"),
    ],
)
def test_a_wrong_answer_is_found(body: Any, place: str) -> None:
    """The answer is named by the field that is wrong."""
    found = answered("GET /v1/tax_rates/{id}", body)

    assert any(each.startswith(place) for each in found), found


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (LIST, "data: not list"),
        (LIST | {"data": [RATE, without("id")]}, "data.1.id: Field required"),
        (LIST | {"data": [], "has_more": "false"}, "has_more: not bool"),
        (LIST | {"data": [], "total_count": 0}, "total_count: not declared"),
        (RATE, "object: 'tax_rate' is not a list"),
    ],
)
def test_a_wrong_list_is_found(body: Any, place: str) -> None:
    """A list has its own shape, and each object in it another."""
    found = answered("GET /v1/tax_rates", body)

    assert any(each.startswith(place) for each in found), found


def test_a_right_answer_passes() -> None:
    """Null and absent are the same to the SDK; a deleted object keeps its name."""
    assert answered("GET /v1/tax_rates/{id}", RATE) == []
    assert answered("GET /v1/tax_rates/{id}", without("country")) == []
    assert answered("GET /v1/tax_rates", LIST | {"data": [RATE]}) == []
    gone = {"id": "cus_1", "object": "customer", "deleted": True}
    assert answered("GET /v1/customers/{id}", gone) == []
    assert answered("DELETE /v1/customers/{id}", gone) == []


def test_deletion_says_so() -> None:
    """What is deleted is not sent once more in full."""
    assert answered("DELETE /v1/coupons/{id}", RATE) == ["deleted: Field required"]


def feature(**expanded: Any) -> dict[str, Any]:
    entitlement = {
        "id": "ent_1",
        "object": "entitlements.active_entitlement",
        "feature": "feat_1",
        "livemode": False,
        "lookup_key": "a",
    }
    return entitlement | expanded


def test_an_expanded_field_is_the_object() -> None:
    """Where an id may be expanded, what stands there is held to its own class."""
    name = "GET /v1/entitlements/active_entitlements/{id}"
    other = {"object": "tax_rate"}
    partly = {"object": "entitlements.feature", "id": "feat_1"}

    assert answered(name, feature()) == []
    assert "is 'tax_rate'" in answered(name, feature(feature=other))[0]
    assert "feature.lookup_key: Field required" in answered(
        name, feature(feature=partly)
    )
    assert "is None" in answered(name, feature(feature=None))[0]


def event(about: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": stripe.api_version,
        "created": 1,
        "data": {"object": about, **more},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": "tax_rate.updated",
    }


def test_what_an_event_is_about_is_checked() -> None:
    """An event carries an object of its own class, and its names of before."""
    name = "GET /v1/events/{id}"

    assert answered(name, event(RATE)) == []
    assert answered(name, event(RATE, previous_attributes={"active": False})) == []
    assert answered(name, event(without("id"))) == ["data.id: Field required"]
    wrong = event(RATE, previous_attributes={"x": 1})
    assert "previous attributes ['x']" in answered(name, wrong)[0]
    assert "is about 'nothing'" in answered(name, event({"object": "nothing"}))[0]


def test_the_table_is_read_from_the_sdk() -> None:
    """An endpoint comes with its method, its parameters and its class."""
    found = endpoint("POST /v1/subscription_items/{id}")

    assert found.called.endswith("SubscriptionItemService.update")
    assert found.params.__name__ == "SubscriptionItemUpdateParams"
    assert found.resource is stripe.SubscriptionItem
    assert not found.is_list
    assert endpoint("GET /v1/prices").is_list
    assert endpoints(frozenset({"/v1/nothing"})) == {}
