"""Subscriptions that wait for their payment, the portal, discounts: sent and done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.errors import RejectedError
from eleva_cli.ports import StripePort
from tests.contract.adapter_world import Answer, opened
from tests.contract.sandbox_world import playing
from tests.contract.test_adapters_billing import READ, UNPAID, body
from tests.contract.test_adapters_stripe import item, subscription
from tests.sandbox.harness import business
from tests.sandbox.till import SHOP

NOWHERE: Any = {"return_url": None, "configuration": None}


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripePort]:
    """A shop whose customers pay, have no card, or a bad one."""
    with playing(tmp_path, {"stripe": SHOP}) as ports:
        yield ports.stripe


def test_a_subscription_that_is_started_waits_for_its_payment() -> None:
    """The method it is paid with is kept, and the page to pay at comes along."""
    row = {**subscription(1, [item(1)], has_more=False), "latest_invoice": UNPAID}
    fields = {"metadata.a": "b", "currency": None}
    with opened(lambda _: Answer(row)) as (ports, app):
        made = ports.stripe.start_subscription("cus_1", "price_1", fields, key="k1")

    assert made.value.invoice == READ
    (asked,) = app.seen
    assert asked.headers["idempotency-key"] == "k1"
    assert body(asked) == {
        "customer": "cus_1",
        "expand[0]": "latest_invoice",
        "items[0][price]": "price_1",
        "items[0][quantity]": "1",
        "metadata[a]": "b",
        "payment_behavior": "default_incomplete",
        "payment_settings[save_default_payment_method]": "on_subscription",
        "proration_behavior": "none",
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"return_url": None, "configuration": None}, {}),
        (
            {"return_url": "https://app.example.com/", "configuration": "bpc_1"},
            {"return_url": "https://app.example.com/", "configuration": "bpc_1"},
        ),
    ],
)
def test_a_portal_link_is_logged_nowhere(
    caplog: pytest.LogCaptureFixture, given: dict[str, Any], sent: dict[str, str]
) -> None:
    """Whoever has it is the customer; only what was asked and answered is noted."""
    url = "https://billing.example.com/p/session/secret"
    with (
        caplog.at_level(logging.DEBUG),
        opened(lambda _: Answer({"id": "bps_1", "url": url})) as (ports, app),
    ):
        made = ports.stripe.portal_link("cus_1", **given, key="k1")

    assert made.value == url
    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/billing_portal/sessions")
    assert asked.headers["idempotency-key"] == "k1"
    assert body(asked) == {"customer": "cus_1", **sent}
    assert "/v1/billing_portal/sessions" in caplog.text
    assert "example.com" not in caplog.text


@pytest.mark.parametrize(
    "act",
    [
        lambda stripe: stripe.start_subscription("a/b", "price_1", {}, key="k"),
        lambda stripe: stripe.start_subscription("cus_1", "a/b", {}, key="k"),
        lambda stripe: stripe.portal_link("a/b", **NOWHERE, key="k"),
        lambda stripe: stripe.portal_link(
            "cus_1", return_url=None, configuration="a/b", key="k"
        ),
    ],
)
def test_what_cannot_be_an_id_is_not_sent(act: Any) -> None:
    """Neither in a path nor as a parameter."""
    with (
        opened(lambda _: Answer({})) as (ports, app),
        pytest.raises(RejectedError) as no,
    ):
        act(ports.stripe)

    assert (no.value.code, app.seen) == ("id-malformed", [])


@pytest.mark.parametrize(
    ("price", "status", "invoice"),
    [("price_old", "incomplete", "open"), ("price_free", "active", "paid")],
)
def test_a_start_waits_only_for_what_is_asked(
    stripe: StripePort, price: str, status: str, invoice: str
) -> None:
    """The card is not taken; the invoice has the page where it can be paid."""
    made = stripe.start_subscription("cus_pays", price, {}, key="k1").value

    assert made.invoice is not None
    assert (made.status, made.invoice.status) == (status, invoice)
    assert made.invoice.hosted_url
    assert made.facets == {
        "payment_settings.save_default_payment_method": "on_subscription"
    }


def test_a_customers_own_link_is_made(stripe: StripePort) -> None:
    """Of one that is not there, none."""
    made = stripe.portal_link("cus_pays", **NOWHERE, key="k1")
    with pytest.raises(RejectedError) as no:
        stripe.portal_link("cus_nobody", **NOWHERE, key="k2")

    assert no.value.remote_code == "resource_missing"
    assert made.value.startswith("https://")
    assert not made.replayed


def test_a_customers_own_discount_is_seen(tmp_path: Path) -> None:
    """It is on every invoice, and stands at no subscription."""
    half = {"id": "half", "percent_off": 50, "duration": "forever"}
    cheap = {"id": "cus_cheap", "discount": {"coupon": "half"}}
    document = business(coupons=[half], customers=[cheap])
    with playing(tmp_path, document) as ports:
        found = {name: ports.stripe.customer(name) for name in ("cus_1", "cus_cheap")}

    assert {name: it.discounted for name, it in found.items()} == {
        "cus_1": False,
        "cus_cheap": True,
    }
