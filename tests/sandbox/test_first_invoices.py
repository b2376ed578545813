"""What a new subscription really costs at once: pending items, debts, currencies."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor
from tests.sandbox.till import price, stocked, subscribed

FIGURES = ("currency", "subtotal", "total", "amount_due", "starting_balance")


def money(invoice: Any) -> tuple[Any, ...]:
    """Give what an invoice says, and its lines."""
    lines = [(each.amount, each.currency) for each in invoice.lines.data]
    return tuple(getattr(invoice, each) for each in FIGURES), lines


def previewed(
    sdk: Any, customer: str, price_id: str = "price_free", **more: Any
) -> Any:
    """Preview the first invoice of a new subscription."""
    details = {"items": [{"price": price_id}]}
    asked = {"customer": customer, "subscription_details": details, **more}
    return sdk.invoices.create_preview(asked)


def owing(sdk: Any, customer: str, amount: int, **more: Any) -> Any:
    """Add a pending item."""
    given = {"customer": customer, "amount": amount, "currency": "eur", **more}
    return sdk.invoice_items.create(given)


def refused(sdk: Any, *prices: str, **more: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        subscribed(sdk, *prices, **more)
    return caught.value


@vendor("D3", "stripe 16.1, InvoiceItemCreateParams.subscription")
def test_pending_items_are_on_the_first_invoice(sandbox: Sandbox) -> None:
    """A free subscription then costs something, and the preview says so."""
    sdk = stocked(sandbox)
    owing(sdk, "cus_pays", 700)
    other = subscribed(sdk, "price_dear")
    assert [each.amount for each in other.latest_invoice.lines.data] == [700, 4990]
    item = owing(sdk, "cus_pays", 300)
    owing(sdk, "cus_pays", 900, subscription=other.id)
    preview = previewed(sdk, "cus_pays")
    assert (preview.total, preview.amount_due) == (300, 300)
    assert sdk.invoice_items.retrieve(item.id).invoice is None
    made = subscribed(sdk, "price_free")
    assert money(made.latest_invoice) == money(preview)
    assert (made.status, made.latest_invoice.amount_paid) == ("active", 300)
    assert sdk.invoice_items.retrieve(item.id).invoice == made.latest_invoice.id
    waiting = sdk.invoice_items.list({"customer": "cus_pays", "pending": True})
    assert [each.amount for each in waiting.data] == [900]


@belief("that a trial's first invoice takes what is pending as well")
def test_a_trial_takes_pending_items(sandbox: Sandbox) -> None:
    """The trial is free; what was owed before is not."""
    sdk = stocked(sandbox)
    owing(sdk, "cus_pays", 300)
    made = subscribed(sdk, "price_old", trial_period_days=7)
    assert (made.status, made.latest_invoice.total) == ("trialing", 300)


@belief("that a debt is collected with the first invoice, whatever it is for")
def test_a_debt_is_due_with_the_first_invoice(sandbox: Sandbox) -> None:
    """The total is nothing, and yet something is due."""
    sdk = stocked(sandbox)
    sdk.customers.update("cus_pays", {"balance": 450})
    preview = previewed(sdk, "cus_pays")
    assert (preview.total, preview.amount_due, preview.starting_balance) == (
        0,
        450,
        450,
    )
    made = subscribed(sdk, "price_free")
    assert money(made.latest_invoice) == money(preview)
    assert made.latest_invoice.amount_paid == 450
    assert sdk.customers.retrieve("cus_pays").balance == 0


@pytest.mark.parametrize("owed", ["item", "balance"])
@belief("that a free subscription of somebody who owes is refused without any means")
def test_who_owes_and_cannot_pay_gets_nothing_for_free(
    sandbox: Sandbox, owed: str
) -> None:
    """The preview tells before; a credit that covers it makes it free again."""
    sdk = stocked(sandbox)
    assert subscribed(sdk, "price_free", customer="cus_poor").status == "active"
    if owed == "item":
        owing(sdk, "cus_poor", 500)
    else:
        sdk.customers.update("cus_poor", {"balance": 500})
    assert previewed(sdk, "cus_poor").amount_due == 500
    error = refused(sdk, "price_free", customer="cus_poor")
    assert (error.http_status, error.code) == (400, "resource_missing")
    credit = -500 if owed == "item" else 0
    sdk.customers.update("cus_poor", {"balance": credit})
    assert previewed(sdk, "cus_poor").amount_due == 0
    assert subscribed(sdk, "price_free", customer="cus_poor").status == "active"


# --- currencies

OPTIONS = {"usd": {"unit_amount": 3190}, "gbp": {"unit_amount": 2690}}


@pytest.fixture
def abroad(sandbox: Sandbox) -> Any:
    """Give the SDK on a shop with a customer of dollars, and prices that have them."""
    sdk = stocked(sandbox)
    free = {"usd": {"unit_amount": 0}}
    sandbox.seed(
        {
            "stripe": {
                "prices": [
                    price("price_many", 2990, currency_options=OPTIONS),
                    price("price_gift", 0, currency_options=free),
                    price("price_usd", 500, "prod_new", currency="usd"),
                ],
                "customers": [
                    {
                        "id": "cus_usd",
                        "currency": "usd",
                        "invoice_settings": {"default_payment_method": "pm_card_visa"},
                    }
                ],
            }
        }
    )
    return sdk


@belief("the words are quoted from memory; that currencies do not mix is documented")
def test_a_customer_of_another_currency_is_refused(abroad: Any) -> None:
    """By a price without that currency, asked for or not, and in the preview, too."""
    error = refused(abroad, "price_free", customer="cus_usd")
    assert error.param == "customer"
    assert "with currency usd" in str(error)
    asked = refused(abroad, "price_free", customer="cus_usd", currency="usd")
    assert asked.param == "currency"
    with pytest.raises(stripe.InvalidRequestError, match="combine currencies"):
        previewed(abroad, "cus_usd")


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.currency")
def test_a_price_is_sold_in_its_other_currencies(abroad: Any) -> None:
    """Asked for by name; the preview takes the customer's by itself."""
    free = subscribed(abroad, "price_gift", customer="cus_usd", currency="usd")
    assert (free.status, free.currency, free.latest_invoice.total) == (
        "active",
        "usd",
        0,
    )
    preview = previewed(abroad, "cus_usd", "price_many")
    assert (preview.currency, preview.total) == ("usd", 3190)
    asked = {"customer": "cus_usd", "currency": "usd"}
    made = subscribed(abroad, "price_many", **asked)
    assert money(made.latest_invoice) == money(preview)
    assert made["items"].data[0].price.currency == "eur"
    assert made["items"].data[0].price.unit_amount == 2990


