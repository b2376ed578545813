"""Invoices: what a subscription costs at its start, at renewals, when it changes."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor
from tests.sandbox.till import (
    DAY,
    latest,
    price,
    stocked,
    subscribed,
    to_end_of,
    types_of,
)

SETTLED = ["invoice.created", "invoice.finalized", "invoice.paid"]


@vendor("D3", "docs.stripe.com/api/subscriptions/create")
def test_a_first_invoice_is_paid_from_the_card(sandbox: Sandbox) -> None:
    """It is finalized as part of the request, and paid."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    invoice = made.latest_invoice
    assert (made.status, invoice.status) == ("active", "paid")
    assert (invoice.billing_reason, invoice.total) == ("subscription_create", 2990)
    assert (invoice.amount_paid, invoice.amount_remaining) == (2990, 0)
    assert [each for each in types_of(sdk) if each.startswith("invoice.")] == [
        *SETTLED,
        "invoice.payment_succeeded",
    ]


@belief("consistent with D3, nowhere quoted: a $0 invoice needs no payment method")
@pytest.mark.parametrize("behavior", ["allow_incomplete", "default_incomplete"])
def test_nothing_to_pay_needs_no_card(sandbox: Sandbox, behavior: str) -> None:
    """A free price is active at once, its invoice paid without a payment."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk,
        "price_free",
        customer="cus_poor",
        payment_behavior=behavior,
        expand=["latest_invoice.payments"],
    )
    invoice = made.latest_invoice
    assert (made.status, invoice.status, invoice.total) == ("active", "paid", 0)
    assert invoice.payments.data == []


@vendor("D3", "stripe 16.1, payment_behavior")
@pytest.mark.parametrize(
    ("customer", "behavior"),
    [("cus_poor", "default_incomplete"), ("cus_broke", "allow_incomplete")],
)
def test_what_is_not_paid_waits(sandbox: Sandbox, customer: str, behavior: str) -> None:
    """The subscription is incomplete, its invoice open until the customer pays."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", customer=customer, payment_behavior=behavior)
    assert (made.status, made.latest_invoice.status) == ("incomplete", "open")
    assert made.latest_invoice.hosted_invoice_url.startswith("https://")
    sandbox.post("pay", invoice=made.latest_invoice.id)
    assert sdk.subscriptions.retrieve(made.id).status == "active"
    assert types_of(sdk)[-3:] == [
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


@vendor("D3", "stripe 16.1, Subscription.payment_settings")
@pytest.mark.parametrize("kept", ["off", "on_subscription"])
def test_what_a_first_invoice_was_paid_with_is_kept_when_asked(
    sandbox: Sandbox, kept: str
) -> None:
    """Of a customer without a card, the renewal is then paid, too."""
    sdk = stocked(sandbox)
    settings = {"payment_settings": {"save_default_payment_method": kept}}
    more = {"payment_behavior": "default_incomplete", **settings}
    made = subscribed(sdk, "price_old", customer="cus_poor", **more)
    sandbox.post("pay", invoice=made.latest_invoice.id)
    method = sdk.subscriptions.retrieve(made.id).default_payment_method
    assert (method is None) == (kept == "off")
    to_end_of(sandbox, made)
    paid = sdk.subscriptions.retrieve(made.id).status
    assert paid == ("past_due" if kept == "off" else "active")


@belief("third parties quote this refusal; the vendor's pages do not")
@pytest.mark.parametrize("behavior", ["allow_incomplete", "error_if_incomplete"])
def test_with_nothing_to_charge_nothing_is_made(
    sandbox: Sandbox, behavior: str
) -> None:
    """A paid subscription of a customer without a card is refused."""
    sdk = stocked(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        subscribed(sdk, "price_old", customer="cus_poor", payment_behavior=behavior)
    assert (refused.value.http_status, refused.value.code) == (400, "resource_missing")
    assert sdk.subscriptions.list({"customer": "cus_poor"}).data == []


@vendor("D3", "stripe 16.1, payment_behavior")
def test_error_if_incomplete_makes_nothing(sandbox: Sandbox) -> None:
    """A payment that fails is a 402, and nothing is there afterwards."""
    sdk, customer = stocked(sandbox), "cus_broke"
    with pytest.raises(stripe.CardError) as refused:
        subscribed(
            sdk,
            "price_old",
            customer=customer,
            payment_behavior="error_if_incomplete",
        )
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
    assert sdk.subscriptions.list({"customer": customer, "status": "all"}).data == []
    assert sdk.invoices.list({"customer": customer}).data == []


@vendor("D3", "stripe 16.1, payment_behavior")
def test_default_incomplete_waits_even_with_a_card(sandbox: Sandbox) -> None:
    """The payment must be confirmed; the secret for it is there when expanded."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk,
        "price_old",
        payment_behavior="default_incomplete",
        expand=["latest_invoice.confirmation_secret"],
    )
    secret = made.latest_invoice.confirmation_secret
    assert (made.status, secret.type) == ("incomplete", "payment_intent")
    assert "confirmation_secret" not in sdk.invoices.retrieve(made.latest_invoice.id)
    assert "invoice.payment_failed" not in types_of(sdk)


@vendor("D3", "stripe 16.1, payment_behavior")
def test_an_invoice_that_is_sent_holds_nothing_up(sandbox: Sandbox) -> None:
    """With `send_invoice` the subscription is active whatever the invoice is."""
    made = subscribed(
        stocked(sandbox),
        "price_old",
        customer="cus_poor",
        collection_method="send_invoice",
        days_until_due=10,
    )
    invoice = made.latest_invoice
    assert (made.status, invoice.status) == ("active", "open")
    assert invoice.due_date - invoice.created == 10 * DAY


@vendor("D3", "docs.stripe.com/billing/subscriptions/trials")
def test_a_trial_costs_nothing(sandbox: Sandbox) -> None:
    """It needs no card; its invoice of zero is paid."""
    made = subscribed(
        stocked(sandbox), "price_old", customer="cus_poor", trial_period_days=7
    )
    invoice = made.latest_invoice
    assert (made.status, invoice.status, invoice.total) == ("trialing", "paid", 0)
    assert invoice.lines.data[0].description.startswith("Trial period")


@vendor("D3", "stripe 16.1, billing_reason")
def test_a_renewal_is_a_cycle(sandbox: Sandbox) -> None:
    """It charges the new period, and closes the one before."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", "price_new")
    item = made["items"].data[0]
    to_end_of(sandbox, made)
    invoice = latest(sdk, made)
    assert (invoice.billing_reason, invoice.status) == ("subscription_cycle", "paid")
    assert invoice.total == 5980
    assert (invoice.period_start, invoice.period_end) == (
        item.current_period_start,
        item.current_period_end,
    )
    assert {each.period.start for each in invoice.lines.data} == {
        item.current_period_end
    }


@belief("the lifecycle page says past_due; that it comes with the first try is ours")
def test_a_renewal_that_fails_is_past_due(sandbox: Sandbox) -> None:
    """The invoice stays open; paying it puts things in order."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    sdk.customers.update(
        "cus_pays",
        {"invoice_settings": {"default_payment_method": "pm_card_chargeDeclined"}},
    )
    to_end_of(sandbox, made)
    assert sdk.subscriptions.retrieve(made.id).status == "past_due"
    invoice = latest(sdk, made)
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert "invoice.payment_failed" in types_of(sdk)
    sandbox.post("pay", invoice=invoice.id)
    assert sdk.subscriptions.retrieve(made.id).status == "active"


@belief("a bank's question fails the first try; the test card's name says which")
def test_a_bank_can_ask_first(sandbox: Sandbox) -> None:
    """The customer has to act, and the event says so."""
    sdk = stocked(sandbox)
    card = "pm_card_authenticationRequired"
    made = subscribed(
        sdk, "price_old", customer="cus_poor", default_payment_method=card
    )
    assert made.status == "incomplete"
    assert "invoice.payment_action_required" in types_of(sdk)


@ours
def test_only_an_open_invoice_can_be_paid(sandbox: Sandbox) -> None:
    """The control endpoints say what is wrong."""
    sdk = stocked(sandbox)
    paid = subscribed(sdk, "price_old").latest_invoice.id
    for body, message in (
        ({}, "invoice: must be the id of an invoice"),
        ({"invoice": "in_0"}, "invoice: there is no 'in_0'"),
        ({"invoice": paid}, f"invoice: '{paid}' is paid, not open"),
    ):
        answer = sandbox.http.post(f"{sandbox.base_url}/_sandbox/pay", json=body)
        assert (answer.status_code, answer.json()) == (400, {"error": message})


@ours
def test_a_try_can_be_made_to_fail(sandbox: Sandbox) -> None:
    """An active subscription falls behind."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk, "price_old", collection_method="send_invoice", days_until_due=3
    )
    failed = sandbox.post("fail", invoice=made.latest_invoice.id)
    assert (failed["status"], failed["attempt_count"]) == ("open", 1)
    assert sdk.subscriptions.retrieve(made.id).status == "past_due"


