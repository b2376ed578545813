"""A lookup key that says one thing while its price says another: swapped, probably.

Nothing reads a key's words but people and the application; a swap of two keys sells
one tier under the other's name, and every single field is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from eleva_cli.catalog import Catalogue, Mistake, Price, Product, money
from eleva_cli.catalog.places import place
from eleva_cli.plan import Severity

RHYTHMS = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "annual": "year",
    "annually": "year",
    "yearly": "year",
}


def swapped(catalogue: Catalogue) -> Iterator[Mistake]:
    """Rhythm, invite, tier and family that a key names are its price's."""
    for price in catalogue.prices:
        product = catalogue.product(price.product)
        if product is None:
            continue
        for said, found in contradictions(catalogue, price, product):
            yield Mistake(
                place=place("prices", price.key),
                code="catalog-key-swapped",
                message=f"the key {price.key} says {said}, its price {found}",
                hint=_hint(catalogue, price, product),
                severity=Severity.WARNING,
            )


def contradictions(
    catalogue: Catalogue, price: Price, product: Product
) -> Iterator[tuple[str, str]]:
    """Yield what the key says, and what the price says instead."""
    words = _spoken(price.key, RHYTHMS)
    if words and price.interval not in {RHYTHMS[word] for word in words}:
        yield words[0], f"is due {money.every(price)}"
    says_invite = bool(_spoken(price.key, ["invite"]))
    if says_invite and not price.invite:
        yield "invite", f"is none: {money.rate(price)}"
    if price.invite and words and not says_invite:
        yield words[0], "is an invite"
    tiers = _spoken(price.key, {one.tier for one in catalogue.products if one.tier})
    if tiers and product.tier not in tiers:
        yield tiers[0], f"is of {product.id} ({product.tier or 'no tier'})"
    families = _spoken(price.key, {one.family for one in catalogue.products})
    if families and product.family not in families:
        yield families[0], f"is of {product.id} ({product.family})"


def _spoken(key: str, words: Iterable[str]) -> list[str]:
    """Return the words that a key is made of, of those given."""
    within = _dashed(key)
    return sorted(word for word in words if _dashed(word) in within)


def _dashed(text: str) -> str:
    return f"-{re.sub(r'[^a-z0-9]+', '-', text.casefold()).strip('-')}-"


def _hint(catalogue: Catalogue, price: Price, product: Product) -> str:
    """Name the other price whose key says what this one is."""
    for other in catalogue.prices:
        its_product = catalogue.product(other.product)
        if its_product is None or not any(
            contradictions(catalogue, other, its_product)
        ):
            continue
        under_its_key = replace(price, key=other.key)
        if not any(contradictions(catalogue, under_its_key, product)):
            return f"it looks like {other.key}: are the two swapped?"
    return "rename the key, or mend the price"


RULES = (swapped,)
