"""Turns differences into lanes of actions: one lane an object of the catalogue.

What is held waits for a person. A lane's actions come in the order of their phases, so
that a price is made before it gets the key, and the old one goes last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import assert_never

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.changes import Change, Difference, Step
from eleva_cli.catalog.entitling import metadata_fields, text_field
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.plan import Finding, Lane
from eleva_cli.plan.selling import (
    Asks,
    AttachFeature,
    CreateFeature,
    CreateMeter,
    CreatePrice,
    CreateProduct,
    Deactivate,
    DetachFeature,
    MakeDefault,
    Selling,
    Sold,
    TransferKey,
    UpdateSold,
)
from eleva_cli.ports import Fields

REASON = "catalog apply"


def lanes(difference: Difference, catalogue: Catalogue, shop: Shop) -> tuple[Lane, ...]:
    """Return what to do, one lane an object, and what is held, ordered by name."""
    actions: defaultdict[str, list[Selling]] = defaultdict(list)
    for change in difference.changes:
        actions[lane_of(change)] += _actions(change, catalogue, shop)
    held: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in difference.conflicts:
        held[_lane_of_conflict(finding, catalogue)].append(finding)
    return tuple(
        _lane(name, actions[name], held[name]) for name in sorted({*actions, *held})
    )


def lane_of(change: Change) -> str:
    """Name the lane of a change; features hang on a product as its prices do not."""
    match change.kind:
        case "attachment":
            return f"product {change.product}"
        case "default":
            return f"price {change.key}" if change.id else f"product {change.product}"
        case "meter" | "feature" | "product" | "price":
            return f"{change.kind} {change.key}"
        case _:
            assert_never(change.kind)


def _lane_of_conflict(finding: Finding, catalogue: Catalogue) -> str:
    if catalogue.price(finding.subject) is not None:
        return f"price {finding.subject}"
    kind = "meter" if finding.code.startswith("meter-") else "product"
    return f"{kind} {finding.subject}"


def _lane(name: str, actions: list[Selling], held: list[Finding]) -> Lane:
    return Lane(
        id=name,
        actions=tuple(sorted(actions, key=lambda action: action.phase)),
        findings=tuple(held),
        held=held[0].code if held else None,
    )


def _actions(change: Change, catalogue: Catalogue, shop: Shop) -> Iterator[Selling]:
    match change.kind:
        case "meter":
            yield from _meter(change, catalogue)
        case "feature":
            yield from _feature(change, catalogue)
        case "product":
            yield from _product(change, catalogue)
        case "attachment":
            yield _attachment(change)
        case "price":
            yield from _price(change, catalogue, shop)
        case "default":
            yield _default(change, catalogue)
        case _:
            assert_never(change.kind)


def _meter(change: Change, catalogue: Catalogue) -> Iterator[Selling]:
    wanted = next(m for m in catalogue.meters if m.event_name == change.key)
    yield CreateMeter(
        event_name=wanted.event_name, aggregation=wanted.aggregation, reason=REASON
    )


def _feature(change: Change, catalogue: Catalogue) -> Iterator[Selling]:
    if change.verb in ("create", "recreate"):
        wanted = next(f for f in catalogue.features if f.key == change.key)
        fields = {"name": wanted.name, **_marked(wanted.metadata, wanted.key)}
        yield CreateFeature(key=wanted.key, fields=fields, reason=REASON)
    else:
        yield from _in_place("feature", change)


def _product(change: Change, catalogue: Catalogue) -> Iterator[Selling]:
    if change.verb == "create":
        wanted = catalogue.product(change.key)
        assert wanted is not None
        fields = {
            "name": wanted.name,
            "description": wanted.description,
            "tax_code": wanted.tax_code,
            **_marked(wanted.metadata, wanted.id),
        }
        yield CreateProduct(product=wanted.id, fields=_said(fields), reason=REASON)
    else:
        yield from _in_place("product", change)


def _in_place(of: Sold, change: Change) -> Iterator[Selling]:
    assert change.id is not None
    match change.verb:
        case "prune":
            yield Deactivate(
                of=of, id=change.id, key=change.key, successor=False, reason=REASON
            )
        case "activate":
            yield _update(of, change, {"active": "false"}, {"active": "true"})
        case "update":
            before = {field.name: field.before for field in change.fields}
            after = {field.name: field.after for field in change.fields}
            yield _update(of, change, before, after)
        case _:
            raise AssertionError(change)


def _update(of: Sold, change: Change, before: Fields, after: Fields) -> Selling:
    assert change.id is not None
    return UpdateSold(
        of=of, id=change.id, key=change.key, before=before, after=after, reason=REASON
    )


def _attachment(change: Change) -> Selling:
    assert change.product is not None
    if change.verb != "detach":
        return AttachFeature(product=change.product, key=change.key, reason=REASON)
    assert change.id is not None
    return DetachFeature(
        product=change.product, key=change.key, attachment=change.id, reason=REASON
    )


def _default(change: Change, catalogue: Catalogue) -> Selling:
    """A default that is only taken away makes room for a deactivation."""
    assert change.product is not None
    field = change.fields[0]
    if field.after is None:
        return UpdateSold(
            of="product",
            id=change.product,
            key=change.product,
            before={field.name: field.before},
            after={field.name: None},
            reason=REASON,
        )
    return MakeDefault(
        product=change.product,
        key=change.key,
        before=field.before,
        asks=asks(_wanted(change, catalogue)),
        reason=REASON,
    )


def _price(change: Change, catalogue: Catalogue, shop: Shop) -> Iterator[Selling]:
    if not change.steps:
        yield from _in_place("price", change)
        return
    price = _wanted(change, catalogue)
    yield from _gaps(price, change, shop)
    for step in change.steps:
        yield _step(step, price, change, shop)


def _step(step: Step, price: Price, change: Change, shop: Shop) -> Selling:
    match step:
        case "create":
            return CreatePrice(
                key=price.key,
                product=price.product,
                asks=asks(price),
                fields=_said(
                    {"nickname": price.nickname, **_marked(price.metadata, price.key)}
                ),
                holds_key=change.verb == "create",
                reason=REASON,
            )
        case "transfer-key":
            return TransferKey(
                key=price.key,
                product=price.product,
                before=change.id if change.verb == "replace" else None,
                after=change.successor or _own(change),
                asks=asks(price),
                reason=REASON,
            )
        case "make-default":
            product = shop.product(price.product)
            return MakeDefault(
                product=price.product,
                key=price.key,
                before=None if product is None else product.default_price,
                asks=asks(price),
                reason=REASON,
            )
        case "deactivate":
            assert change.id is not None
            return Deactivate(
                of="price",
                id=change.id,
                key=change.key,
                successor=True,
                reason=REASON,
            )
        case _:
            assert_never(step)


def _own(change: Change) -> str | None:
    return change.id if change.verb == "update" else None


def _gaps(price: Price, change: Change, shop: Shop) -> Iterator[Selling]:
    """Bring a price that an earlier attempt made, or that lost its key, up to date."""
    made = shop.price(change.successor or _own(change) or "")
    if made is None or "transfer-key" not in change.steps:
        return
    fields = (
        *text_field("nickname", made.nickname, price.nickname),
        *metadata_fields(made.metadata, price.metadata),
    )
    if fields:
        yield UpdateSold(
            of="price",
            id=made.id,
            key=price.key,
            before={field.name: field.before for field in fields},
            after={field.name: field.after for field in fields},
            reason=REASON,
        )


def _wanted(change: Change, catalogue: Catalogue) -> Price:
    found = catalogue.price(change.key)
    assert found is not None
    return found


def asks(price: Price) -> Asks:
    """Return what a price of the catalogue asks for good."""
    assert price.amount is not None
    return Asks(
        currency=price.currency.lower(),
        amount=price.amount,
        interval=price.interval,
        interval_count=price.interval_count,
        meter=price.meter,
        tax=price.tax,
    )


def _marked(metadata: Mapping[str, str], name: str) -> Fields:
    marked = {**metadata, OWNER: name}
    return {f"metadata.{key}": value or None for key, value in marked.items()}


def _said(fields: Fields) -> Fields:
    """Leave out what a new object does not have."""
    return {name: value for name, value in fields.items() if value}
