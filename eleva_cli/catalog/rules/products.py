"""Products and features: their ids are legal, and each has to do with another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.places import did_you_mean, place
from eleva_cli.catalog.rules.legal import unusable
from eleva_cli.plan import Severity

LONGEST_FEATURE = 80
PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
TAX_CODE = re.compile(r"txcd_[0-9]{8}")


def feature_keys(catalogue: Catalogue) -> Iterator[Mistake]:
    """A feature's lookup key has at most 80 characters, and its name, too."""
    for key in _twice(feature.key for feature in catalogue.features):
        yield Mistake(
            place=place("features", key),
            code="catalog-doubled",
            message=f"two features have the key {key}",
            hint="keep one of them",
        )
    for feature in catalogue.features:
        where = place("features", feature.key)
        if fault := unusable(feature.key, LONGEST_FEATURE):
            yield Mistake(
                place=where,
                code="catalog-key",
                message=f"a feature's key {fault}",
                hint="write it like analytics_access",
            )
        if len(feature.name) > LONGEST_FEATURE:
            yield Mistake(
                place=where,
                code="catalog-name",
                message=f"a feature's name has at most {LONGEST_FEATURE} characters, "
                f"this one has {len(feature.name)}",
                hint="put the rest into a description of the product",
            )


def product_ids(catalogue: Catalogue) -> Iterator[Mistake]:
    """The id is ours to choose, and stands in addresses."""
    for product_id in _twice(product.id for product in catalogue.products):
        yield Mistake(
            place=place("products", product_id),
            code="catalog-doubled",
            message=f"two products have the id {product_id}",
            hint="keep one of them",
        )
    for product in catalogue.products:
        if not PRODUCT_ID.fullmatch(product.id):
            yield Mistake(
                place=place("products", product.id),
                code="catalog-product-id",
                message=f"{product.id!r} cannot be a product's id",
                hint="letters, digits, _ and -, at most 200",
            )
        if product.tax_code is not None and not TAX_CODE.fullmatch(product.tax_code):
            yield Mistake(
                place=place("products", product.id, "tax_code"),
                code="catalog-tax-code",
                message=f"{product.tax_code!r} is no tax code of Stripe",
                hint='it is written "txcd_" and eight digits',
            )


def their_features(catalogue: Catalogue) -> Iterator[Mistake]:
    """A product gives features of the file, each once."""
    known = [feature.key for feature in catalogue.features]
    for product in catalogue.products:
        for number, key in enumerate(product.features):
            where = place("products", product.id, "features", number)
            if key not in known:
                yield Mistake(
                    place=where,
                    code="catalog-unknown-feature",
                    message=f"{product.id} gives {key}, which is no feature here",
                    hint=did_you_mean(key, known),
                )
            if key in product.features[:number]:
                yield Mistake(
                    place=where,
                    code="catalog-doubled",
                    message=f"{product.id} gives {key} twice",
                    hint="keep it once",
                )


def unused(catalogue: Catalogue) -> Iterator[Mistake]:
    """A feature that nobody gets, and a product that nobody can buy."""
    given = {key for product in catalogue.products for key in product.features}
    for feature in catalogue.features:
        if feature.key not in given:
            yield Mistake(
                place=place("features", feature.key),
                code="catalog-unused",
                message=f"no product gives {feature.key}",
                hint="name it in a product's features, or take it out",
                severity=Severity.WARNING,
            )
    for product in catalogue.products:
        if next(catalogue.prices_of(product.id), None) is None:
            yield Mistake(
                place=place("products", product.id),
                code="catalog-unused",
                message=f"no price sells {product.id}",
                hint="give it a price, or take it out",
                severity=Severity.WARNING,
            )


def alike(catalogue: Catalogue) -> Iterator[Mistake]:
    """Two products of one tier, or of one name, are taken for each other."""
    tiers: dict[tuple[str, str | None], str] = {}
    names: dict[str, str] = {}
    for product in catalogue.products:
        where, key = place("products", product.id), (product.family, product.tier)
        rank = product.tier or "no tier"
        for seen, what in (
            (tiers.get(key), f"{product.family}, {rank}"),
            (names.get(product.name), f"called {product.name}"),
        ):
            if seen not in (None, product.id):
                yield Mistake(
                    place=where,
                    code="catalog-product-alike",
                    message=f"{product.id} and {seen} are both {what}",
                    hint="give one of them another tier or name",
                    severity=Severity.WARNING,
                )
        tiers.setdefault(key, product.id)
        names.setdefault(product.name, product.id)


def _twice(keys: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield key
        seen.add(key)


RULES = (feature_keys, product_ids, their_features, unused, alike)
