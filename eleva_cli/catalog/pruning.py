"""What was ours and is not named any more: notes, or what takes it off sale.

Nothing goes that something else rests on: what is not ours, or what a conflict is
about, which a person decides first. Nothing is deleted, and meters are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.changes import Change, Field
from eleva_cli.catalog.offering import candidates
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.plan.selling import Sold
from eleva_cli.ports import StripeFeature, StripePrice, StripeProduct

Said = Change | Finding
T = StripeFeature | StripeProduct | StripePrice
UNDECIDED = "until the conflict that it is part of is decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the catalogue names; reserved keys count."""

    features: frozenset[str]
    products: frozenset[str]
    prices: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What is ours, for sale, and not named any more."""

    features: tuple[StripeFeature, ...]
    products: tuple[StripeProduct, ...]
    prices: tuple[StripePrice, ...]


def names(catalogue: Catalogue) -> Names:
    """Return what the catalogue names, by kind."""
    return Names(
        features=frozenset(each.key for each in catalogue.features),
        products=frozenset(each.id for each in catalogue.products),
        prices=frozenset(each.key for each in catalogue.prices),
    )


def no_longer_named(catalogue: Catalogue, shop: Shop) -> Iterator[Finding]:
    """Note what was ours once and is still for sale."""
    left = _leftovers(catalogue, shop)
    hint = "`eleva catalog plan --prune` shows what it takes to end its sale"
    for feature in left.features:
        yield _note("feature", feature, "", hint)
    for product in left.products:
        yield _note("product", product, "", hint)
    for price in left.prices:
        yield _note("price", price, "", hint)


def pruned(catalogue: Catalogue, shop: Shop, said: Sequence[Said]) -> Iterator[Said]:
    """
    Take what was ours off sale; `said` is all else that differs.

    Features and defaults come off first, so that nothing is for sale half.
    """
    left = _leftovers(catalogue, shop)
    undecided = _undecided(catalogue, shop, said)
    moved = set(_with_another_default(said))
    gone: set[str] = set()
    for price in left.prices:
        why = _why_price_stays(price, catalogue, shop, undecided)
        if why:
            yield _note("price", price, why)
            continue
        gone.add(price.id)
        if price.product not in moved:
            yield from _no_default(price, shop)
        yield _price(price, shop)
    for product in left.products:
        yield _product(product, shop, gone, undecided)
    for feature in left.features:
        yield from _feature(feature, catalogue, shop, undecided)


def _leftovers(catalogue: Catalogue, shop: Shop) -> Leftovers:
    known = names(catalogue)
    return Leftovers(
        features=tuple(
            each
            for each in shop.features
            if _is_leftover(each, {each.key}, known.features)
        ),
        products=tuple(
            each
            for each in shop.products
            if _is_leftover(each, {each.id}, known.products)
        ),
        prices=tuple(
            each for each in shop.prices if _is_leftover(each, {each.key}, known.prices)
        ),
    )


def _is_leftover(found: T, called: set[str | None], known: frozenset[str]) -> bool:
    """Tell whether neither what it was made as nor what it is called is named."""
    owner = owner_of(found.metadata)
    return found.active and owner is not None and not {owner, *called} & known


def _undecided(
    catalogue: Catalogue, shop: Shop, said: Iterable[Said]
) -> frozenset[str]:
    """Give the products that conflicts are about, and those that could be meant."""
    subjects = {
        each.subject
        for each in said
        if isinstance(each, Finding) and each.severity is Severity.ERROR
    }
    held = [product for product in catalogue.products if product.id in subjects]
    meant = (each.id for one in held for each in candidates(one, catalogue, shop))
    return frozenset(product.id for product in held) | frozenset(meant)


def _with_another_default(said: Iterable[Said]) -> Iterator[str | None]:
    """Give the products that get another default price anyway."""
    for each in said:
        if isinstance(each, Change) and (
            each.kind == "default" or "make-default" in each.steps
        ):
            yield each.product


def _why_price_stays(
    price: StripePrice, catalogue: Catalogue, shop: Shop, undecided: frozenset[str]
) -> str:
    if price.product in undecided:
        return UNDECIDED
    product = shop.product(price.product)
    if product is None or product.default_price != price.id:
        return ""
    is_ours = owner_of(product.metadata) is not None
    if is_ours or catalogue.product(product.id) is not None:
        return ""
    return f"as the default price of {product.id}, which is not ours"


def _no_default(price: StripePrice, shop: Shop) -> Iterator[Change]:
    """Stripe archives no price that is the default of its product."""
    product = shop.product(price.product)
    if product is not None and product.default_price == price.id:
        yield Change(
            kind="default",
            verb="update",
            key=_name(price),
            product=product.id,
            fields=(Field(name="default_price", before=price.id, after=None),),
            risk="new-subscribers",
        )


def _price(price: StripePrice, shop: Shop) -> Change:
    return Change(
        kind="price",
        verb="prune",
        key=_name(price),
        id=price.id,
        product=price.product,
        risk="new-subscribers",
        concerns=price.id,
        subscribers=shop.who(price.id),
    )


def _product(
    product: StripeProduct, shop: Shop, gone: set[str], undecided: frozenset[str]
) -> Said:
    if product.id in undecided:
        return _note("product", product, UNDECIDED)
    if stays := _still_for_sale(product, shop, gone):
        return Finding(
            code="product-in-use",
            severity=Severity.NOTE,
            subject=product.id,
            message=f"the product {product.id} was ours and is not named any more, but"
            f" {', '.join(stays[:3])} on it stays for sale, and so does the product",
            hint="archive what is not sold any more in Stripe, or name the product",
        )
    return Change(
        kind="product",
        verb="prune",
        key=_name(product),
        id=product.id,
        risk="new-subscribers",
        concerns=product.id,
        subscribers=shop.who(product.id),
    )


def _still_for_sale(product: StripeProduct, shop: Shop, gone: set[str]) -> list[str]:
    """Give the product's prices that stay; a default that does not recur is one."""
    active = {each.id for each in shop.prices_of(product.id) if each.active}
    default = {product.default_price} if product.default_price else set()
    return sorted((active | default) - gone)


def _feature(
    feature: StripeFeature, catalogue: Catalogue, shop: Shop, undecided: frozenset[str]
) -> Iterator[Said]:
    """Detach a feature from our products, then archive it, which is for ever."""
    carried = [
        each
        for each in shop.attachments
        if each.feature == feature.id and catalogue.product(each.product) is not None
    ]
    if any(each.product in undecided for each in carried):
        yield _note("feature", feature, UNDECIDED)
        return
    for each in carried:
        who = shop.who(each.product)
        yield Change(
            kind="attachment",
            verb="detach",
            key=feature.key,
            id=each.id,
            product=each.product,
            risk="breaking" if who.count else "safe",
            concerns=each.product,
            subscribers=who,
        )
    yield Change(kind="feature", verb="prune", key=_name(feature), id=feature.id)
    yield Finding(
        code="feature-archived-for-ever",
        severity=Severity.NOTE,
        subject=feature.key,
        message=f"archiving {feature.id} cannot be taken back; on products that the"
        " catalogue does not name it still grants",
        hint="to keep it, name the feature in the catalogue",
    )


def _name(found: T) -> str:
    return owner_of(found.metadata) or found.id


def _note(kind: Sold, found: T, why: str, hint: str = "") -> Finding:
    return Finding(
        code="no-longer-named",
        severity=Severity.NOTE,
        subject=found.id,
        message=f"the {kind} {_name(found)} was ours, and the catalogue does not name"
        f" it any more; it is left alone{why and ' '}{why}",
        hint=hint,
    )
