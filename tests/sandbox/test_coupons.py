"""Coupons and discounts: on what they work, how long, and where they are shown."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.seed import SeedError
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor
from tests.sandbox.till import SHOP, latest, price, stocked, subscribed, to_end_of


def reduced(invoice: Any) -> int:
    """Give what all discounts took off."""
    return sum(each.amount for each in invoice.total_discount_amounts)


@vendor("D3", "stripe 16.1, Coupon")
@pytest.mark.parametrize(
    ("coupon", "off"), [("quarter", 748), ("five", 500), ("all", 2990)]
)
def test_a_coupon_takes_off_percent_or_an_amount(
    sandbox: Sandbox, coupon: str, off: int
) -> None:
    """The total is less; the subtotal is before it."""
    made = subscribed(stocked(sandbox), "price_old", discounts=[{"coupon": coupon}])
    invoice = made.latest_invoice
    assert (invoice.subtotal, invoice.total) == (2990, 2990 - off)
    assert invoice.total_discount_amounts[0].discount == made.discounts[0]
    assert reduced(invoice) == off


@belief("an invoice below zero would pay the customer for a discount")
def test_nothing_goes_below_zero(sandbox: Sandbox) -> None:
    """A large coupon, free prices and taxes on nothing all come to zero."""
    sdk = stocked(sandbox)
    sdk.coupons.create({"id": "huge", "amount_off": 10_000, "currency": "eur"})
    for prices in (("price_free",), ("price_old",), ("price_free", "price_old")):
        invoice = subscribed(
            sdk,
            *prices,
            customer="cus_poor",
            default_tax_rates=["txr_ex"],
            discounts=[{"coupon": "huge"}],
        ).latest_invoice
        sdk.coupons.update("huge", {"name": "Huge"})
        assert (invoice.total, invoice.amount_due, invoice.status) == (0, 0, "paid")
        assert invoice.total_taxes[0].amount == 0


@vendor("D3", "stripe 16.1, Coupon.applies_to")
def test_a_coupon_of_one_product_leaves_others(sandbox: Sandbox) -> None:
    """The line of the other product is charged in full."""
    sdk = stocked(sandbox)
    made = subscribed(
        sdk, "price_old", "price_dear", discounts=[{"coupon": "old_only"}]
    )
    lines = {
        each.pricing.price_details.product: each for each in latest(sdk, made).lines
    }
    assert sum(each.amount for each in lines["prod_old"].discount_amounts) == 598
    assert lines["prod_new"].discount_amounts == []


@vendor("D3", "stripe 16.1, Coupon.applies_to")
def test_a_coupon_dies_silently_with_its_product(sandbox: Sandbox) -> None:
    """After a switch to another product the discount is there, and does nothing."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "old_only"}])
    assert made.latest_invoice.total == 2392
    item = {"id": made["items"].data[0].id, "price": "price_new"}
    changed = sdk.subscriptions.update(
        made.id, {"items": [item], "proration_behavior": "none"}
    )
    assert changed.discounts == made.discounts
    to_end_of(sandbox, made)
    assert latest(sdk, made).total == 2990


