"""What differs in products, and which of them wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eleva_cli.catalog import Catalogue, Product
from eleva_cli.catalog.changes import Change
from eleva_cli.catalog.entitling import metadata_fields, text_field
from eleva_cli.catalog.shop import OWNER, Shop, owner_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import StripeProduct

NAME = "lookup_key"  # the application's own name for a product, in its metadata


def product_difference(
    product: Product, catalogue: Catalogue, shop: Shop
) -> Iterator[Change | Finding]:
    """
    Compare one product by its id.

    An error among what comes out holds the product: nothing that hangs on it can be
    compared before a person has decided.
    """
    found = shop.product(product.id)
    if found is None:
        yield from _missing(product, catalogue, shop)
    elif not found.active and owner_of(found.metadata) != product.id:
        yield Finding(
            code="product-inactive",
            severity=Severity.ERROR,
            subject=product.id,
            message="the product was archived, and not by this tool",
            hint="unarchive it in Stripe, or have it put on sale again with: eleva"
            f" catalog adopt --decide {product.id}=catalogue; then apply",
        )
    else:
        yield from _changed(product, found, shop)


def _missing(
    product: Product, catalogue: Catalogue, shop: Shop
) -> Iterator[Change | Finding]:
    orphans = [price.id for price in shop.prices_of(product.id)]
    alike = [each.id for each in candidates(product, catalogue, shop)]
    if orphans:
        yield Finding(
            code="product-deleted",
            severity=Severity.ERROR,
            subject=product.id,
            message=f"the product is gone, and {len(orphans)} of its prices are not:"
            f" {', '.join(orphans[:3])}",
            hint="give the product another id in the catalogue",
        )
    elif alike:
        yield Finding(
            code="product-unadopted" if len(alike) == 1 else "two-candidates",
            severity=Severity.ERROR,
            subject=product.id,
            message=f"the account has no product of this id, but {', '.join(alike)}"
            f" of its name, {product.name!r}, or with its keys",
            hint=f"{_taken(product, alike)}; if none is meant, free its keys and call"
            " it otherwise in Stripe",
        )
    else:
        yield Change(kind="product", verb="create", key=product.id)


def _taken(product: Product, alike: Sequence[str]) -> str:
    if len(alike) == 1:
        return "take it over with: eleva catalog adopt"
    return f"say which with: eleva catalog adopt --decide {product.id}=PRODUCT"


def candidates(
    product: Product, catalogue: Catalogue, shop: Shop
) -> Iterator[StripeProduct]:
    """Give products that could be this one: they sell its keys, or are named as it."""
    holders = map(shop.holder, (one.key for one in catalogue.prices_of(product.id)))
    sells = {holder.product for holder in holders if holder is not None}
    for each in shop.products:
        if catalogue.product(each.id) is None and (
            each.id in sells or (each.active and _is_alike(product, each))
        ):
            yield each


def _is_alike(product: Product, found: StripeProduct) -> bool:
    said = product.metadata.get(NAME)
    return (
        found.metadata.get(OWNER) == product.id
        or (bool(said) and found.metadata.get(NAME) == said)
        or _plain(found.name) == _plain(product.name)
    )


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _changed(product: Product, found: StripeProduct, shop: Shop) -> Iterator[Change]:
    fields = (
        *text_field("name", found.name, product.name),
        *text_field("description", found.description, product.description),
        *text_field("tax_code", found.tax_code, product.tax_code),
        *metadata_fields(found.metadata, product.metadata),
    )
    is_taxed_anew = any(field.name == "tax_code" for field in fields)
    concerns = product.id if is_taxed_anew else None
    who = shop.who(concerns)
    if not found.active:
        yield Change(
            kind="product",
            verb="activate",
            key=product.id,
            id=found.id,
            risk="new-subscribers",
        )
    if fields:
        yield Change(
            kind="product",
            verb="update",
            key=product.id,
            id=found.id,
            fields=fields,
            risk="existing-subscribers" if who.count else "safe",
            concerns=concerns,
            subscribers=who,
        )
