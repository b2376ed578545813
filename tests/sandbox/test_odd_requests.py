"""Requests that make no sense: refused in Stripe's shape, and never a broken answer."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.keys import STRIPE_KEY, STRIPE_LIVE_KEY
from tests.sandbox.harness import Sandbox
from tests.sandbox.payers import BAD_CARD, open_shop, period_of, subscribe, types
from tests.sandbox.sources import belief, ours, vendor

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SUBSCRIPTIONS = "/v1/subscriptions"
PRICED = {
    "items[0][price_data][currency]": "eur",
    "items[0][price_data][product]": "prod_1",
    "items[0][price_data][recurring][interval]": "month",
    "items[0][price_data][unit_amount]": "100",
}
BUYING = {"customer": "cus_1", "items[0][price]": "price_1"}
CLOCKS = "/v1/test_helpers/test_clocks"
ODD: tuple[tuple[str, dict[str, str], str], ...] = (
    (SUBSCRIPTIONS, {**BUYING, "items[1]": ""}, "items[1]"),
    (SUBSCRIPTIONS, {**BUYING, "items[\u00b2][price]": "price_1"}, "items"),
    (SUBSCRIPTIONS, {**BUYING, "items[0][quantity]": "9" * 40}, "items[0][quantity]"),
    (SUBSCRIPTIONS, {**BUYING, "items[0][quantity]": "1_0"}, "items[0][quantity]"),
    (SUBSCRIPTIONS, {**BUYING, "backdate_start_date": "-1"}, "backdate_start_date"),
    (
        SUBSCRIPTIONS,
        {
            **BUYING,
            "billing_cycle_anchor_config[day_of_month]": "31",
            "billing_cycle_anchor_config[hour]": "24",
        },
        "billing_cycle_anchor_config[hour]",
    ),
    (
        SUBSCRIPTIONS,
        {"customer": "cus_1", **PRICED, "items[0][price_data][unit_amount]": "-5"},
        "items[0][price_data][unit_amount]",
    ),
    (
        SUBSCRIPTIONS,
        {
            "customer": "cus_1",
            **PRICED,
            "items[0][price_data][recurring][interval_count]": "0",
        },
        "items[0][price_data][recurring][interval_count]",
    ),
    ("/v1/invoices/create_preview", {"invoice_items[0]": ""}, "invoice_items[0]"),
    ("/v1/subscription_schedules", {"phases[0]": ""}, "phases[0]"),
    ("/v1/coupons", {"amount_off": "-5", "currency": "eur"}, "amount_off"),
    ("/v1/coupons", {"percent_off": "5", "applies_to": ""}, "applies_to"),
    (CLOCKS, {"frozen_time": "253402300799"}, "frozen_time"),
    (CLOCKS, {"frozen_time": "-1"}, "frozen_time"),
)


def refusal(sandbox: Sandbox, method: str, path: str, **rest: Any) -> Any:
    answer = sandbox.raw(method, path, **rest)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


@belief("the type and the parameter are documented, the bounds are not")
@pytest.mark.parametrize(("path", "given", "param"), ODD)
def test_what_cannot_be_is_refused(
    sandbox: Sandbox, path: str, given: dict[str, str], param: str
) -> None:
    """With the parameter that is wrong; nothing is made."""
    before = sandbox.get("state")
    error = refusal(sandbox, "POST", path, data=given)
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert sandbox.get("state") == before


@belief("that no number of a query is too large to be refused")
def test_a_time_beyond_all_numbers_is_refused(sandbox: Sandbox) -> None:
    """As what is no whole number at all."""
    error = refusal(sandbox, "GET", f"/v1/customers?created[gt]={'9' * 30}")
    assert error["code"] == "parameter_invalid_integer"


@belief("that a body has to be text; the words are ours")
def test_a_body_that_is_no_text_is_refused(sandbox: Sandbox) -> None:
    """Before any work is done."""
    refusal(sandbox, "POST", "/v1/customers", content=b"name=\xff", headers=FORM)


@belief("that an empty id makes an address nobody serves, as a trailing slash does")
def test_an_empty_id_is_no_other_address(sandbox: Sandbox) -> None:
    """There is no redirect to the product named `features`."""
    assert sandbox.raw("GET", "/v1/products//features").status_code == 404


@vendor("A2", "docs.stripe.com/api/authentication")
def test_the_key_may_be_the_user_of_basic_auth(sandbox: Sandbox) -> None:
    """As with curl's option -u; a wrong one is refused as ever."""
    url = f"{sandbox.base_url}/v1/customers"
    assert sandbox.http.get(url, auth=(STRIPE_KEY, "")).status_code == 200
    assert sandbox.http.get(url, auth=("sk_test_no", "")).status_code == 401
    broken = {"Authorization": "Basic !"}
    assert sandbox.http.get(url, headers=broken).status_code == 401


