"""Matches an account that has lived to the catalogue: what is which, and what is not.

Nothing is guessed. What two pieces of evidence say otherwise of, what asks something
else, or could be two things, is a conflict that a person settles by a decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.adopting.adoption import Adoption, Taken, has_room, marked
from eleva_cli.catalog.adopting.decisions import Decisions, decisions_of
from eleva_cli.catalog.adopting.prices import match_prices
from eleva_cli.catalog.adopting.products import match_products
from eleva_cli.catalog.shop import Shop
from eleva_cli.plan import Finding, Severity

__all__ = ["Adoption", "Decisions", "Taken", "decisions_of", "match"]


def match(catalogue: Catalogue, shop: Shop, decisions: Decisions) -> Adoption:
    """
    Say which object of the account is which of the catalogue, as far as it is clear.

    Raises `UsageError` where a decision does not fit what is there.
    """
    products = match_products(catalogue, shop, decisions)
    prices = match_prices(catalogue, shop, products, decisions)
    said = (*_features(catalogue, shop), *products.said, *prices.said)
    names = {name: taken.id for name, taken in products.taken.items()}
    return Adoption(
        before=catalogue,
        after=_resulting(catalogue, names, prices.changed),
        taken=tuple(each for each in said if isinstance(each, Taken)),
        findings=tuple(each for each in said if isinstance(each, Finding)),
    )


def _features(catalogue: Catalogue, shop: Shop) -> Iterator[Taken | Finding]:
    """
    A feature is its lookup key; of archived ones nothing can be taken over.

    Nothing but --prune asks for its mark, so one without room for it only is said.
    """
    for feature in catalogue.features:
        found = shop.feature(feature.key)
        if found is not None and not has_room(found.metadata):
            yield Finding(
                code="metadata-full",
                severity=Severity.WARNING,
                subject=feature.key,
                message=f"{found.id} has as many metadata names as Stripe takes; it"
                " stays as it is, without our mark",
                hint="nothing else waits for it; --prune will never archive it",
            )
        elif found is not None:
            yield Taken(
                kind="feature",
                name=feature.key,
                id=found.id,
                evidence="its key",
                **marked(found.metadata, feature.key),
            )


def _resulting(
    catalogue: Catalogue, names: Mapping[str, str], changed: Mapping[str, Price]
) -> Catalogue:
    """Return the catalogue with the account's product ids, and what was decided."""
    prices = (changed.get(price.key, price) for price in catalogue.prices)
    return replace(
        catalogue,
        products=tuple(
            replace(each, id=names.get(each.id, each.id)) for each in catalogue.products
        ),
        prices=tuple(
            replace(each, product=names.get(each.product, each.product))
            for each in prices
        ),
    )
