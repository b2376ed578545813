"""What changes in the middle of a period cost, and when that is invoiced."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor
from tests.sandbox.till import latest, stocked, subscribed, to_end_of, types_of


def half_way(subscription: Any) -> int:
    """Give the middle of a period that has an even number of seconds."""
    item = subscription["items"].data[0]
    start: int = item.current_period_start
    end: int = item.current_period_end
    return start + (end - start) // 2


def switched(sdk: Any, subscription: Any, price: str, **more: Any) -> Any:
    """Put the only item on another price."""
    item = {"id": subscription["items"].data[0].id, "price": price}
    return sdk.subscriptions.update(subscription.id, {"items": [item], **more})


def amounts(invoice: Any) -> list[int]:
    return sorted(each.amount for each in invoice.lines.data)


def pending(sdk: Any) -> list[int]:
    """Give the amounts of all pending items."""
    listed = sdk.invoice_items.list({"customer": "cus_pays", "pending": True})
    return sorted(each.amount for each in listed.data)


@vendor("D3", "stripe 16.1, proration_behavior")
def test_prorations_wait_for_the_next_invoice(sandbox: Sandbox) -> None:
    """Half the old price back, half the new one due, by the second."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    switched(sdk, made, "price_dear", proration_date=half_way(made))
    assert pending(sdk) == [-1495, 2495]
    assert latest(sdk, made).id == made.latest_invoice.id
    assert types_of(sdk).count("invoiceitem.created") == 2
    to_end_of(sandbox, made)
    assert amounts(latest(sdk, made)) == [-1495, 2495, 4990]
    assert pending(sdk) == []


@vendor("D3", "stripe 16.1, proration_behavior")
def test_prorations_can_be_invoiced_at_once(sandbox: Sandbox) -> None:
    """`always_invoice` takes the difference now, the next renewal is plain."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    switched(
        sdk,
        made,
        "price_dear",
        proration_date=half_way(made),
        proration_behavior="always_invoice",
    )
    invoice = latest(sdk, made)
    assert (invoice.billing_reason, invoice.total) == ("subscription_update", 1000)
    details = invoice.lines.data[0].parent.subscription_item_details
    assert details.proration
    to_end_of(sandbox, made)
    assert latest(sdk, made).total == 4990


@vendor("D3", "stripe 16.1, proration_behavior")
def test_without_prorations_nothing_is_due(sandbox: Sandbox) -> None:
    """Another price of the same rhythm costs more from the next period on."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    switched(sdk, made, "price_dear", proration_behavior="none")
    assert (pending(sdk), latest(sdk, made).id) == ([], made.latest_invoice.id)
    to_end_of(sandbox, made)
    assert latest(sdk, made).total == 4990


@belief("an invoice needs a reason; nobody says that metadata is none")
def test_what_moves_no_money_makes_no_invoice(sandbox: Sandbox) -> None:
    """Metadata, or another product of the same price without prorations."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    sdk.subscriptions.update(made.id, {"metadata": {"a": "b"}})
    switched(sdk, made, "price_new", proration_behavior="none")
    listed = sdk.invoices.list({"customer": "cus_pays"}).data
    assert [each.id for each in listed] == [made.latest_invoice.id]
    assert pending(sdk) == []


@vendor("D3", "stripe 16.1, proration_behavior")
@pytest.mark.parametrize(
    ("before", "after", "total"),
    [("price_old", "price_year", 29900), ("price_free", "price_dear", 4990)],
)
def test_a_new_rhythm_is_invoiced_at_once(
    sandbox: Sandbox, before: str, after: str, total: int
) -> None:
    """Another interval, or free to paid, even without prorations."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, before)
    sandbox.post("clock", advance_s=86_400)
    changed = switched(sdk, made, after, proration_behavior="none")
    invoice = latest(sdk, made)
    assert (invoice.billing_reason, invoice.total) == ("subscription_update", total)
    assert changed.billing_cycle_anchor >= made.billing_cycle_anchor + 86_400


