"""Prices: their keys, what may change of them, and how they are listed."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.sandbox.keys import STRIPE_LIVE_KEY
from tests.sandbox.catalogue import PRICE, REFUSED, make_meter
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor

KEY = "community-expert-monthly"


@vendor("B", "stripe 16.1, PriceUpdateParams")
@pytest.mark.parametrize(
    "change",
    [
        {"unit_amount": "1"},
        {"unit_amount_decimal": "1"},
        {"currency": "usd"},
        {"recurring[interval]": "year"},
        {"product": "prod_1"},
    ],
)
def test_what_a_price_is_never_changes(
    sandbox: Sandbox, change: dict[str, str]
) -> None:
    """Amount, currency, interval and product have no parameter."""
    answer = sandbox.raw("POST", "/v1/prices/price_1", data=change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "parameter_unknown")


@vendor("B", "stripe 16.1, PriceUpdateParams")
def test_a_price_changes_in_little(sandbox: Sandbox) -> None:
    """Its nickname, metadata, key and whether it is for sale."""
    prices = sandbox.stripe().prices
    params = {"nickname": "Monthly", "metadata": {"a": "1"}, "lookup_key": "new"}
    changed = prices.update("price_1", {**params, "active": False})
    assert (changed.nickname, changed.lookup_key, changed.active) == (
        "Monthly",
        "new",
        False,
    )
    event = sandbox.stripe().events.list({"type": "price.updated"}).data[0]
    assert event.data.previous_attributes.lookup_key == KEY
    assert prices.update("price_1", {"nickname": ""}).nickname is None


@vendor("B", "stripe 16.1, Price.tax_behavior")
def test_tax_behaviour_is_specified_once(sandbox: Sandbox) -> None:
    """Once inclusive or exclusive it stays so."""
    prices = sandbox.stripe().prices
    for behaviour in ("unspecified", "inclusive", "inclusive"):
        changed = prices.update("price_1", {"tax_behavior": behaviour})
        assert changed.tax_behavior == behaviour
    for behaviour in ("exclusive", "unspecified"):
        with pytest.raises(REFUSED) as refused:
            prices.update("price_1", {"tax_behavior": behaviour})
        assert refused.value.param == "tax_behavior"


@belief("Probed by a third party, and met by many")
def test_an_archived_price_holds_its_lookup_key(sandbox: Sandbox) -> None:
    """Nobody else can have it, at creation or later."""
    prices = sandbox.stripe().prices
    prices.update("price_1", {"active": False})
    with pytest.raises(REFUSED, match=r"`price_1`\) already uses") as created:
        prices.create({**PRICE, "lookup_key": KEY})
    assert (created.value.http_status, created.value.param) == (400, "lookup_key")
    other = prices.create(PRICE)
    with pytest.raises(REFUSED, match="already uses"):
        prices.update(other.id, {"lookup_key": KEY})
    assert prices.retrieve(other.id).lookup_key is None
    assert prices.update("price_1", {"lookup_key": KEY}).lookup_key == KEY


@vendor("B", "stripe 16.1, PriceUpdateParams.transfer_lookup_key")
@pytest.mark.parametrize("at_creation", [True, False])
def test_a_transfer_moves_the_lookup_key(
    sandbox: Sandbox, *, at_creation: bool
) -> None:
    """The old price loses it, stays for sale, and says so in an event."""
    prices = sandbox.stripe().prices
    taking = {"lookup_key": KEY, "transfer_lookup_key": True}
    if at_creation:
        taker = prices.create({**PRICE, **taking})
    else:
        taker = prices.update(prices.create(PRICE).id, taking)
    assert taker.lookup_key == KEY
    old = prices.retrieve("price_1")
    assert (old.lookup_key, old.active) == (None, True)
    assert [each.id for each in prices.list({"lookup_keys": [KEY]}).data] == [taker.id]
    told = sandbox.stripe().events.list({"type": "price.updated"}).data
    assert "price_1" in {each.data.object.id for each in told}


@vendor("B", "stripe 16.1, PriceCreateParams.lookup_key")
def test_a_lookup_key_has_at_most_200_characters(sandbox: Sandbox) -> None:
    """One more is refused."""
    prices = sandbox.stripe().prices
    assert prices.create({**PRICE, "lookup_key": "k" * 200}).active
    with pytest.raises(REFUSED, match="at most 200"):
        prices.create({**PRICE, "lookup_key": "k" * 201})


@belief("Third parties found it so: the other mode is another world")
def test_a_lookup_key_is_unique_in_its_mode(sandbox: Sandbox) -> None:
    """The live mode may use it as well."""
    live = sandbox.stripe(STRIPE_LIVE_KEY)
    product = live.products.create({"name": "Live"})
    made = live.prices.create({**PRICE, "product": product.id, "lookup_key": KEY})
    assert (made.livemode, made.lookup_key) == (True, KEY)
    with pytest.raises(REFUSED, match="already uses"):
        live.prices.create({**PRICE, "product": product.id, "lookup_key": KEY})
    assert sandbox.stripe().prices.retrieve("price_1").lookup_key == KEY


@belief("Third parties found it so")
def test_archived_prices_are_listed(sandbox: Sandbox) -> None:
    """Unless only the active ones are asked for."""
    prices = sandbox.stripe().prices
    prices.update("price_1", {"active": False})
    params = {"lookup_keys": [KEY]}
    assert len(prices.list(params).data) == 1
    assert prices.list({**params, "active": True}).data == []


@vendor("B", "stripe 16.1, PriceListParams")
def test_prices_are_filtered(sandbox: Sandbox) -> None:
    """By what the SDK's parameters name."""
    client = sandbox.stripe()
    meter = make_meter(sandbox)
    rhythm = {"interval": "month", "usage_type": "metered", "meter": meter}
    metered = client.prices.create({**PRICE, "recurring": rhythm}).id
    other = client.products.create({"name": "Other"}).id
    once = client.prices.create({**PRICE, "product": other, "currency": "usd"}).id
    yearly = client.prices.create({**PRICE, "recurring": {"interval": "year"}}).id

    def ids(**params: Any) -> set[str]:
        return {each.id for each in client.prices.list(params).data}

    assert ids() == {"price_1", metered, once, yearly}
    assert ids(type="one_time") == ids(product=other) == {once}
    assert ids(currency="usd") == {once}
    assert ids(recurring={"interval": "month"}) == {"price_1", metered}
    assert ids(recurring={"usage_type": "metered"}) == {metered}
    assert ids(recurring={"meter": meter}) == {metered}
    assert ids(created={"lte": 0}) == {"price_1"}
