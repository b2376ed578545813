"""Prices, each for itself: key, currency, product, rhythm, tax and amount."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, Mistake, money
from eleva_cli.catalog.places import did_you_mean, place
from eleva_cli.catalog.rules.legal import unusable
from eleva_cli.plan import Severity

LONGEST_KEY = 200
MOST = {"day": 1095, "week": 156, "month": 36, "year": 3}
LARGEST = 99_999_999
CURRENCY = re.compile(r"[a-z]{3}")


def keys(catalogue: Catalogue) -> Iterator[Mistake]:
    """A lookup key is unique in the account, and at most 200 characters."""
    seen: set[str] = set()
    for price in catalogue.prices:
        where = place("prices", price.key)
        if price.key in seen:
            yield Mistake(
                place=where,
                code="catalog-doubled",
                message=f"two prices have the key {price.key}",
                hint="a lookup key is unique in a Stripe account",
            )
        seen.add(price.key)
        if fault := unusable(price.key, LONGEST_KEY):
            yield Mistake(
                place=where,
                code="catalog-key",
                message=f"a lookup key {fault}",
                hint="write it like community-expert-monthly",
            )


def currencies(catalogue: Catalogue) -> Iterator[Mistake]:
    """A currency is three small letters, one that Stripe is known to take."""
    places = {place("currency"): catalogue.currency}
    for price in catalogue.prices:
        if price.currency != catalogue.currency:
            places[place("prices", price.key, "currency")] = price.currency
    for where, currency in places.items():
        if not CURRENCY.fullmatch(currency):
            lower = currency.strip().lower()
            yield Mistake(
                place=where,
                code="catalog-currency",
                message=f"{currency!r} is no currency",
                hint=f'did you mean "{lower}"?'
                if CURRENCY.fullmatch(lower)
                else 'three small letters, as "eur"',
            )
        elif currency not in money.KNOWN:
            yield Mistake(
                place=where,
                code="catalog-currency",
                message=f"{currency} is no currency that Stripe was known to take",
                hint="see https://docs.stripe.com/currencies",
                severity=Severity.WARNING,
            )


def their_products(catalogue: Catalogue) -> Iterator[Mistake]:
    """A price belongs to a product of the file."""
    for price in catalogue.prices:
        if catalogue.product(price.product) is None:
            yield Mistake(
                place=place("prices", price.key, "product"),
                code="catalog-unknown-product",
                message=f"{price.key} is of {price.product}, which is no product here",
                hint=did_you_mean(price.product, [p.id for p in catalogue.products]),
            )


def intervals(catalogue: Catalogue) -> Iterator[Mistake]:
    """Stripe bills at least once in three years."""
    for price in catalogue.prices:
        most = MOST[price.interval]
        if not 1 <= price.interval_count <= most:
            yield Mistake(
                place=place("prices", price.key, "every_count"),
                code="catalog-interval",
                message=f"{price.key} is due every {price.interval_count} "
                f"{price.interval}s",
                hint=f"Stripe takes 1 to {most} {price.interval}s",
            )


def taxes(catalogue: Catalogue) -> Iterator[Mistake]:
    """A paid price says whether tax is in it: Stripe lets it be set only once."""
    for price in catalogue.prices:
        if price.amount and price.tax == "unspecified":
            yield Mistake(
                place=place("prices", price.key),
                code="catalog-tax-missing",
                message=f"{price.key} does not say whether tax is in its amount",
                hint='tax = "inclusive" or tax = "exclusive"',
            )


def amounts(catalogue: Catalogue) -> Iterator[Mistake]:
    """An invite is free, nothing else is; an amount has its usual size."""
    for price in catalogue.prices:
        where = place("prices", price.key, "amount")
        if price.amount is None:
            continue
        if price.invite and price.amount:
            yield Mistake(
                place=where,
                code="catalog-invite-paid",
                message=f"{price.key} is an invite and asks {money.rate(price)}",
                hint="an invite is given for free: amount 0, or take out invite",
            )
        elif not price.amount and not price.invite:
            yield Mistake(
                place=where,
                code="catalog-free",
                message=f"{price.key} is free and no invite: anybody could buy it",
                hint="invite = true, or an amount",
                severity=Severity.WARNING,
            )
        elif price.amount < 0 or price.amount > LARGEST:
            yield Mistake(
                place=where,
                code="catalog-amount",
                message=f"{price.key} asks {money.rate(price)}",
                hint="is a thousands separator missing, or a point?",
                severity=Severity.WARNING if price.amount > 0 else Severity.ERROR,
            )


RULES = (keys, currencies, their_products, intervals, taxes, amounts)