@vendor("A4", "docs.stripe.com/api/idempotent_requests: up to 255 characters")
def test_an_idempotency_key_has_a_length(sandbox: Sandbox) -> None:
    """One more character is refused."""
    customers = sandbox.stripe().customers
    customers.create({}, {"idempotency_key": "k" * 255})
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        customers.create({}, {"idempotency_key": "k" * 256})


@belief("that the modes share no objects, and so no answers")
def test_each_mode_has_its_own_idempotency_keys(sandbox: Sandbox) -> None:
    """A live request is not answered with what a test request made."""
    options = {"idempotency_key": "k"}
    tried = sandbox.stripe().customers.create({"name": "A"}, options)
    real = sandbox.stripe(STRIPE_LIVE_KEY).customers.create({"name": "A"}, options)
    assert (tried.livemode, real.livemode) == (False, True)
    again = sandbox.stripe(STRIPE_LIVE_KEY).customers.create({"name": "A"}, options)
    assert again.id == real.id


@belief("that a subscription keeps its currency; the words are what others saw")
def test_a_subscription_keeps_its_currency(sandbox: Sandbox) -> None:
    """A price in another one cannot take its item."""
    made = subscribe(open_shop(sandbox))
    item = {"id": made["items"].data[0].id, "price": "price_dollar"}
    with pytest.raises(stripe.InvalidRequestError, match="expected currency"):
        sandbox.stripe().subscriptions.update(made.id, {"items": [item]})


@belief("that a proration belongs to the present period; quoted by integrators")
def test_a_proration_is_of_the_present_period(sandbox: Sandbox) -> None:
    """A date before it or after it is refused."""
    made = subscribe(open_shop(sandbox))
    item = {"id": made["items"].data[0].id, "quantity": 3}
    start, end = period_of(made)
    for at in (start - 1, end + 1):
        change = {"items": [item], "proration_date": at}
        with pytest.raises(stripe.InvalidRequestError, match="proration date"):
            sandbox.stripe().subscriptions.update(made.id, change)


@vendor("D3", "stripe 16.1: cancel_at_period_end, of the current period")
def test_the_end_moves_with_its_period(sandbox: Sandbox) -> None:
    """Another interval or a trial begins another period, and that is the last."""
    made = subscribe(open_shop(sandbox))
    update = sandbox.stripe().subscriptions.update
    update(made.id, {"cancel_at_period_end": True})
    item = {"id": made["items"].data[0].id, "price": "price_year"}
    trial = {"trial_end": int(time.time()) + 40 * 86_400}
    for change in ({"items": [item]}, trial):
        after = update(made.id, change)
        assert after.cancel_at == period_of(after)[1]


@belief("a credit gives back what was paid, whatever was invoiced since")
def test_what_was_free_is_not_credited(sandbox: Sandbox) -> None:
    """Its own invoice is looked at, and not the latest."""
    stripe_ = open_shop(sandbox).stripe()
    stripe_.coupons.create({"id": "gift", "percent_off": 100, "duration": "once"})
    made = subscribe(sandbox, discounts=[{"coupon": "gift"}])
    at_once = {"proration_behavior": "always_invoice"}
    dear = {"items": [{"price": "price_dear"}]}
    stripe_.subscriptions.update(made.id, {**dear, **at_once})
    gone = {"items": [{"id": made["items"].data[0].id, "deleted": True}]}
    stripe_.subscriptions.update(made.id, {**gone, **at_once})
    assert stripe_.customers.retrieve("cus_pays").balance == 0


@vendor("D3", "docs.stripe.com/billing/subscriptions/trials: less than three days")
def test_a_short_trial_is_announced_at_once(sandbox: Sandbox) -> None:
    """And not a second time; one that is ended now is announced, too."""
    short = subscribe(open_shop(sandbox), trial_period_days=3)
    ended = subscribe(sandbox, trial_period_days=30)
    sandbox.stripe().subscriptions.update(ended.id, {"trial_end": "now"})
    assert types(sandbox, ended) == ["created", "updated", "trial_will_end"]
    sandbox.post("clock", advance_s=3 * 86_400)
    assert types(sandbox, short) == ["created", "trial_will_end", "updated"]


@ours
def test_nothing_odd_stays_behind(sandbox: Sandbox) -> None:
    """After all of these requests time still goes on."""
    for path, given, _ in ODD:
        sandbox.raw("POST", path, data=given)
    sandbox.stripe().customers.update("cus_1", BAD_CARD)
    assert sandbox.post("clock", advance_s=400 * 86_400)
