"""`catalog show`: the catalogue as people read it."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.catalog import Catalogue, Feature, Price, Product, money
from eleva_cli.catalog.places import did_you_mean
from eleva_cli.errors import UsageError
from eleva_cli.outcome import Json, Result, Table

COMMAND = "catalog show"


def everything(catalogue: Catalogue, file: str) -> Result:
    """Show all of it."""
    counts = count_prices(catalogue)
    return Result(
        command=COMMAND,
        headline=f"{counts['prices']} prices, {counts['reserved']} reserved, "
        f"{counts['metered']} metered; {len(catalogue.products)} products, "
        f"{len(catalogue.features)} features",
        summary={
            "file": file,
            "currency": catalogue.currency,
            "roles_ranked": list(catalogue.roles.ranking),
            "roles_protected": list(catalogue.roles.protected),
            "role_with_nothing_left": catalogue.roles.nothing_left,
        },
        tables=(
            prices_table(catalogue.prices),
            products_table(catalogue.products),
            features_table(catalogue, catalogue.features),
        ),
    )


def count_prices(catalogue: Catalogue) -> dict[str, int]:
    """Count prices with an amount of their own, reserved keys, and metered prices."""
    reserved = sum(price.is_reserved for price in catalogue.prices)
    metered = sum(bool(one.meter) for one in catalogue.prices if not one.is_reserved)
    return {
        "prices": len(catalogue.prices) - reserved - metered,
        "reserved": reserved,
        "metered": metered,
    }


def one(catalogue: Catalogue, name: str) -> Result:
    """Show what has that name: a price, a product or a feature."""
    if (price := catalogue.price(name)) is not None:
        return _price(catalogue, price)
    if (product := catalogue.product(name)) is not None:
        return _product(catalogue, product)
    for feature in catalogue.features:
        if feature.key == name:
            return _feature(catalogue, feature)
    names = [price.key for price in catalogue.prices]
    names += [product.id for product in catalogue.products]
    names += [feature.key for feature in catalogue.features]
    raise UsageError(
        f"the catalogue has no price, product or feature {name}",
        code="catalog-unknown-key",
        hint=did_you_mean(name, names),
    )


def prices_table(prices: Iterable[Price]) -> Table:
    """Return prices, what they ask, and what is special about them."""
    return Table(
        name="prices",
        title="Prices",
        columns=("lookup_key", "price", "tax", "product", "notes"),
        rows=tuple(
            (
                price.key,
                money.rate(price),
                None if price.tax == "unspecified" else price.tax,
                price.product,
                ", ".join(notes(price)) or None,
            )
            for price in prices
        ),
    )


def products_table(products: Iterable[Product]) -> Table:
    """Return products, whose features and role all their prices give."""
    return Table(
        name="products",
        title="Products",
        columns=("product", "name", "family", "tier", "role", "features_given"),
        rows=tuple(
            (
                product.id,
                product.name,
                product.family,
                product.tier,
                product.role,
                ", ".join(product.features) or None,
            )
            for product in products
        ),
    )


def features_table(catalogue: Catalogue, features: Iterable[Feature]) -> Table:
    """Return features, and which products give them."""
    return Table(
        name="features",
        title="Features",
        columns=("feature", "name", "given_by"),
        rows=tuple(
            (feature.key, feature.name, ", ".join(_givers(catalogue, feature)) or None)
            for feature in features
        ),
    )


def notes(price: Price) -> list[str]:
    """Say what is special about a price."""
    said = []
    if price.default:
        said.append("default")
    if price.invite:
        said.append("invite")
    if price.is_reserved:
        said.append("reserved")
    if price.meter:
        said.append(f"metered on {price.meter}")
    if price.goes_with:
        said.append(f"goes with {price.goes_with}")
    return said


def _price(catalogue: Catalogue, price: Price) -> Result:
    product = catalogue.product(price.product)
    assert product is not None  # the rules have seen to it
    summary: dict[str, Json] = {
        "lookup_key": price.key,
        "product": product.id,
        "product_name": product.name,
        "amount": None
        if price.amount is None
        else money.plain(price.amount, price.currency),
        "currency": price.currency,
        "due": money.every(price),
        "tax": price.tax,
        "role": product.role,
        "notes": notes(price),
    }
    summary |= {f"metadata {name}": value for name, value in price.metadata.items()}
    return Result(
        command=COMMAND,
        headline=f"{price.key}: {money.rate(price)}, {product.name}",
        summary=summary,
        tables=(features_table(catalogue, _features_of(catalogue, product)),),
    )


def _product(catalogue: Catalogue, product: Product) -> Result:
    summary: dict[str, Json] = {
        "product": product.id,
        "family": product.family,
        "tier": product.tier,
        "role": product.role,
        "tax_code": product.tax_code,
        "description": product.description,
    }
    summary |= {f"metadata {name}": value for name, value in product.metadata.items()}
    return Result(
        command=COMMAND,
        headline=f"{product.id}: {product.name}",
        summary=summary,
        tables=(
            prices_table(catalogue.prices_of(product.id)),
            features_table(catalogue, _features_of(catalogue, product)),
        ),
    )


def _feature(catalogue: Catalogue, feature: Feature) -> Result:
    givers = _givers(catalogue, feature)
    return Result(
        command=COMMAND,
        headline=f"{feature.key}: {feature.name}, given by "
        f"{', '.join(givers) or 'no product'}",
        summary={f"metadata {name}": text for name, text in feature.metadata.items()},
        tables=(
            products_table(one for one in catalogue.products if one.id in givers),
            prices_table(one for one in catalogue.prices if one.product in givers),
        ),
    )


def _givers(catalogue: Catalogue, feature: Feature) -> list[str]:
    return [one.id for one in catalogue.products if feature.key in one.features]


def _features_of(catalogue: Catalogue, product: Product) -> Iterable[Feature]:
    return (one for one in catalogue.features if one.key in product.features)
