"""Accounts made from a catalogue: as it says, by hand, and after a plan was applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eleva_cli.catalog import Catalogue, Feature, Meter, Price, Product
from eleva_cli.catalog.changes import Change, Difference, in_phases
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


class Applying:
    """Does to an account what a difference says, as the services would."""

    def __init__(self, catalogue: Catalogue, shop: Shop) -> None:
        self.catalogue = catalogue
        self.features = {one.id: one for one in shop.features}
        self.products = {one.id: one for one in shop.products}
        self.attachments = {one.id: one for one in shop.attachments}
        self.prices = {one.id: one for one in shop.prices}
        self.shop = shop

    def all(self, difference: Difference) -> Shop:
        """Apply every change, call by call in the order of phases."""
        for change, step in in_phases(difference.changes):
            if step is not None:
                self.step(step, change)
            elif change.verb == "prune":
                self.prune(change)
            else:
                getattr(self, change.kind)(change)
        return self.now()

    def now(self) -> Shop:
        """Return the account as it is by now."""
        return replace(
            self.shop,
            features=tuple(self.features.values()),
            products=tuple(self.products.values()),
            attachments=tuple(self.attachments.values()),
            prices=tuple(self.prices.values()),
        )

    def feature(self, change: Change) -> None:
        wanted = next(f for f in self.catalogue.features if f.key == change.key)
        object_id = change.id or f"feat_{change.key}_{len(self.features)}"
        self.features[object_id] = _feature(wanted, owned=True, object_id=object_id)

    def product(self, change: Change) -> None:
        wanted = self.catalogue.product(change.key)
        assert wanted is not None
        made = _product(wanted, self.catalogue, owned=True)
        before = self.products.get(wanted.id)
        if before is None:
            self.products[wanted.id] = replace(made, default_price=None)
        elif change.verb == "activate":
            self.products[wanted.id] = replace(before, active=True)
        else:
            self.products[wanted.id] = replace(
                made,
                active=before.active,
                default_price=before.default_price,
                metadata={**before.metadata, **made.metadata},
            )

    def attachment(self, change: Change) -> None:
        assert change.product is not None
        if change.verb == "detach":
            assert change.id is not None
            del self.attachments[change.id]
            return
        feature = self.now().feature(change.key)
        assert feature is not None
        made = _attachment(change.product, change.key, feature.id)
        self.attachments[made.id] = made

    def price(self, change: Change) -> None:
        """Update a price in place."""
        wanted = self.catalogue.price(change.key)
        assert wanted is not None
        assert change.id is not None
        if change.verb == "activate":
            self._set(change.id, active=True)
            return
        before = self.prices[change.id]
        self._set(
            change.id,
            tax=before.tax if wanted.tax == "unspecified" else wanted.tax,
            nickname=wanted.nickname,
            metadata={**before.metadata, **wanted.metadata},
        )

    def step(self, step: str, change: Change) -> None:
        """Do one call of a price's change."""
        wanted = self.catalogue.price(change.key)
        assert wanted is not None
        new = f"price_new_{wanted.key}"
        is_there = change.verb == "update"
        holder = change.successor or (is_there and change.id) or new
        match step:
            case "create":
                made = price_of(wanted, object_id=new)
                is_free = change.verb == "create"
                self.prices[new] = made if is_free else replace(made, key=None)
            case "transfer-key":
                for one in list(self.prices.values()):
                    if one.key == wanted.key:
                        self._set(one.id, key=None)
                self._set(holder, key=wanted.key)
                if is_there:
                    self.price(change)
            case "make-default":
                before = self.products[wanted.product]
                self.products[before.id] = replace(before, default_price=holder)
            case "deactivate":
                assert change.id is not None
                product = self.products[wanted.product]
                assert product.default_price != change.id, "Stripe refuses that"
                self._set(change.id, active=False)
            case _:
                raise AssertionError(step)

    def default(self, change: Change) -> None:
        assert change.product is not None
        before = self.products[change.product]
        self.products[before.id] = replace(before, default_price=change.id)

    def prune(self, change: Change) -> None:
        """Take off sale what the catalogue does not name any more."""
        assert change.id is not None
        match change.kind:
            case "feature":
                old = self.features[change.id]
                self.features[change.id] = replace(old, active=False)
            case "product":
                before = self.products[change.id]
                self.products[change.id] = replace(before, active=False)
            case "price":
                product = self.products.get(self.prices[change.id].product)
                is_default = product and product.default_price == change.id
                assert not is_default, "Stripe refuses that"
                self._set(change.id, active=False)
            case _:
                raise AssertionError(change)

    def _set(self, price_id: str, **changed: Any) -> None:
        self.prices[price_id] = replace(self.prices[price_id], **changed)