@vendor("D3", "stripe 16.1, Coupon.duration")
@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ("quarter", [2242, 2242, 2242, 2242]),
        ("months", [2691, 2691, 2990, 2990]),
        ("first", [1495, 2990, 2990, 2990]),
    ],
)
def test_a_discount_lasts_as_its_coupon_says(
    sandbox: Sandbox, coupon: str, totals: list[int]
) -> None:
    """Forever, some months, or once."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": coupon}])
    found = [made.latest_invoice.total]
    for _ in totals[1:]:
        to_end_of(sandbox, sdk.subscriptions.retrieve(made.id))
        found.append(latest(sdk, made).total)
    assert found == totals
    assert len(sdk.subscriptions.retrieve(made.id).discounts) == (coupon != "first")


@vendor("D3", "stripe 16.1, InvoiceLineItem.discounts")
def test_an_items_discount_comes_first(sandbox: Sandbox) -> None:
    """5.00 off the item, then a quarter of the rest; the subtotal has the first."""
    sdk = stocked(sandbox)
    items = [{"price": "price_old", "discounts": [{"coupon": "five"}]}]
    made = subscribed(sdk, items=items, discounts=[{"coupon": "quarter"}])
    invoice = made.latest_invoice
    assert (invoice.subtotal, invoice.total) == (2490, 1867)
    line = invoice.lines.data[0]
    assert [each.amount for each in line.discount_amounts] == [500, 623]
    assert line.discounts == made["items"].data[0].discounts


@belief("the remainder of an amount that does not divide stays on the last line")
def test_an_amount_is_shared_to_the_last_cent(sandbox: Sandbox) -> None:
    """Three lines of different sizes share 5.00, and lose exactly that."""
    sdk = stocked(sandbox)
    sandbox.seed({"stripe": {"prices": [price(f"p_{n}", 333 * n) for n in (1, 2, 4)]}})
    made = subscribed(sdk, "p_1", "p_2", "p_4", discounts=[{"coupon": "five"}])
    shares = [each.discount_amounts[0].amount for each in made.latest_invoice.lines]
    assert (shares, reduced(made.latest_invoice)) == ([71, 143, 286], 500)


@vendor("D3", "docs.stripe.com/billing/subscriptions/coupons")
def test_a_subscriptions_discount_replaces_the_customers(sandbox: Sandbox) -> None:
    """Without its own, the customer's works."""
    sdk = stocked(sandbox)
    more = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    customer = {"id": "cus_half", "discount": {"coupon": "quarter"}, **more}
    sandbox.seed({"stripe": {"customers": [customer]}})
    of_customer = subscribed(sdk, "price_old", customer="cus_half")
    own = subscribed(
        sdk, "price_old", customer="cus_half", discounts=[{"coupon": "five"}]
    )
    totals = [each.latest_invoice.total for each in (of_customer, own)]
    assert totals == [2242, 2490]
    discount = sdk.customers.retrieve("cus_half").discount
    assert discount.source.coupon == "quarter"
    assert sdk.customers.delete_discount("cus_half").deleted
    assert sdk.customers.retrieve("cus_half").discount is None


@vendor("D2", "stripe 16.1, Subscription.discounts")
def test_discounts_are_ids_until_expanded(sandbox: Sandbox) -> None:
    """Expanded, they name the coupon, which expands, too."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "old_only"}])
    assert made.discounts[0].startswith("di_")
    expand = ["discounts.source.coupon", "latest_invoice.discounts"]
    shown = sdk.subscriptions.retrieve(made.id, {"expand": expand})
    assert shown.discounts[0].source.coupon.percent_off == 20
    assert "applies_to" not in shown.discounts[0].source.coupon
    assert shown.latest_invoice.discounts[0].subscription == made.id
    deep = {"expand": ["discounts.source.coupon.applies_to"]}
    shown = sdk.subscriptions.retrieve(made.id, deep)
    assert shown.discounts[0].source.coupon.applies_to.products == ["prod_old"]


@vendor("D3", "stripe 16.1, SubscriptionUpdateParams.discounts")
def test_discounts_are_replaced_kept_and_removed(sandbox: Sandbox) -> None:
    """What is not named goes; empty removes all."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "quarter"}])
    both = [{"discount": made.discounts[0]}, {"coupon": "five"}]
    two = sdk.subscriptions.update(made.id, {"discounts": both}).discounts
    assert (two[0], len(two)) == (made.discounts[0], 2)
    assert sdk.subscriptions.update(made.id, {"discounts": ""}).discounts == []
    names = [each.type for each in sdk.events.list({"type": "customer.discount.*"})]
    assert names.count("customer.discount.deleted") == 2
    sdk.subscriptions.update(made.id, {"discounts": both[:1]})
    assert sdk.subscriptions.delete_discount(made.id).id == made.discounts[0]
    with pytest.raises(stripe.InvalidRequestError, match="No active discount"):
        sdk.subscriptions.delete_discount(made.id)


