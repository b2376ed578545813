"""Amounts are exact in every currency, and what is no amount is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog import Price, money
from eleva_cli.catalog.money import AmountError


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("25.00", "eur", 2500),
        ("25", "eur", 2500),
        ("25.5", "eur", 2550),
        ("0.00", "eur", 0),
        ("1990.00", "usd", 199_000),
        ("2500", "jpy", 2500),
        ("5.120", "kwd", 5120),
        ("5", "kwd", 5000),
        ("5", "isk", 500),
        ("5", "ugx", 500),
        ("90071992547409.93", "eur", 9_007_199_254_740_993),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, amount: int) -> None:
    """Cents, none, thousandths, and whole units that Stripe counts in hundredths."""
    assert money.parse(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "message", "hint"),
    [
        ("25.000", "eur", "3 decimals, eur has 2", "without a thousands separator"),
        ("25.00", "jpy", "2 decimals, jpy has none", '"2500"'),
        ("5.0", "isk", "1 decimals, isk has none", '"2500"'),
        ("5.123", "kwd", "ends in a thousandth", '"5.120"'),
        ("1,990.00", "eur", "is no amount", "without a thousands separator"),
        ("1.990,00", "eur", "is no amount", "without a thousands separator"),
        ("1 990.00", "eur", "is no amount", "without a thousands separator"),
        ("1_990.00", "eur", "is no amount", "without a thousands separator"),
        ("25,00", "eur", "is no amount", '"25.00"'),
        ("-25.00", "eur", "is no amount", "never negative"),
        ("\u221225", "eur", "is no amount", "never negative"),
        ("€25.00", "eur", "is no amount", "the currency stands apart"),
        ("25.00 EUR", "eur", "is no amount", "the currency stands apart"),
        ("free", "eur", "is no amount", "digits and a point"),
        ("2.5e1", "eur", "is no amount", '"1990.00"'),
        ("", "eur", "is no amount", '"1990.00"'),
        (" 25.00", "eur", "is no amount", '"1990.00"'),
        (".50", "eur", "is no amount", '"1990.00"'),
        ("٢٥", "eur", "is no amount", "digits and a point"),
        ("9" * 21, "eur", "is no amount", '"1990.00"'),
    ],
)
def test_what_is_no_amount_is_refused(
    text: str, currency: str, message: str, hint: str
) -> None:
    """The message says what, the hint how it is written."""
    with pytest.raises(AmountError) as caught:
        money.parse(text, currency)

    assert message in str(caught.value)
    assert hint in caught.value.hint


@given(
    st.integers(min_value=0, max_value=10**15),
    st.sampled_from(["eur", "jpy", "kwd", "isk", "ugx", "tnd", "krw"]),
)
def test_what_is_written_is_read_again(amount: int, currency: str) -> None:
    """`plain` and `parse` are inverse, for every amount that a currency has."""
    unit = {"kwd": 10, "tnd": 10, "isk": 100, "ugx": 100}.get(currency, 1)

    assert money.parse(money.plain(amount * unit, currency), currency) == amount * unit


@pytest.mark.parametrize(
    ("amount", "currency", "count", "meter", "shown"),
    [
        (2500, "eur", 1, None, "€25.00/month"),
        (199_000, "eur", 3, None, "€1,990.00 every 3 months"),
        (4900, "usd", 1, "seats", "$49.00/unit/month"),
        (2500, "jpy", 1, None, "¥2,500/month"),
        (5120, "kwd", 1, None, "KWD 5.120/month"),
        (5, "chf", 1, None, "CHF 0.05/month"),
        (None, "eur", 1, None, "reserved/month"),
    ],
)
def test_a_price_reads_as_people_say_it(
    amount: int | None, currency: str, count: int, meter: str | None, shown: str
) -> None:
    """Sign or code, thousands apart, the unit and the rhythm."""
    price = Price(
        key="k",
        product="p",
        currency=currency,
        amount=amount,
        interval="month",
        interval_count=count,
        meter=meter,
    )

    assert money.rate(price) == shown
