"""Subscriptions that begin: what is needed, what is refused, how they are found."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import (
    DAY_S,
    now,
    open_shop,
    period_of,
    subscribe,
)
from tests.sandbox.sources import belief, vendor


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    return open_shop(sandbox)


def refused(sandbox: Sandbox, **params: Any) -> Any:
    with pytest.raises(stripe.StripeError) as found:
        sandbox.stripe().subscriptions.create(params)
    return found.value


@belief("L3: a $0 price without payment method is said to start, nowhere word by word")
def test_a_free_price_needs_no_payment_method(shop: Sandbox) -> None:
    """The first invoice is zero, so there is nothing to wait for."""
    assert subscribe(shop, "price_free", "cus_bare").status == "active"


@vendor("D3", "docs.stripe.com/billing/subscriptions/trials")
def test_a_trial_needs_no_payment_method(shop: Sandbox) -> None:
    """It is trialing at once, and its first period is the trial."""
    made = subscribe(shop, customer="cus_bare", trial_period_days=14)
    assert made.status == "trialing"
    assert made.trial_end - made.trial_start == 14 * DAY_S
    assert period_of(made) == (made.trial_start, made.trial_end)
    assert made.billing_cycle_anchor == made.trial_end


@vendor("D3", "stripe 16.1, Subscription")
def test_what_cannot_be_paid_is_incomplete(shop: Sandbox) -> None:
    """Only a customer who can pay gets an active subscription."""
    assert subscribe(shop, customer="cus_fails").status == "incomplete"
    assert subscribe(shop).status == "active"


@belief("that a customer without any means is refused, unless asked to wait")
def test_who_has_no_means_is_refused(shop: Sandbox) -> None:
    """Nothing is made; `default_incomplete` waits for a payment method."""
    error = refused(shop, customer="cus_bare", items=[{"price": "price_1"}])
    assert (error.http_status, error.code) == (400, "resource_missing")
    listed = shop.stripe().subscriptions.list({"customer": "cus_bare", "status": "all"})
    assert listed.data == []
    waits = {"customer": "cus_bare", "payment_behavior": "default_incomplete"}
    assert subscribe(shop, **waits).status == "incomplete"


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.payment_behavior")
def test_the_payment_behaviour_decides_about_the_first_invoice(shop: Sandbox) -> None:
    """To fail is one way, to wait for a payment another."""
    waiting = subscribe(shop, payment_behavior="default_incomplete")
    assert waiting.status == "incomplete"
    items = [{"price": "price_1"}]
    error = refused(
        shop, customer="cus_fails", items=items, payment_behavior="error_if_incomplete"
    )
    assert error.http_status == 402
    listed = shop.stripe().subscriptions.list({"customer": "cus_fails"})
    assert listed.data == []


@vendor("D3", "stripe 16.1, SubscriptionService.create")
def test_twenty_items_are_the_most(shop: Sandbox) -> None:
    """Ten of them inline; the twenty-first is refused, and so is none at all."""
    items = [{"price": f"price_a{n:02}"} for n in range(20)]
    made = subscribe(shop, items=items)
    listed = shop.stripe().subscription_items.list({"subscription": made.id})
    assert len(list(listed.auto_paging_iter())) == 20
    nested = made["items"]
    assert (len(nested.data), nested.has_more) == (10, True)
    error = refused(shop, customer="cus_pays", items=[*items, {"price": "price_a20"}])
    assert "20" in str(error)
    assert refused(shop, customer="cus_pays").param == "items"


@belief("the wording of refusals is quoted from memory")
@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"price": "price_gone"}], "inactive"),
        ([{"price": "price_once"}], "type=one_time"),
        ([{"price": "price_1"}, {"price": "price_1"}], "same plan"),
        ([{"price": "price_metered", "quantity": 2}], "Remove quantity"),
        ([{"price": "price_1"}, {"price": "price_dollar"}], "currency field"),
        ([{"quantity": 1}], "Missing required param"),
        ([{"price": "price_none"}], "No such price"),
    ],
)
def test_impossible_items_are_refused(
    shop: Sandbox, items: list[dict[str, Any]], message: str
) -> None:
    """Each with the reason."""
    assert message in str(refused(shop, customer="cus_pays", items=items))


@vendor("A3", "docs.stripe.com/api/customers/delete")
def test_a_deleted_customer_buys_nothing(shop: Sandbox) -> None:
    """It is as if there was none."""
    shop.stripe().customers.delete("cus_pays")
    error = refused(shop, customer="cus_pays", items=[{"price": "price_1"}])
    assert (error.code, error.param) == ("resource_missing", "customer")


@belief("a customer has the currency of its first subscription")
def test_a_customer_pays_in_one_currency(shop: Sandbox) -> None:
    """The first subscription decides it."""
    subscribe(shop)
    assert shop.stripe().customers.retrieve("cus_pays").currency == "eur"
    items = [{"price": "price_dollar"}]
    assert "combine currencies" in str(refused(shop, customer="cus_pays", items=items))
    error = refused(shop, customer="cus_bare", items=items, currency="eur")
    assert error.param == "currency"


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.items")
def test_an_item_can_bring_its_own_price(shop: Sandbox) -> None:
    """Described inline, and for nobody else."""
    data = {
        "currency": "eur",
        "product": "prod_1",
        "recurring": {"interval": "month"},
        "unit_amount": 700,
    }
    made = subscribe(shop, items=[{"price_data": data, "quantity": 2}])
    item = made["items"].data[0]
    assert (item.price.unit_amount, item.quantity) == (700, 2)
    error = refused(shop, customer="cus_bare", items=[{"price": item.price.id}])
    assert "inactive" in str(error)


@vendor("E", "stripe 16.1, SubscriptionItem.quantity")
def test_a_metered_item_has_no_quantity(shop: Sandbox) -> None:
    """It is counted by its meter."""
    made = subscribe(shop, "price_metered")
    assert "quantity" not in made["items"].data[0]


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.billing_cycle_anchor")
def test_a_first_period_can_be_cut_by_an_anchor(shop: Sandbox) -> None:
    """It ends at the anchor, which is not later than a whole period."""
    anchor = now(shop) + 5 * DAY_S
    made = subscribe(shop, billing_cycle_anchor=anchor)
    assert period_of(made)[1] == made.billing_cycle_anchor == anchor
    items = [{"price": "price_1"}]
    for wrong in (now(shop) - 5, now(shop) + 40 * DAY_S):
        error = refused(
            shop, customer="cus_pays", items=items, billing_cycle_anchor=wrong
        )
        assert error.param == "billing_cycle_anchor"


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.billing_cycle_anchor_config")
def test_an_anchor_can_be_a_day_of_the_month(shop: Sandbox) -> None:
    """The next such day, at the hour that is named."""
    config = {"day_of_month": 31, "hour": 12, "minute": 0, "second": 0}
    made = subscribe(shop, billing_cycle_anchor_config=config)
    assert now(shop) < made.billing_cycle_anchor <= now(shop) + 62 * DAY_S
    assert made.billing_cycle_anchor % DAY_S == 12 * 3600
    assert made.billing_cycle_anchor_config.day_of_month == 31


@belief("that only flexible billing mixes intervals")
def test_classic_billing_knows_one_interval(shop: Sandbox) -> None:
    """Flexible billing mixes them."""
    mixed = [{"price": "price_1"}, {"price": "price_year"}]
    assert subscribe(shop, items=mixed).status == "active"
    error = refused(
        shop, customer="cus_pays", items=mixed, billing_mode={"type": "classic"}
    )
    assert "interval field" in str(error)


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.collection_method")
def test_an_invoice_that_is_sent_activates(shop: Sandbox) -> None:
    """Whether it is paid or not; it must say how long the customer has."""
    sent = {"collection_method": "send_invoice"}
    items = [{"price": "price_1"}]
    error = refused(shop, customer="cus_bare", items=items, **sent)
    assert error.param == "days_until_due"
    made = subscribe(shop, customer="cus_bare", days_until_due=14, **sent)
    assert (made.status, made.days_until_due) == ("active", 14)
    error = refused(shop, customer="cus_bare", items=items, days_until_due=14)
    assert error.param == "days_until_due"


@vendor("D3", "stripe 16.1, SubscriptionCreateParams.default_tax_rates")
def test_tax_rates_and_discounts_are_shown(shop: Sandbox) -> None:
    """Rates in full, discounts by id; an unknown one is refused."""
    client = shop.stripe()
    rate = client.tax_rates.create(
        {"display_name": "VAT", "percentage": 23, "inclusive": True}
    )
    coupon = client.coupons.create({"percent_off": 10, "duration": "forever"})
    made = subscribe(
        shop,
        default_tax_rates=[rate.id],
        discounts=[{"coupon": coupon.id}],
        items=[{"price": "price_1", "tax_rates": [rate.id]}],
    )
    assert made.default_tax_rates[0].percentage == 23
    assert made["items"].data[0].tax_rates[0].id == rate.id
    assert [each[:3] for each in made.discounts] == ["di_"]
    shown = client.subscriptions.retrieve(made.id, {"expand": ["discounts"]})
    assert shown.discounts[0].source.coupon == coupon.id
    items = [{"price": "price_1"}]
    error = refused(
        shop, customer="cus_pays", items=items, discounts=[{"coupon": "none"}]
    )
    assert error.code == "resource_missing"
    assert client.subscriptions.update(made.id, {"discounts": ""}).discounts == []


@vendor("A5", "stripe 16.1, SubscriptionListParams")
def test_subscriptions_are_found_by_their_periods(shop: Sandbox) -> None:
    """The latest start and the earliest end of the items count."""
    items = [{"price": "price_1"}, {"price": "price_year"}]
    made = subscribe(shop, items=items, automatic_tax={"enabled": True})
    start, end = period_of(made)

    def found(**params: Any) -> bool:
        listed = shop.stripe().subscriptions.list(params)
        return made.id in [each.id for each in listed.data]

    assert found(current_period_end={"gte": end, "lt": end + 1})
    assert not found(current_period_end={"gt": end})
    assert found(current_period_start=start)
    assert not found(current_period_start={"lt": start})
    assert found(automatic_tax={"enabled": True})
    assert not found(automatic_tax={"enabled": False})
    assert found(collection_method="charge_automatically")
    assert not found(collection_method="send_invoice")
    assert found(price="price_year")
    assert not found(price="price_day")


@vendor("D3", "stripe 16.1, SubscriptionService.create")
def test_a_customer_has_room_for_five_hundred(shop: Sandbox) -> None:
    """The next one is refused."""
    many = [
        {"id": f"sub_m{n}", "customer": "cus_bare", "items": [{"price": "price_free"}]}
        for n in range(499)
    ]
    shop.seed({"stripe": {"subscriptions": many}})
    subscribe(shop, "price_free", "cus_bare")
    error = refused(shop, customer="cus_bare", items=[{"price": "price_free"}])
    assert "500" in str(error)
