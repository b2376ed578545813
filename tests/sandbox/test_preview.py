"""The preview of an invoice: what comes, without anything being done."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor
from tests.sandbox.till import latest, stocked, subscribed, to_end_of

FIELDS = ("subtotal", "total", "total_excluding_tax", "amount_due", "starting_balance")


def figures(invoice: Any) -> Any:
    """Give all that an invoice says about money."""
    lines = [
        (each.amount, each.description, each.period.start, each.period.end)
        for each in invoice.lines.data
    ]
    taxes = [each.amount for each in invoice.total_taxes]
    reductions = [each.amount for each in invoice.total_discount_amounts]
    return [getattr(invoice, each) for each in FIELDS], lines, taxes, reductions


def moved(subscription: Any, price: str) -> dict[str, Any]:
    """Give the items that put the only item on another price."""
    return {"items": [{"id": subscription["items"].data[0].id, "price": price}]}


@vendor("D3", "stripe 16.1, invoices.create_preview")
def test_a_preview_is_the_renewal_that_comes(sandbox: Sandbox) -> None:
    """To the cent and the second, with tax, discounts, balance and what is pending."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk,
        "price_old",
        "price_dear",
        default_tax_rates=["txr_ex"],
        discounts=[{"coupon": "old_only"}, {"coupon": "five"}],
    )
    sdk.customers.update("cus_pays", {"balance": -77})
    sdk.invoice_items.create({"customer": "cus_pays", "amount": 123, "currency": "eur"})
    preview = sdk.invoices.create_preview({"subscription": made.id})
    assert (preview.status, preview.billing_reason) == ("draft", "upcoming")
    assert preview.id.startswith("upcoming_in_")
    to_end_of(sandbox, made)
    assert figures(latest(sdk, made)) == figures(preview)


@vendor("D3", "stripe 16.1, invoices.create_preview")
def test_a_preview_does_nothing(sandbox: Sandbox) -> None:
    """No object, no event, no effect, whatever was asked."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    counts, effects = sandbox.get("state")["counts"], len(sandbox.effects())
    for behavior in ("none", "create_prorations", "always_invoice"):
        details = {**moved(made, "price_dear"), "proration_behavior": behavior}
        asked = {"subscription": made.id, "subscription_details": details}
        sdk.invoices.create_preview({**asked, "discounts": [{"coupon": "five"}]})
    sdk.invoices.create_preview(
        {
            "customer": "cus_pays",
            "subscription_details": {"items": [{"price": "price_in"}]},
        }
    )
    assert sandbox.get("state")["counts"] == counts
    assert len(sandbox.effects()) == effects
    assert sdk.subscriptions.retrieve(made.id)["items"].data[0].price.id == "price_old"


@vendor("D3", "stripe 16.1, Coupon.applies_to")
def test_a_preview_shows_a_coupon_that_dies(sandbox: Sandbox) -> None:
    """The same price of another product: the renewal rises, and the preview says so."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk,
        "price_old",
        default_tax_rates=["txr_in"],
        discounts=[{"coupon": "old_only"}],
    )
    asked: Any = {"subscription": made.id}
    before = sdk.invoices.create_preview(asked).total
    details = {**moved(made, "price_new"), "proration_behavior": "none"}
    preview = sdk.invoices.create_preview({**asked, "subscription_details": details})
    assert (before, preview.total) == (2392, 2990)
    sdk.subscriptions.update(made.id, details)
    to_end_of(sandbox, made)
    assert figures(latest(sdk, made)) == figures(preview)


@vendor("D3", "stripe 16.1, invoices.create_preview")
@pytest.mark.parametrize(
    ("behavior", "amounts"),
    [
        ("none", [4990]),
        ("create_prorations", [-1495, 2495, 4990]),
        ("always_invoice", [-1495, 2495]),
    ],
)
def test_a_preview_prorates_as_the_change_would(
    sandbox: Sandbox, behavior: str, amounts: list[int]
) -> None:
    """On the next renewal, or on an invoice of its own."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    item = made["items"].data[0]
    middle = (item.current_period_start + item.current_period_end) // 2
    details = {
        **moved(made, "price_dear"),
        "proration_behavior": behavior,
        "proration_date": middle,
    }
    asked = {"subscription": made.id, "subscription_details": details}
    preview = sdk.invoices.create_preview(asked)
    assert sorted(each.amount for each in preview.lines.data) == amounts
    parent = preview.parent.subscription_details
    assert parent.subscription_proration_date == middle
    sdk.subscriptions.update(made.id, details)
    if behavior != "always_invoice":
        to_end_of(sandbox, made)
    assert figures(latest(sdk, made)) == figures(preview)


@vendor("D3", "stripe 16.1, proration_behavior")
@pytest.mark.parametrize(
    ("before", "after", "total"),
    [("price_old", "price_year", 29900), ("price_free", "price_dear", 4990)],
)
def test_a_preview_shows_what_is_due_today(
    sandbox: Sandbox, before: str, after: str, total: int
) -> None:
    """Another interval, or free to paid, is invoiced at once whatever is said."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, before)
    details = {**moved(made, after), "proration_behavior": "none"}
    preview = sdk.invoices.create_preview(
        {"subscription": made.id, "subscription_details": details}
    )
    assert preview.total == total
    renewal = sdk.invoices.create_preview(
        {
            "subscription": made.id,
            "subscription_details": details,
            "preview_mode": "recurring",
        }
    )
    assert renewal.lines.data[0].period.start > preview.lines.data[0].period.start


