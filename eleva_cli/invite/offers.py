"""Which free tiers the catalogue has, and how they are called."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.errors import UsageError
from eleva_cli.invite import Offer
from eleva_cli.roles import rank


def offers(catalogue: Catalogue) -> tuple[Offer, ...]:
    """Return the free tiers, in the order of the file."""
    free = (price for price in catalogue.prices if price.invite)
    return tuple(offer_at(price, catalogue) for price in free)


def offer_of(found: Iterable[Offer], name: str) -> Offer | None:
    """Find an offer by its tier or its lookup key."""
    every = tuple(found)
    by_tier = [one for one in every if one.tier == name]
    by_key = [one for one in every if one.key == name]
    return next(iter(by_key or by_tier), None)


def offer_named(catalogue: Catalogue, tier: str) -> Offer:
    """Find a tier; raises `UsageError` where the catalogue has none of this name."""
    every = offers(catalogue)
    found = offer_of(every, tier)
    if found is None:
        known = ", ".join(one.tier for one in every) or "none"
        called = "of this name" if "@" in tier else repr(tier)  # a wrong column
        raise UsageError(
            f"the catalogue has no free tier {called}",
            code="tier-unknown",
            hint=f"free tiers: {known}",
        )
    return found


def offer_at(price: Price, catalogue: Catalogue) -> Offer:
    """Return what a price of the catalogue gives to whoever has it."""
    product = catalogue.product(price.product)
    assert product is not None, "the rules of a catalogue see to it"
    family = tuple(p.id for p in catalogue.products if p.family == product.family)
    worth = rank(product.role, catalogue.roles) if product.role else None
    return Offer(
        tier=product.tier or product.family,
        key=price.key,
        product=product.id,
        family_name=product.family,
        family=family,
        role=product.role,
        rank=worth or 0,
        features=product.features,
    )
