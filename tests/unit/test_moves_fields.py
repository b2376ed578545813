"""What else a subscription may carry: each field has a fate, and the page says it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import stripe

from eleva_cli.adapters import stripe_facets
from eleva_cli.moves.fields import FACETS, fate_of, has_any, unusual
from tests.moves_world import CUS, item, sub

PAGE = Path(__file__).parents[2] / "docs" / "subscriptions.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (carry|hold) \| (.+) \|$", re.MULTILINE)


def test_page_is_the_table() -> None:
    """docs/subscriptions.md has a row for each field, in order, and no other."""
    rows = ROW.findall(PAGE.read_text("utf-8"))

    assert rows == [(name, each.fate, each.why) for name, each in FACETS.items()]
    assert list(FACETS) == sorted(FACETS)
    assert len(FACETS) >= 20


def test_every_field_of_the_sdk_is_told_or_has_a_fate() -> None:
    """What the adapter tells and the SDK declares is in the table, name by name."""
    declared = set(stripe.Subscription.__annotations__)
    silent = {"billing_cycle_anchor", "canceled_at", "created", "customer", "object"}
    silent |= {"cancel_at_period_end", "ended_at", "id", "items", "latest_invoice"}
    silent |= {"livemode", "metadata", "schedule", "start_date", "status"}
    silent |= {"status_details", "OBJECT_NAME"}
    untold = {name for name in declared if not name.startswith("_")} - silent

    assert sorted(name for name in untold if fate_of(name) is None) == []


def test_plain_subscription_is_not_unusual() -> None:
    """Neither is one whose fields all stay."""
    told = {"discounts": "di_1", "payment_settings.payment_method_types": "card"}

    assert unusual(sub()) is None
    assert unusual(sub(facets=told)) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pause_collection.behavior", "stopped its invoices"),
        ("pending_update.expires_at", "waits for a payment"),
        ("application_fee_percent", "share"),
        ("transfer_data.destination", "passed on"),
        ("on_behalf_of", "another account"),
        ("invoice_settings.issuer.account", "writes the invoices"),
        ("automatic_tax.liability.account", "owes the tax"),
        ("items.billing_thresholds.usage_gte", "billed at once"),
        ("brand_new.thing", "does not know"),
    ],
)
def test_what_holds_is_named(name: str, words: str) -> None:
    """The field, and why, among others that are carried."""
    found = unusual(sub(facets={name: "1", "description": "yes"}))

    assert found is not None
    assert (found.code, found.subject) == ("subscription-unusual", "sub_1")
    assert name in found.message
    assert words in found.message
    assert "description" not in found.message
    assert found.evidence == {"customer": CUS}


def test_longest_name_counts() -> None:
    """Of a field and one below it, the one below."""
    above, below = (
        fate_of("automatic_tax.enabled"),
        fate_of("automatic_tax.liability.x"),
    )

    assert above is not None
    assert below is not None
    assert (above.fate, below.fate) == ("carry", "hold")
    assert fate_of("discounts_of_another_kind") is None


def test_names_stand_for_what_is_below_them() -> None:
    """And for nothing that only begins alike."""
    one = sub(item(), facets={"automatic_tax.enabled": "true"})

    assert has_any(one, ["automatic_tax"])
    assert not has_any(one, ["automatic"])


def test_what_the_adapter_tells_of_a_plain_subscription_is_nothing() -> None:
    """Usual values are no facets, so they hold nothing."""
    price = {"id": "price_1", "currency": "eur"}
    told = stripe_facets.of(
        {
            "id": "sub_1",
            "status": "active",
            "currency": "eur",
            "collection_method": "charge_automatically",
            "billing_mode": {"type": "flexible", "updated_at": 1},
            "automatic_tax": {"enabled": False, "liability": None},
            "trial_end": 5,
            "items": {"data": [{"id": "si_1", "quantity": 1, "price": price}]},
        }
    )

    assert told == {}
    assert unusual(sub(facets=told)) is None
