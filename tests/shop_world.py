"""Accounts made from a catalogue: as it says, and as somebody changed them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eleva_cli.catalog import Catalogue, Feature, Meter, Price, Product
from eleva_cli.catalog.changes import Change
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.ports import (
    Attachment,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)

MONTHLY = Price(
    key="basic-monthly",
    product="basic",
    currency="eur",
    amount=2500,
    interval="month",
    tax="inclusive",
    default=True,
    nickname="Monthly",
    metadata={"tier": "basic"},
)
FREE = Price(
    key="basic-free", product="basic", currency="eur", amount=0, interval="month"
)
SEAT = Price(
    key="seat", product="seat", currency="eur", amount=4900, interval="month",
    tax="exclusive", meter="seats", default=True,
)  # fmt: skip
RESERVED = Price(
    key="by-contract", product="top", currency="eur", amount=None, interval="year"
)
YEARLY = replace(MONTHLY, key="top-yearly", product="top", interval="year", nickname="")
CATALOGUE = Catalogue(
    currency="eur",
    features=(
        Feature(key="events", name="Events"),
        Feature(key="analytics", name="Analytics", metadata={"since": "2025"}),
    ),
    products=(
        Product(
            id="basic",
            name="Basic",
            family="expert",
            features=("events",),
            metadata={"lookup_key": "basic"},
        ),
        Product(
            id="top",
            name="Top",
            family="expert",
            features=("events", "analytics"),
            description="All of it",
            tax_code="txcd_1",
        ),
        Product(id="seat", name="Seat", family="seat"),
    ),
    prices=(MONTHLY, FREE, YEARLY, RESERVED, SEAT),
    meters=(Meter(event_name="seats", aggregation="last", made_by_workos=True),),
)
METER = StripeMeter(id="mtr_1", event_name="seats", aggregation="last", active=True)


def shop_of(catalogue: Catalogue = CATALOGUE, *, owned: bool = True) -> Shop:
    """Return an account that is as the catalogue says; `owned` as we would make it."""
    return Shop(
        currency=catalogue.currency,
        features=tuple(_feature(one, owned=owned) for one in catalogue.features),
        products=tuple(
            _product(one, catalogue, owned=owned) for one in catalogue.products
        ),
        attachments=tuple(
            _attachment(product.id, key)
            for product in catalogue.products
            for key in product.features
        ),
        prices=tuple(
            price_of(one, owned=owned)
            for one in catalogue.prices
            if not one.is_reserved
        ),
        meters=(METER,),
    )


def _mark(metadata: Mapping[str, str], name: str, *, owned: bool) -> dict[str, str]:
    return {**metadata, **({OWNER: name} if owned else {})}


def _feature(one: Feature, *, owned: bool, object_id: str = "") -> StripeFeature:
    return StripeFeature(
        id=object_id or f"feat_{one.key}",
        key=one.key,
        name=one.name,
        active=True,
        metadata=_mark(one.metadata, one.key, owned=owned),
    )


def _product(one: Product, catalogue: Catalogue, *, owned: bool) -> StripeProduct:
    offered = (price for price in catalogue.prices_of(one.id) if price.default)
    default = next(offered, None)
    return StripeProduct(
        id=one.id,
        name=one.name,
        active=True,
        description=one.description,
        tax_code=one.tax_code,
        default_price=f"price_{default.key}" if default else None,
        metadata=_mark(one.metadata, one.id, owned=owned),
    )


def _attachment(product: str, key: str, feature: str = "") -> Attachment:
    return Attachment(
        id=f"prodft_{product}_{key}_{feature}",
        product=product,
        feature=feature or f"feat_{key}",
        key=key,
        active=True,
    )


def price_of(one: Price, *, owned: bool = True, object_id: str = "") -> StripePrice:
    """Return the price that a catalogue's price becomes."""
    return StripePrice(
        id=object_id or f"price_{one.key}",
        product=one.product,
        active=True,
        currency=one.currency,
        amount=one.amount,
        interval=one.interval,
        interval_count=one.interval_count,
        metered=one.meter is not None,
        meter=METER.id if one.meter else None,
        tax=one.tax,
        key=one.key,
        nickname=one.nickname,
        metadata=_mark(one.metadata, one.key, owned=owned),
    )


def with_price(shop: Shop, lookup_key: str, /, **changed: Any) -> Shop:
    """Return the account with something else about the price that holds a key."""
    prices = (
        replace(one, **changed) if one.key == lookup_key else one for one in shop.prices
    )
    return replace(shop, prices=tuple(prices))


def with_product(shop: Shop, product_id: str, /, **changed: Any) -> Shop:
    """Return the account with something else about a product."""
    products = (
        replace(one, **changed) if one.id == product_id else one
        for one in shop.products
    )
    return replace(shop, products=tuple(products))


def describe(change: Change) -> str:
    """Say in a few words what a change does."""
    named = f"{change.kind} {change.key}"
    match change.kind, change.verb:
        case "default", _ if change.id is None:
            said = f"take the default price off {change.product}"
        case "default", _:
            said = f"make price {change.key} the default of {change.product}"
        case "attachment", "detach":
            said = f"detach {change.key} from {change.product}"
        case "attachment", _:
            said = f"attach {change.key} to {change.product}"
        case _, "update":
            said = f"update {named}: {', '.join(f.name for f in change.fields)}"
        case _, "replace":
            said = f"replace {named}: {', then '.join(change.steps)}"
        case _, "deactivate":
            said = f"deactivate {change.id}, which was {change.key}"
        case kind, "prune":
            was = "" if change.id == change.key else f", which was {change.key}"
            said = f"deactivate {kind} {change.id}{was}"
        case _, verb:
            said = f"{verb} {named}"
    return said
