"""Compares a catalogue with an account: what to change, what a person must decide.

Both sides are brought into one form first, so that an account which is as the
catalogue says gives an empty difference. What the catalogue does not name is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from eleva_cli.catalog import Catalogue, Meter, Price
from eleva_cli.catalog.changes import Change, Difference
from eleva_cli.catalog.entitling import attachments, features
from eleva_cli.catalog.offering import product_difference
from eleva_cli.catalog.pricing import left_behind, price_difference
from eleva_cli.catalog.pruning import names, no_longer_named, pruned
from eleva_cli.catalog.shop import Shop
from eleva_cli.plan import Finding, Severity

Said = Change | Finding


def compare(catalogue: Catalogue, shop: Shop, *, prune: bool = False) -> Difference:
    """Return all that differs; `prune` takes off sale what is not named any more."""
    meters = tuple(_meters(catalogue, shop))
    unfit = {each.subject for each in meters if isinstance(each, Finding)}
    said: list[Said] = [*_account(catalogue, shop), *meters]
    said += features(catalogue, shop)
    said += _products(catalogue, shop, unfit)
    if prune:
        said += pruned(catalogue, shop, tuple(said))
    else:
        said += no_longer_named(catalogue, shop)
    changes = tuple(each for each in said if isinstance(each, Change))
    findings = tuple(each for each in said if isinstance(each, Finding))
    return Difference(
        changes=changes,
        findings=findings,
        unmanaged=_unmanaged(catalogue, shop, changes),
        equal=_equal(catalogue, said),
    )


def _account(catalogue: Catalogue, shop: Shop) -> Iterator[Said]:
    if shop.currency and shop.currency != catalogue.currency:
        yield Finding(
            code="account-currency",
            severity=Severity.NOTE,
            subject=catalogue.currency,
            message=f"the account's own currency is {shop.currency}: what is paid in"
            f" {catalogue.currency} may be converted",
            hint="check that the keys are of the account that you mean",
        )


def _meters(catalogue: Catalogue, shop: Shop) -> Iterator[Said]:
    for meter in catalogue.meters:
        found = shop.meter(meter.event_name)
        if found is not None and found.aggregation != meter.aggregation:
            yield Finding(
                code="meter-aggregation",
                severity=Severity.ERROR,
                subject=meter.event_name,
                message=f"{found.id} adds up by {found.aggregation}, the catalogue"
                f" says {meter.aggregation}; a meter cannot be changed",
                hint="deactivate that meter and let it be made again, or correct the"
                " catalogue",
            )
        elif found is None and not meter.made_by_workos:
            yield _made_by_us(meter)


def _made_by_us(meter: Meter) -> Change:
    return Change(kind="meter", verb="create", key=meter.event_name)


def _products(
    catalogue: Catalogue, shop: Shop, unfit: Collection[str]
) -> Iterator[Said]:
    """
    Compare products, and what hangs on those that no conflict holds.

    `unfit` are the meters that nothing can be priced by.
    What is deactivated comes last: until then the old is there for a way back.
    """
    held: set[str] = set()
    for product in catalogue.products:
        found = tuple(product_difference(product, catalogue, shop))
        yield from found
        if _has_error(found):
            held.add(product.id)
        else:
            yield from attachments(product, catalogue, shop)
    leftovers: list[Change] = []
    for price in catalogue.prices:
        if price.product in held or price.meter in unfit:
            continue
        found = tuple(price_difference(price, catalogue, shop))
        yield from found
        if not price.is_reserved and not _has_error(found):
            changes = (each for each in found if isinstance(each, Change))
            leftovers += left_behind(price, catalogue, shop, next(changes, None))
    yield from leftovers


def _has_error(said: Iterable[Said]) -> bool:
    findings = (each for each in said if isinstance(each, Finding))
    return any(each.severity is Severity.ERROR for each in findings)


def _unmanaged(
    catalogue: Catalogue, shop: Shop, changes: Iterable[Change]
) -> Mapping[str, int]:
    known = names(catalogue)
    ours = {change.id for change in changes} | {change.successor for change in changes}
    foreign = {
        "features": (
            each.key not in known.features and each.id not in ours
            for each in shop.features
            if each.active
        ),
        "products": (
            each.id not in known.products and each.id not in ours
            for each in shop.products
            if each.active
        ),
        "prices": (
            each.key not in known.prices and each.id not in ours
            for each in shop.prices
            if each.active
        ),
    }
    return {kind: sum(found) for kind, found in foreign.items()}


def _equal(catalogue: Catalogue, said: Iterable[Said]) -> Mapping[str, int]:
    """Count what is there as the catalogue says."""
    met: set[tuple[str, str | None]] = set()
    for each in said:
        if isinstance(each, Finding):
            met |= {(kind, each.subject) for kind in ("feature", "product", "price")}
            met.add(("meter", each.subject))
        elif each.kind in ("attachment", "default"):
            met.add(("product", each.product))
        else:
            met.add((each.kind, each.key))
    return {
        "features": sum(("feature", one.key) not in met for one in catalogue.features),
        "products": sum(("product", one.id) not in met for one in catalogue.products),
        "prices": sum(
            not met & {("price", one.key), ("meter", one.meter)}
            and not _waits(one, said)
            for one in catalogue.prices
        ),
    }


def _waits(price: Price, said: Iterable[Said]) -> bool:
    """Tell whether a price was not looked at, as its product is in conflict."""
    return any(
        isinstance(each, Finding)
        and each.severity is Severity.ERROR
        and each.subject == price.product
        for each in said
    )
