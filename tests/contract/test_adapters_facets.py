"""What of a subscription is not plain: nothing of it is missed, nothing is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stripe import Subscription as Declared
from stripe import SubscriptionItem as DeclaredItem

from eleva_cli.adapters import stripe_facets
from eleva_cli.sandbox.billing import subscription_shape
from tests.contract.adapter_world import Answer, Request, opened
from tests.contract.sandbox_world import playing
from tests.contract.test_adapters_stripe import item, newest_first, subscription
from tests.sandbox.harness import business

EUR = {"price": {"currency": "eur"}}
# Whose fields stand elsewhere on the value, or say nothing about the terms.
SILENT = stripe_facets._SILENT | stripe_facets._SILENT_OF_ITEM
STRANGE: dict[str, Any] = {
    "application_fee_percent": 2.5,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": True,
        "liability": {"account": "acct_2", "type": "account"},
    },
    "billing_cycle_anchor_config": {
        "day_of_month": 31,
        "hour": None,
        "minute": None,
        "month": None,
        "second": None,
    },
    "billing_thresholds": {"amount_gte": 100, "reset_billing_cycle_anchor": True},
    "collection_method": "send_invoice",
    "days_until_due": 14,
    "default_payment_method": "pm_1",
    "default_source": "src_1",
    "default_tax_rates": ["txr_1"],
    "description": "For Ana",
    "discounts": [{"coupon": "half", "id": "di_1"}, {"coupon": "half", "id": "di_2"}],
    "invoice_settings": {
        "account_tax_ids": ["txi_1", "txi_2"],
        "custom_fields": [{"name": "For", "value": "Ana"}],
        "description": "For Ana",
        "footer": "Dear Ana",
        "issuer": {"type": "self"},
    },
    "managed_payments": {"enabled": True},
    "on_behalf_of": "acct_2",
    "pause_collection": {"behavior": "void", "resumes_at": 4_000_000_000},
    "payment_settings": {
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
        "payment_method_types": ["card", "sepa_debit"],
        "save_default_payment_method": "on_subscription",
    },
    "pending_invoice_item_interval": {"interval": "week", "interval_count": 2},
    "pending_update": {
        "billing_cycle_anchor": None,
        "expires_at": 99,
        "subscription_items": [],
        "trial_end": None,
        "trial_from_plan": None,
    },
    "presentment_details": {"presentment_currency": "usd"},
    "status": "trialing",
    "transfer_data": {"amount_percent": 7.5, "destination": "acct_2"},
    "trial_end": 4_000_000_000,
    "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
    "trial_start": 1_500,
}
FACETS = {
    "application_fee_percent": "2.5",
    "automatic_tax.enabled": "true",
    "automatic_tax.liability.account": "acct_2",
    "automatic_tax.liability.type": "account",
    "billing_cycle_anchor_config.day_of_month": "31",
    "billing_thresholds.amount_gte": "100",
    "billing_thresholds.reset_billing_cycle_anchor": "true",
    "collection_method": "send_invoice",
    "days_until_due": "14",
    "default_payment_method": "pm_1",
    "default_source": "src_1",
    "default_tax_rates": "txr_1",
    "description": "yes",
    "discounts": "di_1 di_2",
    "invoice_settings.account_tax_ids": "txi_1 txi_2",
    "invoice_settings.custom_fields": "1 of them",
    "invoice_settings.description": "yes",
    "invoice_settings.footer": "yes",
    "items.discounts": "di_3",
    "items.metadata": "seat",
    "items.tax_rates": "txr_1 txr_1",
    "managed_payments.enabled": "true",
    "on_behalf_of": "acct_2",
    "pause_collection.behavior": "void",
    "pause_collection.resumes_at": "4000000000",
    "payment_settings.payment_method_options.card.request_three_d_secure": "any",
    "payment_settings.payment_method_types": "card sepa_debit",
    "payment_settings.save_default_payment_method": "on_subscription",
    "pending_invoice_item_interval.interval": "week",
    "pending_invoice_item_interval.interval_count": "2",
    "pending_update.expires_at": "99",
    "presentment_details.presentment_currency": "usd",
    "transfer_data.amount_percent": "7.5",
    "transfer_data.destination": "acct_2",
    "trial_end": "4000000000",
    "trial_settings.end_behavior.missing_payment_method": "pause",
}


def of(**more: Any) -> dict[str, str]:
    """Return the facets of a subscription that is plain but for this."""
    items = {"data": more.pop("items", [EUR]), "has_more": False}
    return stripe_facets.of({**subscription_shape.new({}), **more, "items": items})


def test_a_plain_subscription_has_no_facets(tmp_path: Path) -> None:
    """Read alone, in a list, with its invoice, stamped, and made just now."""
    with playing(tmp_path, business()) as ports:
        stripe = ports.stripe
        (listed,) = stripe.subscriptions_on("price_1", None).rows
        stripe.revise_subscription(
            "sub_1", {"metadata.a": "b"}, items=(), proration="none", key="k1"
        )
        known = [listed, stripe.subscription("sub_1"), stripe.billed("sub_1")]

    assert [found.facets for found in known] == [{}, {}, {}]


def test_a_strange_subscription_shows_all_of_it(tmp_path: Path) -> None:
    """Each field by its path; of texts only that they are there."""
    half = {"id": "half", "percent_off": 50, "duration": "forever"}
    vat = {"id": "txr_1", "display_name": "VAT", "percentage": 19}
    items = [
        {
            "price": "price_1",
            "discounts": [{"coupon": "half", "id": "di_3"}],
            "metadata": {"seat": "Ana"},
            "tax_rates": ["txr_1"],
        },
        {"price": "price_1", "tax_rates": ["txr_1"]},
    ]
    odd = {"id": "sub_odd", "customer": "cus_2", "created": 1_500, "items": items}
    document = business(
        coupons=[half], tax_rates=[vat], subscriptions=[{**odd, **STRANGE}]
    )
    with playing(tmp_path, document) as ports:
        found = ports.stripe.subscription("sub_odd")

    assert found.facets == FACETS
    assert not [text for text in found.facets.values() if "Ana" in text]


@pytest.mark.parametrize(
    "name", sorted(set(Declared.__annotations__) - set(SILENT) - {"currency"})
)
def test_no_field_of_a_subscription_is_overlooked(name: str) -> None:
    """Every one that the SDK declares, whatever is in it, is told or is in a table."""
    (path,) = of(**{"status": "trialing", name: {"odd": 7}})

    assert path.startswith(name)


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in DeclaredItem.__annotations__
        if f"items.{name}" not in SILENT and not name.startswith("_")
    ),
)
def test_no_field_of_an_item_is_overlooked(name: str) -> None:
    """The same of its items."""
    (path,) = of(items=[EUR, {**EUR, name: {"odd": 7}}])

    assert path.startswith(f"items.{name}")


def test_what_nobody_knows_yet_is_told() -> None:
    """A field of a version to come stands there like any other."""
    assert of(surprise={"deep": {"down": ["a", "b"]}}, switch=True) == {
        "surprise.deep.down": "a b",
        "switch": "true",
    }


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, {"a": None, "b": []}])
def test_what_is_not_there_is_no_facet(value: Any) -> None:
    """Nothing, no, zero and empty are what a plain one has."""
    assert of(surprise=value) == {}


@pytest.mark.parametrize(
    ("given", "facets"),
    [
        ({"status": "active", "trial_end": 9}, {}),
        ({"status": "trialing", "trial_end": 9}, {"trial_end": "9"}),
        ({"billing_mode": {"type": "classic"}}, {}),
        ({"billing_mode": {"type": "later"}}, {"billing_mode.type": "later"}),
        ({"currency": "usd"}, {"currency": "usd"}),
        (
            {"default_payment_method": {"id": "pm_1"}},
            {"default_payment_method": "pm_1"},
        ),
        ({"discounts": ["di_1", {"id": "di_2"}]}, {"discounts": "di_1 di_2"}),
        ({"discounts": [{"coupon": "a"}]}, {"discounts": "1 of them"}),
    ],
)
def test_what_is_usual_is_left_out(given: Any, facets: dict[str, str]) -> None:
    """A trial that is over, and the currency of the amounts; ids stand for objects."""
    assert of(**given) == facets


def test_a_long_text_is_cut_and_still_its_own() -> None:
    """Eighty characters, by which two that begin alike are told apart."""
    found = [of(surprise="x" * 200 + end)["surprise"] for end in "ab"]

    assert [len(text) for text in found] == [80, 80]
    assert found[0] != found[1]
    assert of(surprise="x" * 80)["surprise"] == "x" * 80


def test_items_past_the_tenth_bring_their_facets() -> None:
    """What a list left out is read with them."""
    items = [item(n) for n in range(12)]
    items[11] |= {"tax_rates": [{"id": "txr_1"}]}
    items[0] |= {"tax_rates": [{"id": "txr_0"}]}

    def answer(request: Request) -> Answer:
        if request.path == "/v1/subscription_items":
            return newest_first(items)(request)
        return Answer(subscription(1, items[:10], has_more=True))

    with opened(answer) as (ports, _):
        found = ports.stripe.subscription("sub_1")

    assert found.facets == {"items.tax_rates": "txr_0 txr_1"}


@pytest.mark.parametrize(
    ("price", "terms"),
    [
        ({}, ("licensed", "per_unit", "", "unspecified")),
        (
            {"recurring": {"interval": "month", "usage_type": "metered"}},
            ("metered", "per_unit", "", "unspecified"),
        ),
        (
            {
                "billing_scheme": "tiered",
                "tax_behavior": "inclusive",
                "transform_quantity": {"divide_by": 10, "round": "up"},
            },
            ("licensed", "tiered", "10 up", "inclusive"),
        ),
    ],
)
def test_an_item_says_how_its_price_counts(
    price: Any, terms: tuple[str, str, str, str]
) -> None:
    """What a price leaves out is as prices are by default."""
    row = subscription(1, [item(1, **price)], has_more=False)
    with opened(lambda _: Answer(row)) as (ports, _):
        (found,) = ports.stripe.subscription("sub_1").items

    assert (found.usage, found.scheme, found.transform, found.tax) == terms