@vendor("D3", "stripe 16.1, InvoiceCreatePreviewParams")
def test_a_preview_takes_other_terms(sandbox: Sandbox) -> None:
    """Discounts, automatic tax and an exemption, for the preview only."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "quarter"}])

    def total(**terms: Any) -> int:
        preview = sdk.invoices.create_preview({"subscription": made.id, **terms})
        return int(preview.total)

    tax = {"automatic_tax": {"enabled": True}}
    assert total() == 2242
    assert total(discounts="") == 2990
    assert total(discounts=[{"coupon": "five"}]) == 2490
    assert total(**tax) == 2758
    assert total(**tax, customer_details={"tax_exempt": "exempt"}) == 2242
    assert total(invoice_items=[{"amount": 1000, "currency": "eur"}]) == 2992


@vendor("D3", "stripe 16.1, InvoiceCreatePreviewParams")
def test_a_subscription_to_come_is_previewed(sandbox: Sandbox) -> None:
    """Of a customer, with items; a trial costs nothing yet."""
    sdk = stocked(sandbox)
    details: Any = {"items": [{"price": "price_old", "quantity": 2}]}
    asked = {"customer": "cus_poor", "subscription_details": details}
    preview = sdk.invoices.create_preview(asked)
    assert (preview.total, preview.amount_remaining, preview.status) == (
        5980,
        5980,
        "draft",
    )
    item = preview.lines.data[0].period
    details["trial_end"] = item.start + 86_400 * 7
    assert sdk.invoices.create_preview(asked).total == 0
    assert sdk.subscriptions.list({"customer": "cus_poor"}).data == []


@vendor("D3", "stripe 16.1, cancel_now")
def test_an_end_is_previewed(sandbox: Sandbox) -> None:
    """Canceled now, what is not used comes back."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old")
    preview = sdk.invoices.create_preview(
        {"subscription": made.id, "subscription_details": {"cancel_now": True}}
    )
    assert -2990 <= preview.total <= -2980
    assert sdk.subscriptions.retrieve(made.id).status == "active"


@belief("the code is the SDK's; that it is a 404 is from integrators' reports")
@pytest.mark.parametrize("how", ["canceled", "ending", "none"])
def test_where_nothing_comes_there_is_no_preview(sandbox: Sandbox, how: str) -> None:
    """Of the canceled, of those that end, of customers without any."""
    sdk = stocked(sandbox)
    asked: Any = {"customer": "cus_poor"}
    if how != "none":
        made = subscribed(sdk, "price_free", customer="cus_poor")
        asked = {"subscription": made.id}
    if how == "canceled":
        sdk.subscriptions.cancel(made.id)
    if how == "ending":
        sdk.subscriptions.update(made.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.invoices.create_preview(asked)
    assert (refused.value.http_status, refused.value.code) == (
        404,
        "invoice_upcoming_none",
    )


@vendor("A3", "stripe 16.1, InvoiceCreatePreviewParams")
def test_a_preview_says_what_it_cannot(sandbox: Sandbox) -> None:
    """Nothing to preview, and terms the sandbox does not play."""
    sdk = stocked(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="at least one of"):
        sdk.invoices.create_preview({})
    made = subscribed(sdk, "price_free")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.invoices.create_preview(
            {"subscription": made.id, "subscription_details": {"resume_at": "now"}}
        )
    assert refused.value.param == "subscription_details[resume_at]"


@belief("what a seed says of long ago is brought forward to the present period")
def test_a_seeded_subscription_is_previewed_in_the_present(sandbox: Sandbox) -> None:
    """Its next renewal is yet to come."""
    sdk = sandbox.stripe()
    preview = sdk.invoices.create_preview({"subscription": "sub_1"})
    assert preview.total == 2500
    assert preview.created > sdk.customers.create({}).created
