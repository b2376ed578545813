"""What Stripe sells, in a few lines of memory, with the rules that a change meets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.shop import Shop
from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.execute import Seen, do, look
from eleva_cli.plan import Action, Lane
from eleva_cli.ports import (
    Attachment,
    Fields,
    Page,
    Ports,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
    Terms,
    Written,
)


class Storefront:
    """An account that can be changed; an answer is stored under its key."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.features_by_id = {one.id: one for one in shop.features}
        self.products_by_id = {one.id: one for one in shop.products}
        self.attachments = {one.id: one for one in shop.attachments}
        self.prices_by_id = {one.id: one for one in shop.prices}
        self.meters_by_id = {one.id: one for one in shop.meters}
        self.answers: dict[str, Any] = {}
        self.writes: list[str] = []

    def now(self) -> Shop:
        """Return the account as a look would find it."""
        return replace(
            self.shop,
            features=tuple(self.features_by_id.values()),
            products=tuple(self.products_by_id.values()),
            attachments=tuple(self.attachments.values()),
            prices=tuple(self.prices_by_id.values()),
            meters=tuple(self.meters_by_id.values()),
        )

    def apply(self, found: Sequence[Lane], *, most: int | None = None) -> list[Action]:
        """Do what is ready in the order of phases; a lane stops at what changed."""
        ports = Ports(stripe=self, workos=self)  # type: ignore[arg-type]
        ready = [
            (lane.id, one) for lane in found if not lane.held for one in lane.actions
        ]
        displaced: dict[str, Action] = {}
        for lane, action in sorted(ready, key=lambda pair: pair[1].phase)[:most]:
            if lane in displaced:
                continue
            sight = look(action, ports)
            if sight.seen is Seen.CHANGED:
                displaced[lane] = action
            if sight.seen is Seen.OPEN:
                do(action, ports, f"{action}", sight.target)
                assert look(action, ports).seen is Seen.SATISFIED, action
        return list(displaced.values())

    def features_with_key(self, lookup_key: str) -> tuple[StripeFeature, ...]:
        every = self.features_by_id.values()
        return tuple(one for one in every if one.key == lookup_key and one.active)

    def feature(self, feature_id: str) -> StripeFeature:
        found: StripeFeature = _found(self.features_by_id, feature_id)
        return found

    def product(self, product_id: str) -> StripeProduct:
        found: StripeProduct = _found(self.products_by_id, product_id)
        return found

    def price(self, price_id: str) -> StripePrice:
        found: StripePrice = _found(self.prices_by_id, price_id)
        return found

    def prices_of(
        self, product_id: str, after: str | None, *, active: bool = True
    ) -> Page[StripePrice]:
        every = (one for one in self.prices_by_id.values() if one.active == active)
        rows = tuple(one for one in every if one.product == product_id)
        return Page(rows=rows, after=None)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        return tuple(one for one in self.prices_by_id.values() if one.key in keys)

    def product_features(self, product_id: str, after: str | None) -> Page[Attachment]:
        every = self.attachments.values()
        rows = tuple(one for one in every if one.product == product_id)
        return Page(rows=rows, after=None)

    def meters(self, after: str | None) -> Page[StripeMeter]:
        return Page(rows=tuple(self.meters_by_id.values()), after=None)

    def create_meter(
        self, event_name: str, aggregation: str, *, key: str
    ) -> Written[StripeMeter]:
        made = StripeMeter(
            id=self._next("mtr", self.meters_by_id),
            event_name=event_name,
            aggregation=aggregation,
            active=True,
        )
        return self._kept(key, self.meters_by_id, made)

    def create_feature(
        self, lookup_key: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]:
        if self.features_with_key(lookup_key):
            raise _refused(f"feature {lookup_key} exists")
        made = StripeFeature(
            id=self._next("feat", self.features_by_id),
            key=lookup_key,
            name="",
            active=True,
        )
        return self._kept(key, self.features_by_id, _with(made, fields))

    def update_feature(
        self, feature_id: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]:
        before = self.feature(feature_id)
        if not before.active:
            raise _refused("an archived feature cannot be changed")
        return self._kept(key, self.features_by_id, _with(before, fields))

    def create_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]:
        if product_id in self.products_by_id:
            raise _refused(f"product {product_id} exists")
        made = StripeProduct(id=product_id, name="", active=True)
        return self._kept(key, self.products_by_id, _with(made, fields))

    def update_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]:
        after = _with(self.product(product_id), fields)
        if "default_price" in fields and after.default_price is not None:
            default = self.price(after.default_price)
            if not default.active or default.product != product_id:
                raise _refused(f"{default.id} cannot be a default price")
        return self._kept(key, self.products_by_id, after)

    def attach_feature(
        self, product_id: str, feature_id: str, *, key: str
    ) -> Written[Attachment]:
        self.product(product_id)
        feature = self.feature(feature_id)
        made = Attachment(
            id=self._next("prodft", self.attachments),
            product=product_id,
            feature=feature_id,
            key=feature.key,
            active=feature.active,
        )
        return self._kept(key, self.attachments, made)

    def detach_feature(self, product_id: str, attachment_id: str) -> Written[None]:
        _found(self.attachments, attachment_id)
        del self.attachments[attachment_id]
        self.writes.append(attachment_id)
        return Written(value=None)

    def create_price(
        self, product_id: str, terms: Terms, fields: Fields, *, key: str
    ) -> Written[StripePrice]:
        self.product(product_id)
        made = StripePrice(
            id=self._next("price", self.prices_by_id),
            product=product_id,
            active=True,
            currency=terms.currency,
            amount=terms.amount,
            interval=terms.interval,
            interval_count=terms.interval_count,
            metered=terms.meter is not None,
            meter=terms.meter,
            tax=terms.tax,
        )
        after = _with(made, fields)
        self._refuse_clash(after)
        return self._kept(key, self.prices_by_id, after)

    def update_price(
        self, price_id: str, fields: Fields, *, transfer: bool = False, key: str
    ) -> Written[StripePrice]:
        after = _with(self.price(price_id), fields)
        product = self.products_by_id.get(after.product)
        if not after.active and product and product.default_price == price_id:
            raise _refused(f"{price_id} is the default price")
        if transfer:
            for one in self.prices_with_keys([after.key] if after.key else []):
                self.prices_by_id[one.id] = replace(one, key=None)
        self._refuse_clash(after)
        return self._kept(key, self.prices_by_id, after)

    def _refuse_clash(self, price: StripePrice) -> None:
        holders = self.prices_with_keys([price.key] if price.key else [])
        if any(one.id != price.id for one in holders):
            raise _refused(f"{holders[0].id} already uses that lookup key")

    def _kept(self, key: str, shelf: dict[str, Any], made: Any) -> Written[Any]:
        if key in self.answers:
            return Written(value=self.answers[key], replayed=True)
        self.answers[key] = shelf[made.id] = made
        self.writes.append(made.id)
        return Written(value=made)

    @staticmethod
    def _next(kind: str, shelf: Mapping[str, object]) -> str:
        return f"{kind}_new_{len(shelf)}"


def _found(shelf: Mapping[str, Any], object_id: str) -> Any:
    if object_id not in shelf:
        raise MissingError(f"no {object_id}", code="not-found", service="stripe")
    return shelf[object_id]


def _refused(why: str) -> RejectedError:
    return RejectedError(why, code="stripe-rejected", service="stripe", status=400)


def _with(found: Any, fields: Fields) -> Any:
    """Return an object with these flat fields; `None` unsets a name of metadata."""
    metadata, said = dict(found.metadata), dict[str, Any]()
    for name, value in fields.items():
        if name.startswith("metadata."):
            metadata[name.removeprefix("metadata.")] = value
        else:
            said[name] = value == "true" if name == "active" else value
    kept = {name: value for name, value in metadata.items() if value}
    return replace(found, **said, metadata=kept)


def applied(
    catalogue: Catalogue, shop: Shop, found: Difference, *, most: int | None = None
) -> Shop:
    """Return an account after the actions of a difference, or the first of them."""
    front = Storefront(shop)
    assert front.apply(lanes(found, catalogue, shop), most=most) == []
    return front.now()
