"""What differs in features, and in which products grant them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eleva_cli.catalog import Catalogue, Feature, Product
from eleva_cli.catalog.changes import Change, Field, Risk
from eleva_cli.catalog.shop import Shop
from eleva_cli.plan import Finding, Severity


def features(catalogue: Catalogue, shop: Shop) -> Iterator[Change | Finding]:
    """Compare the features by their lookup key."""
    for feature in catalogue.features:
        found = shop.feature(feature.key)
        if found is None:
            yield from _missing(feature, shop)
            continue
        fields = (
            *text_field("name", found.name, feature.name),
            *metadata_fields(found.metadata, feature.metadata),
        )
        if fields:
            yield Change(
                kind="feature",
                verb="update",
                key=feature.key,
                id=found.id,
                fields=fields,
            )


def _missing(feature: Feature, shop: Shop) -> Iterator[Change | Finding]:
    old = [each.id for each in shop.archived(feature.key)]
    yield Change(kind="feature", verb="recreate" if old else "create", key=feature.key)
    if old:
        yield Finding(
            code="feature-archived",
            severity=Severity.WARNING,
            subject=feature.key,
            message=f"{', '.join(old)} had this key and was archived, which cannot be"
            " taken back; it still grants where it is attached",
            hint="a new feature of the same key takes its place on our products; look"
            " for other products that carry the old one",
        )


def attachments(product: Product, catalogue: Catalogue, shop: Shop) -> Iterator[Change]:
    """
    Compare what a product grants; features the catalogue does not name are left.

    Existing subscriptions meet the change with their next period.
    """
    known = {feature.key for feature in catalogue.features}
    attached = tuple(shop.attached(product.id))
    granted = {each.key for each in attached}
    living = {each.key for each in attached if each.active}
    is_there = shop.product(product.id) is not None
    concerns = product.id if is_there else None
    who = shop.who(concerns)
    for key in product.features:
        if key not in living:
            gained: Risk = "safe" if key in granted else "existing-subscribers"
            yield Change(
                kind="attachment",
                verb="attach",
                key=key,
                product=product.id,
                risk=gained if who.count else "safe",
                concerns=concerns,
                subscribers=who,
            )
    for each in attached:
        is_wanted = each.key in product.features
        if each.key in known and not (is_wanted and each.active):
            lost: Risk = "safe" if is_wanted else "breaking"
            yield Change(
                kind="attachment",
                verb="detach",
                key=each.key,
                id=each.id,
                product=product.id,
                risk=lost if who.count else "safe",
                concerns=concerns,
                subscribers=who,
            )


def text_field(name: str, before: str | None, after: str | None) -> Iterator[Field]:
    """Compare a text as people read it: absent is empty, spaces around do not count."""
    if after is not None and (before or "").strip() != after.strip():
        yield Field(name=name, before=before or None, after=after or None)


def metadata_fields(
    before: Mapping[str, str], wanted: Mapping[str, str]
) -> Iterator[Field]:
    """Compare the names that the catalogue gives; all others are somebody else's."""
    for name, value in wanted.items():
        if before.get(name, "") != value:
            yield Field(
                name=f"metadata.{name}",
                before=before.get(name),
                after=value or None,
            )
