"""What a price comes to: amounts, tiers, currencies, packages, meters, rhythms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.catalogue import MONTHLY, PRICE, REFUSED, make_meter, types
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor


@vendor("B", "docs.stripe.com, changelog: Removes legacy usage-based billing")
def test_a_metered_price_has_a_meter(sandbox: Sandbox) -> None:
    """Which exists."""
    prices = sandbox.stripe().prices
    metered = {"interval": "month", "usage_type": "metered"}
    with pytest.raises(REFUSED) as missing:
        prices.create({**PRICE, "recurring": metered})
    assert missing.value.param == "recurring[meter]"
    with pytest.raises(REFUSED) as unknown:
        prices.create({**PRICE, "recurring": {**metered, "meter": "mtr_0"}})
    assert (unknown.value.code, unknown.value.param) == (
        "resource_missing",
        "recurring[meter]",
    )
    meter = make_meter(sandbox)
    made = prices.create({**PRICE, "recurring": {**metered, "meter": meter}})
    assert (made.recurring.meter, made.recurring.usage_type) == (meter, "metered")


@vendor("E", "stripe 16.1, Meter.deactivate")
def test_a_deactivated_meter_takes_no_price(sandbox: Sandbox) -> None:
    """Those it has it keeps."""
    meter = make_meter(sandbox)
    sandbox.stripe().billing.meters.deactivate(meter)
    rhythm = {"interval": "month", "usage_type": "metered", "meter": meter}
    with pytest.raises(REFUSED) as refused:
        sandbox.stripe().prices.create({**PRICE, "recurring": rhythm})
    assert refused.value.param == "recurring[meter]"


@vendor("B", "stripe 16.1, PriceCreateParams")
def test_a_price_has_one_amount(sandbox: Sandbox) -> None:
    """In cents, in parts of cents, or chosen by the customer; free is an amount."""
    prices = sandbox.stripe().prices
    free = prices.create({**PRICE, "unit_amount": 0})
    assert (free.unit_amount, str(free.unit_amount_decimal)) == (0, "0")
    base = {"product": "prod_1", "currency": "EUR"}
    part = prices.create({**base, "unit_amount_decimal": "0.50"})
    assert (part.unit_amount, str(part.unit_amount_decimal)) == (None, "0.5")
    assert part.currency == "eur"
    whole = prices.create({**base, "unit_amount_decimal": "250.0"})
    assert (whole.unit_amount, str(whole.unit_amount_decimal)) == (250, "250")
    chosen = prices.create(
        {**base, "custom_unit_amount": {"enabled": True, "minimum": 100}}
    )
    assert chosen.unit_amount is None
    assert chosen.custom_unit_amount.to_dict() == {
        "maximum": None,
        "minimum": 100,
        "preset": None,
    }
    for wrong in (
        base,
        {**base, "unit_amount": -1},
        {**base, "unit_amount_decimal": "1.0000000000001"},
        {**base, "unit_amount_decimal": "much"},
        {**base, "unit_amount": 1, "unit_amount_decimal": "1"},
    ):
        with pytest.raises(REFUSED):
            prices.create(wrong)


@vendor("B", "stripe 16.1, PriceCreateParams")
def test_a_tiered_price_shows_its_tiers_when_asked(sandbox: Sandbox) -> None:
    """The last one has no end."""
    prices = sandbox.stripe().prices
    params = {
        **{name: MONTHLY[name] for name in ("product", "currency", "recurring")},
        "billing_scheme": "tiered",
        "tiers_mode": "volume",
        "tiers": [
            {"up_to": 5, "unit_amount": 900},
            {"up_to": "inf", "unit_amount_decimal": "0.5", "flat_amount": 4500},
        ],
    }
    made = prices.create(params)
    assert (made.billing_scheme, made.unit_amount) == ("tiered", None)
    assert "tiers" not in made
    assert all("tiers" not in each for each in prices.list({}).data)
    (low, high) = prices.retrieve(made.id, {"expand": ["tiers"]}).tiers
    assert (low.up_to, low.unit_amount, low.flat_amount) == (5, 900, None)
    assert (high.up_to, high.unit_amount, high.flat_amount) == (None, None, 4500)
    event = sandbox.stripe().events.list({"type": "price.created"}).data[0]
    assert "tiers" not in event.data.object
    wanted = {
        "customer": "cus_2",
        "items": [{"price": made.id}],
        "payment_behavior": "default_incomplete",
    }
    (item,) = sandbox.stripe().subscriptions.create(wanted)["items"].data
    assert "tiers" not in item.price


@vendor("B", "stripe 16.1, PriceCreateParams")
@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tiers": None}, "tiers"),
        ({"tiers_mode": None}, "tiers_mode"),
        ({"unit_amount": 1}, "unit_amount"),
        ({"billing_scheme": "per_unit"}, "tiers"),
        ({"tiers": [{"up_to": 5, "unit_amount": 1}]}, "tiers"),
        ({"tiers": [{"up_to": "inf"}, {"up_to": "inf"}]}, "tiers"),
        ({"tiers": [{"up_to": 5}, {"up_to": 5}, {"up_to": "inf"}]}, "tiers"),
        (
            {"transform_quantity": {"divide_by": 10, "round": "up"}},
            "transform_quantity",
        ),
    ],
)
def test_tiers_must_make_sense(
    sandbox: Sandbox, change: dict[str, Any], param: str
) -> None:
    """They need their scheme and mode, go up, and replace the one amount."""
    params: dict[str, Any] = {
        "product": "prod_1",
        "currency": "eur",
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": [{"up_to": "inf", "unit_amount": 1}],
        **change,
    }
    given = {name: value for name, value in params.items() if value is not None}
    with pytest.raises(REFUSED) as refused:
        sandbox.stripe().prices.create(given)
    assert refused.value.param == param


@vendor("B", "stripe 16.1, Price.currency_options")
def test_other_currencies_are_shown_when_asked(sandbox: Sandbox) -> None:
    """And only then, in lists too."""
    prices = sandbox.stripe().prices
    options = {
        "usd": {"unit_amount": 1000, "tax_behavior": "exclusive"},
        "chf": {"unit_amount_decimal": "950.5"},
    }
    made = prices.create({**PRICE, "currency_options": options})
    assert "currency_options" not in made
    assert all("currency_options" not in each for each in prices.list({}).data)
    expand = {"expand": ["currency_options"]}
    shown = prices.retrieve(made.id, expand).currency_options
    assert shown["usd"].unit_amount == 1000
    assert shown["usd"].tax_behavior == "exclusive"
    assert (shown["chf"].unit_amount, str(shown["chf"].unit_amount_decimal)) == (
        None,
        "950.5",
    )
    listed = prices.list({"expand": ["data.currency_options"]}).data
    assert listed[0].currency_options["usd"].unit_amount == 1000
    more = {"currency_options": {"sek": {"unit_amount": 9000}}}
    prices.update(made.id, more)
    changed = prices.retrieve(made.id, expand).currency_options
    assert (changed["sek"].unit_amount, changed["usd"].unit_amount) == (9000, 1000)


@belief("The documented samples show the price's own currency among the options")
def test_the_own_currency_is_an_option_too(sandbox: Sandbox) -> None:
    """With the amount the price has anyway."""
    options = {"currency_options": {"usd": {"unit_amount": 1000}}}
    made = sandbox.stripe().prices.create(
        {**PRICE, **options, "expand": ["currency_options"]}
    )
    assert made.currency_options["eur"].unit_amount == 900
    cleared = sandbox.stripe().prices.update(
        made.id, {"currency_options": "", "expand": ["currency_options"]}
    )
    assert "usd" not in cleared.currency_options


@vendor("B", "stripe 16.1, PriceCreateParamsTransformQuantity")
def test_a_price_can_be_for_packages(sandbox: Sandbox) -> None:
    """Both parts of the rule are needed."""
    prices = sandbox.stripe().prices
    rule = {"divide_by": 10, "round": "up"}
    made = prices.create({**PRICE, "transform_quantity": rule})
    assert made.transform_quantity.to_dict() == rule
    with pytest.raises(REFUSED) as refused:
        prices.create({**PRICE, "transform_quantity": {"divide_by": 10}})
    assert refused.value.param == "transform_quantity[round]"


@vendor("B", "stripe 16.1, PriceCreateParamsProductData")
def test_a_price_can_be_made_with_its_product(sandbox: Sandbox) -> None:
    """Either a product is named, or one is described."""
    client = sandbox.stripe()
    data = {"id": "expert_top", "name": "Top", "metadata": {"tier": "top"}}
    base = {"currency": "eur", "unit_amount": 5900}
    made = client.prices.create({**base, "product_data": data, "nickname": "Monthly"})
    assert (made.product, made.nickname) == ("expert_top", "Monthly")
    assert client.products.retrieve("expert_top").metadata["tier"] == "top"
    assert types(sandbox) == ["product.created", "price.created"]
    for wrong in (base, {**base, "product": "prod_1", "product_data": {"name": "B"}}):
        with pytest.raises(REFUSED) as refused:
            client.prices.create(wrong)
        assert refused.value.param == "product"
    with pytest.raises(REFUSED) as again:
        client.prices.create({**base, "product_data": data})
    assert again.value.param == "product_data[id]"


@vendor("B", "stripe 16.1, PriceCreateParamsRecurring")
def test_an_interval_is_three_years_at_most(sandbox: Sandbox) -> None:
    """In days, weeks, months or years."""
    prices = sandbox.stripe().prices
    for interval, most in (("year", 3), ("month", 36), ("week", 156)):
        rhythm = {"interval": interval, "interval_count": most}
        made = prices.create({**PRICE, "recurring": rhythm})
        assert made.recurring.interval_count == most
        longer = {**rhythm, "interval_count": most + 1}
        with pytest.raises(REFUSED) as refused:
            prices.create({**PRICE, "recurring": longer})
        assert refused.value.param == "recurring[interval_count]"


@vendor("B", "stripe 16.1, PriceService")
def test_a_price_cannot_be_deleted(sandbox: Sandbox) -> None:
    """There is no such endpoint."""
    assert sandbox.raw("DELETE", "/v1/prices/price_1").status_code == 404
