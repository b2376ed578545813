"""Amounts as people write them, and as Stripe counts them: exact, never a float.

Stripe takes the smallest unit of a currency. Some currencies have none, some have
thousandths, and two are written without decimals but counted in hundredths.
"""

from __future__ import annotations

import re

from eleva_cli.catalog import Price

# https://docs.stripe.com/currencies#minor-units and the special cases below it
NO_DECIMALS = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv",
    "xaf", "xof", "xpf",
})  # fmt: skip
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
WHOLE_BUT_IN_HUNDREDTHS = frozenset({"isk", "ugx"})
KNOWN = frozenset({
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd",
    "bdt", "bgn", "bhd", "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd",
    "cad", "cdf", "chf", "clp", "cny", "cop", "crc", "cve", "czk", "djf", "dkk", "dop",
    "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gnf", "gtq",
    "gyd", "hkd", "hnl", "hrk", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod",
    "jpy", "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr",
    "lrd", "lsl", "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop", "mru", "mur", "mvr",
    "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "omr", "pab",
    "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron", "rsd", "rub", "rwf", "sar",
    "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "stn", "szl", "thb",
    "tjs", "tnd", "top", "try", "ttd", "twd", "tzs", "uah", "ugx", "usd", "uyu", "uzs",
    "vnd", "vuv", "wst", "xaf", "xcd", "xcg", "xof", "xpf", "yer",
    "zar", "zmw",  # codespell:ignore zar
})  # fmt: skip
SIGNS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}
LONGEST = 20
AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


class AmountError(ValueError):
    """A text that is no amount of that currency; `hint` says how to write it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def decimals_of(currency: str) -> int:
    """Return how many decimals people write."""
    if currency in NO_DECIMALS | WHOLE_BUT_IN_HUNDREDTHS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def parse(text: str, currency: str) -> int:
    """Return an amount in Stripe's unit; raises `AmountError`."""
    found = AMOUNT.fullmatch(text)
    if found is None or len(text) > LONGEST:
        raise AmountError(f"{text!r} is no amount", _remedy(text, currency))
    whole, fraction, most = found[1], found[2] or "", decimals_of(currency)
    if len(fraction) > most:
        raise AmountError(
            f"{text!r} has {len(fraction)} decimals, {currency} has {most or 'none'}",
            f"write it as {example(currency)}, without a thousands separator",
        )
    amount = int(whole + fraction.ljust(most, "0"))
    if most == 3 and amount % 10:
        raise AmountError(
            f"{text!r} ends in a thousandth, which Stripe does not take in {currency}",
            'end it in 0, as "5.120"',
        )
    return amount * 100 if currency in WHOLE_BUT_IN_HUNDREDTHS else amount


def plain(amount: int, currency: str) -> str:
    """Write an amount as it stands in the file: `parse` takes it back."""
    if amount < 0:  # a credit; no price is one
        return f"-{plain(-amount, currency)}"
    most = decimals_of(currency)
    if currency in WHOLE_BUT_IN_HUNDREDTHS:
        amount //= 100
    digits = str(amount).rjust(most + 1, "0")
    return f"{digits[:-most]}.{digits[-most:]}" if most else digits


def shown(amount: int, currency: str) -> str:
    """Write an amount for people: €1,990.00."""
    if amount < 0:
        return f"-{shown(-amount, currency)}"
    whole, point, fraction = plain(amount, currency).partition(".")
    text = f"{int(whole):,}{point}{fraction}"
    sign = SIGNS.get(currency)
    return f"{sign}{text}" if sign else f"{currency.upper()} {text}"


def rate(price: Price) -> str:
    """Write what a price asks and how often: €25.00/month, reserved/year."""
    what = "reserved" if price.amount is None else shown(price.amount, price.currency)
    unit = "/unit" if price.meter else ""
    often = f"/{price.interval}" if price.interval_count == 1 else f" {every(price)}"
    return f"{what}{unit}{often}"


def every(price: Price) -> str:
    """Write how often a price is due: every month, every 3 months."""
    count = price.interval_count
    return (
        f"every {price.interval}" if count == 1 else f"every {count} {price.interval}s"
    )


def example(currency: str) -> str:
    """Return how an amount of the currency looks in the file."""
    return {0: '"2500"', 2: '"1990.00"', 3: '"25.000"'}[decimals_of(currency)]


def _remedy(text: str, currency: str) -> str:
    example_ = f"write it as {example(currency)}"
    if text.strip().startswith(("-", "−")):  # noqa: RUF001 - typed in word processors
        return "an amount is never negative; a discount is a coupon in Stripe"
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text):
        return f'decimals stand behind a point: "{text.replace(",", ".")}"'
    if re.fullmatch(r"[0-9]{1,3}(?:[,. '_\u00a0\u202f][0-9]{3})+([.,][0-9]+)?", text):
        return f"{example_}, without a thousands separator"
    if re.search(r"[^0-9., '_+e\s-]", text):
        return f"{example_}: digits and a point; the currency stands apart"
    return example_