@belief("that without a currency the price's own is meant, not the customer's")
def test_another_currency_must_be_asked_for(abroad: Any) -> None:
    """A price that has the customer's currency is refused without its name."""
    assert refused(abroad, "price_many", customer="cus_usd").param == "customer"
    made = subscribed(abroad, "price_many", currency="gbp")
    assert (made.currency, made.latest_invoice.total) == ("gbp", 2690)
    assert abroad.customers.retrieve("cus_pays").currency == "gbp"
    assert previewed(abroad, "cus_poor", "price_many", currency="gbp").total == 2690


@vendor("D3", "docs.stripe.com/invoicing/multi-currency-customers")
def test_prices_go_together_in_a_currency_all_have(abroad: Any) -> None:
    """Later changes and renewals stay in it."""
    asked = {"customer": "cus_usd", "currency": "usd"}
    made = subscribed(abroad, "price_many", "price_usd", **asked)
    assert made.latest_invoice.total == 3690
    renewal = abroad.invoices.create_preview({"subscription": made.id})
    assert (renewal.currency, renewal.total) == ("usd", 3690)
    item = {"items": [{"id": made["items"].data[0].id, "price": "price_old"}]}
    with pytest.raises(stripe.InvalidRequestError, match="Found mismatch in currency"):
        abroad.subscriptions.update(made.id, item)
    gone = {"items": [{"id": made["items"].data[1].id, "deleted": True}]}
    abroad.subscriptions.update(made.id, {**gone, "proration_behavior": "none"})
    with pytest.raises(stripe.InvalidRequestError, match="only supports `eur`"):
        abroad.subscriptions.update(made.id, item)


@belief(
    "that a pending item in another currency stands in the way, as the refusal says"
)
def test_a_pending_item_of_another_currency_is_in_the_way(abroad: Any) -> None:
    """Until it is gone."""
    item = owing(abroad, "cus_poor", 100, currency="usd")
    error = refused(abroad, "price_free", customer="cus_poor")
    assert "with currency usd" in str(error)
    abroad.invoice_items.delete(item.id)
    assert subscribed(abroad, "price_free", customer="cus_poor").status == "active"