@vendor("D3", "stripe 16.1, proration_behavior")
def test_a_new_rhythm_credits_what_is_left(sandbox: Sandbox) -> None:
    """With prorations, the old period comes off the new one's price."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    switched(sdk, made, "price_year", proration_date=half_way(made))
    assert amounts(latest(sdk, made)) == [-1495, 29900]
    assert latest(sdk, made).total == 29900 - 1495


@belief("a credit gives back what was billed, not what would be billed today")
def test_a_credit_is_of_what_was_billed(sandbox: Sandbox) -> None:
    """A coupon that worked once made the period cheaper, and its credit smaller."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "first"}])
    assert made.latest_invoice.total == 1495
    switched(sdk, made, "price_free", proration_date=half_way(made))
    assert pending(sdk) == [-748]


@vendor("D3", "stripe 16.1, proration_behavior")
def test_items_come_and_go_prorated(sandbox: Sandbox) -> None:
    """More pieces, another item and one less are each credited or charged."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", "price_dear")
    first, second = made["items"].data
    sdk.subscriptions.update(
        made.id,
        {
            "items": [
                {"id": first.id, "quantity": 3},
                {"id": second.id, "deleted": True},
                {"price": "price_new"},
            ],
            "proration_date": half_way(made),
        },
    )
    assert pending(sdk) == [-2495, -1495, 1495, 4485]


@vendor("D3", "stripe 16.1, payment_behavior")
def test_a_change_that_fails_to_be_paid_is_past_due(sandbox: Sandbox) -> None:
    """Or it is refused, when the caller asks for that."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_free", customer="cus_broke")
    with pytest.raises(stripe.CardError):
        switched(sdk, made, "price_dear", payment_behavior="error_if_incomplete")
    kept = sdk.subscriptions.retrieve(made.id)
    assert kept["items"].data[0].price.id == "price_free"
    assert switched(sdk, made, "price_dear").status == "past_due"
    assert latest(sdk, made).status == "open"


@vendor("D3", "stripe 16.1, pending_update")
def test_a_change_can_wait_for_its_payment(sandbox: Sandbox) -> None:
    """With `pending_if_incomplete` nothing changes until the invoice is paid."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_free", customer="cus_poor")
    more = {"payment_behavior": "pending_if_incomplete"}
    held = switched(sdk, made, "price_dear", **more)
    assert (held.status, held["items"].data[0].price.id) == ("active", "price_free")
    waiting = held.pending_update.subscription_items[0]
    assert waiting.price.id == "price_dear"
    sandbox.post("pay", invoice=held.latest_invoice)
    after = sdk.subscriptions.retrieve(made.id)
    assert (after.pending_update, after["items"].data[0].price.id) == (
        None,
        "price_dear",
    )
    assert types_of(sdk)[-1] == "customer.subscription.pending_update_applied"


@vendor("D3", "stripe 16.1, SubscriptionCancelParams")
@pytest.mark.parametrize("asks", [True, False])
def test_a_cancellation_credits_only_when_asked(sandbox: Sandbox, asks: bool) -> None:
    """Invoiced now, the credit goes to the customer's balance."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    sdk.subscriptions.cancel(made.id, {"invoice_now": asks, "prorate": asks})
    total = -sdk.customers.retrieve("cus_pays").balance
    found = sdk.invoices.list({"subscription": made.id}).data
    assert len(found) == (2 if asks else 1)
    if asks:
        assert 2980 <= total <= 2990
        assert (found[0].total, found[0].amount_due) == (-total, 0)
    else:
        assert (total, pending(sdk)) == (0, [])


@vendor("D3", "docs.stripe.com/billing/subscriptions/cancel")
def test_an_end_stops_collection(sandbox: Sandbox) -> None:
    """Open invoices are no longer tried; nobody paid the first: it is void."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", customer="cus_broke")
    assert made.latest_invoice.auto_advance
    sandbox.post("clock", advance_s=86_400)
    assert sdk.subscriptions.retrieve(made.id).status == "incomplete_expired"
    assert latest(sdk, made).status == "void"
    other = subscribed(sdk, "price_free", customer="cus_poor")
    switched(sdk, other, "price_dear")
    sdk.subscriptions.cancel(other.id)
    invoice = latest(sdk, other)
    assert (invoice.status, invoice.auto_advance) == ("open", False)