@vendor("D3", "stripe 16.1, Coupon.max_redemptions, redeem_by")
def test_a_coupon_is_used_up_or_over(sandbox: Sandbox) -> None:
    """Then it is no longer valid, and cannot be redeemed."""
    sdk = stocked(sandbox)
    one = {"percent_off": 10, "max_redemptions": 1}
    coupon = sdk.coupons.create({**one, "id": "one"})
    assert coupon.valid
    subscribed(sdk, "price_old", discounts=[{"coupon": "one"}])
    used = sdk.coupons.retrieve("one")
    assert (used.valid, used.times_redeemed) == (False, 1)
    sdk.coupons.create({"id": "late", "percent_off": 10, "redeem_by": 1_700_000_000})
    for name in ("one", "late"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            subscribed(sdk, "price_old", discounts=[{"coupon": name}])
        assert refused.value.code == "coupon_expired"


@vendor("D3", "stripe 16.1, coupons.delete")
def test_a_deleted_coupon_goes_on_working(sandbox: Sandbox) -> None:
    """For those who have it; nobody else can redeem it."""
    sdk = stocked(sandbox)
    made = subscribed(sdk, "price_old", discounts=[{"coupon": "quarter"}])
    assert sdk.coupons.delete("quarter").deleted
    assert "quarter" not in {each.id for each in sdk.coupons.list().data}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        subscribed(sdk, "price_old", discounts=[{"coupon": "quarter"}])
    assert refused.value.param == "discounts[0][coupon]"
    to_end_of(sandbox, made)
    assert latest(sdk, made).total == 2242


@vendor("D3", "stripe 16.1, CouponCreateParams")
@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 5, "currency": "eur"}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 5, "applies_to": {"products": ["prod_0"]}}, None),
    ],
)
def test_a_coupon_that_cannot_be_is_refused(
    sandbox: Sandbox, params: Any, param: str | None
) -> None:
    """With the parameter that is wrong."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stocked(sandbox).coupons.create(params)
    assert refused.value.param == (param or "applies_to[products][0]")


@vendor("D3", "stripe 16.1, CouponUpdateParams")
def test_a_coupon_keeps_what_it_takes_off(sandbox: Sandbox) -> None:
    """Name and metadata change; applies_to shows when expanded."""
    sdk = stocked(sandbox)
    coupons = sdk.coupons
    changed = coupons.update("old_only", {"name": "Old", "metadata": {"a": "b"}})
    assert (changed.name, changed.metadata["a"]) == ("Old", "b")
    assert "applies_to" not in changed
    expanded = coupons.retrieve("old_only", {"expand": ["applies_to"]})
    assert expanded.applies_to.products == ["prod_old"]
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        coupons.update("old_only", {"percent_off": 30})


@ours
def test_seeds_give_discounts_in_short(sandbox: Sandbox) -> None:
    """On subscriptions, items and customers; an unknown coupon is refused by place."""
    subscription: Any = {
        "id": "sub_cheap",
        "customer": "cus_pays",
        "items": [{"price": "price_old", "discounts": [{"coupon": "five"}]}],
        "discounts": [{"coupon": "old_only"}],
        "default_tax_rates": ["txr_ex"],
    }
    sandbox.seed({"stripe": {**SHOP, "subscriptions": [subscription]}})
    preview = sandbox.stripe().invoices.create_preview({"subscription": "sub_cheap"})
    assert (preview.subtotal, preview.total) == (2490, 2450)
    wrong = {**subscription, "id": "sub_wrong", "discounts": [{"coupon": "none"}]}
    with pytest.raises(SeedError, match=r"subscriptions\[0\]\.discounts\[0\]\.coupon"):
        sandbox.seed({"stripe": {"subscriptions": [wrong]}})