@vendor("D2", "stripe 16.1, Invoice.parent")
def test_an_invoice_keeps_the_metadata_of_its_time(sandbox: Sandbox) -> None:
    """The subscription's metadata is copied, and later changes do not reach it."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", metadata={"tier": "top"})
    sdk.subscriptions.update(made.id, {"metadata": {"tier": "community"}})
    details = latest(sdk, made).parent.subscription_details
    assert (details.subscription, details.metadata["tier"]) == (made.id, "top")


@vendor("A3", "docs.stripe.com/api/expanding_objects")
def test_nested_lines_are_cut_at_ten(sandbox: Sandbox) -> None:
    """The rest is in the list of lines, which pages."""
    sdk = stocked(sandbox)
    sandbox.seed({"stripe": {"prices": [price(f"p_{n}", n) for n in range(12)]}})
    invoice = subscribed(sdk, *(f"p_{n}" for n in range(12))).latest_invoice
    assert (len(invoice.lines.data), invoice.lines.has_more) == (10, True)
    lines = sdk.invoices.line_items.list(invoice.id, {"limit": 5})
    amounts = [each.amount for each in lines.auto_paging_iter()]
    assert (amounts, invoice.total) == (list(range(12)), sum(range(12)))


@vendor("A5", "stripe 16.1, InvoiceListParams")
def test_invoices_are_listed_by_filters(sandbox: Sandbox) -> None:
    """By customer, subscription and status, alone and together."""
    sdk = stocked(sandbox)
    one = subscribed(sdk, "price_old")
    two = subscribed(sdk, "price_old", customer="cus_broke")

    def found(**params: str) -> set[str]:
        return {each.id for each in sdk.invoices.list(params).data}

    assert found(customer="cus_pays") == {one.latest_invoice.id}
    assert found(subscription=two.id) == {two.latest_invoice.id}
    assert found(status="open") == {two.latest_invoice.id}
    assert found(customer="cus_pays", status="open") == set()
    assert found(customer="cus_pays", subscription=two.id) == set()


@belief("the balance is settled when the invoice is final; credits are negative")
def test_the_balance_pays_first(sandbox: Sandbox) -> None:
    """A credit is used up before the card is charged."""
    sdk = stocked(sandbox)
    sdk.customers.update("cus_pays", {"balance": -4000})
    made = subscribed(sdk, "price_old")
    first = made.latest_invoice
    assert (first.total, first.amount_due, first.ending_balance) == (2990, 0, -1010)
    assert sdk.customers.retrieve("cus_pays").balance == -1010
    to_end_of(sandbox, made)
    second = latest(sdk, made)
    assert (second.starting_balance, second.amount_due) == (-1010, 1980)
    assert sdk.customers.retrieve("cus_pays").balance == 0


TIERS = [{"up_to": 10, "unit_amount": 500}, {"up_to": None, "unit_amount": 300}]


@vendor("B", "stripe 16.1, tiers_mode")
@pytest.mark.parametrize(
    ("mode", "quantity", "total"),
    [
        ("graduated", 10, 5000),
        ("graduated", 12, 5600),
        ("volume", 10, 5000),
        ("volume", 12, 3600),
    ],
)
def test_tiers_count_each_unit_or_all(
    sandbox: Sandbox, mode: str, quantity: int, total: int
) -> None:
    """Graduated: each unit at its tier's rate; volume: all at the last one's."""
    sdk = stocked(sandbox)
    more: Any = {"billing_scheme": "tiered", "tiers_mode": mode, "tiers": TIERS}
    sandbox.seed({"stripe": {"prices": [price("price_tiers", None, **more)]}})
    items = [{"price": "price_tiers", "quantity": quantity}]
    assert subscribed(sdk, items=items).latest_invoice.total == total


@vendor("B", "stripe 16.1, transform_quantity")
@pytest.mark.parametrize(("rounding", "total"), [("up", 300), ("down", 200)])
def test_packages_are_counted_whole(
    sandbox: Sandbox, rounding: str, total: int
) -> None:
    """Eleven pieces in packages of five are three, or two."""
    sdk = stocked(sandbox)
    more: Any = {"transform_quantity": {"divide_by": 5, "round": rounding}}
    sandbox.seed({"stripe": {"prices": [price("price_pack", 100, **more)]}})
    items = [{"price": "price_pack", "quantity": 11}]
    assert subscribed(sdk, items=items).latest_invoice.total == total


@vendor("E", "stripe 16.1, meter default_aggregation")
def test_use_is_billed_after_the_period(sandbox: Sandbox) -> None:
    """The last value counts; without an event in the next period, nothing does."""
    sdk = stocked(sandbox)
    meter = sdk.billing.meters.create(
        {
            "display_name": "Seats",
            "event_name": "seats",
            "default_aggregation": {"formula": "last"},
        }
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    sandbox.seed(
        {"stripe": {"prices": [price("price_seat", 900, recurring=recurring)]}}
    )
    made = subscribed(sdk, "price_seat")
    assert (made.status, made.latest_invoice.total) == ("active", 0)
    for value in ("7", "4"):
        payload = {"stripe_customer_id": "cus_pays", "value": value}
        sdk.billing.meter_events.create({"event_name": "seats", "payload": payload})
    to_end_of(sandbox, made)
    invoice = latest(sdk, made)
    assert (invoice.total, invoice.lines.data[0].quantity) == (3600, 4)
    assert invoice.lines.data[0].period.end == invoice.period_end
    to_end_of(sandbox, sdk.subscriptions.retrieve(made.id))
    assert latest(sdk, made).total == 0


@ours
def test_an_invoice_item_waits_for_the_next_invoice(sandbox: Sandbox) -> None:
    """It can be changed until then, and is on that invoice afterwards."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    items = sdk.invoice_items
    item = items.create({"customer": "cus_pays", "amount": 500, "currency": "eur"})
    items.update(item.id, {"amount": 700, "description": "Setup"})
    gone = items.create({"customer": "cus_pays", "amount": 900, "currency": "eur"})
    assert items.delete(gone.id).deleted
    assert [each.id for each in items.list({"pending": True}).data] == [item.id]
    to_end_of(sandbox, made)
    invoice = latest(sdk, made)
    assert invoice.total == 2990 + 700
    assert items.retrieve(item.id).invoice == invoice.id
    with pytest.raises(stripe.InvalidRequestError, match="can no longer"):
        items.update(item.id, {"amount": 1})


@vendor("D3", "stripe 16.1, pause_collection")
@pytest.mark.parametrize(
    ("behavior", "status"),
    [("keep_as_draft", "draft"), ("void", "void"), ("mark_uncollectible", None)],
)
def test_nothing_is_collected_while_paused(
    sandbox: Sandbox, behavior: str, status: str | None
) -> None:
    """Invoices are made, and kept, voided or written off."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    pause: Any = {"pause_collection": {"behavior": behavior}}
    sdk.subscriptions.update(made.id, pause)
    to_end_of(sandbox, made)
    assert latest(sdk, made).status == (status or "uncollectible")
    assert sdk.subscriptions.retrieve(made.id).status == "active"
