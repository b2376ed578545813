"""What an account sells, as it was found: the other side of a catalogue.

Values only; nothing here decides. What carries `OWNER` in its metadata was made or
taken over by us: the name's value is the feature key, product id or lookup key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eleva_cli.plan.selling import OWNER
from eleva_cli.ports import (
    Attachment,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)

__all__ = ["NOBODY", "OWNER", "Shop", "Subscribers", "owner_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribers:
    """Living subscriptions, and what they pay a month: currency → smallest unit.

    By list price: without coupons, tax, and what is counted by a meter.
    """

    count: int = 0
    monthly: Mapping[str, int] = field(default_factory=dict)


NOBODY = Subscribers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """
    An account's features, products, prices, meters.

    `prices` are the active ones that recur, and whoever holds a lookup key of the
    catalogue; `attachments` those of the products that the catalogue names.
    `subscribers` are by price or product, of those that were asked for. `currency`
    is the account's own, "" where it was not read.
    """

    currency: str = ""
    features: tuple[StripeFeature, ...] = ()
    products: tuple[StripeProduct, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    prices: tuple[StripePrice, ...] = ()
    meters: tuple[StripeMeter, ...] = ()
    subscribers: Mapping[str, Subscribers] = field(default_factory=dict)

    def feature(self, key: str) -> StripeFeature | None:
        """Find the feature that has a key now; archived ones gave theirs up."""
        found = (each for each in self.features if each.key == key and each.active)
        return next(found, None)

    def archived(self, key: str) -> Iterator[StripeFeature]:
        """Give the archived features that once had a key."""
        return (each for each in self.features if each.key == key and not each.active)

    def product(self, product_id: str) -> StripeProduct | None:
        """Find a product by its id."""
        return next((each for each in self.products if each.id == product_id), None)

    def attached(self, product_id: str) -> Iterator[Attachment]:
        """Give the features of a product."""
        return (each for each in self.attachments if each.product == product_id)

    def holder(self, key: str) -> StripePrice | None:
        """Find the one price that has a lookup key, active or not."""
        return next((each for each in self.prices if each.key == key), None)

    def price(self, price_id: str) -> StripePrice | None:
        """Find a price by its id."""
        return next((each for each in self.prices if each.id == price_id), None)

    def prices_of(self, product_id: str) -> Iterator[StripePrice]:
        """Give the prices of a product."""
        return (each for each in self.prices if each.product == product_id)

    def meter(self, event_name: str) -> StripeMeter | None:
        """Find the active meter that counts an event."""
        found = (m for m in self.meters if m.event_name == event_name and m.active)
        return next(found, None)

    def event_of(self, meter_id: str) -> str:
        """Say what a meter counts; its id where the account does not have it."""
        found = (m.event_name for m in self.meters if m.id == meter_id)
        return next(found, meter_id)

    def who(self, object_id: str | None) -> Subscribers:
        """Say who lives on a price or a product."""
        return NOBODY if object_id is None else self.subscribers.get(object_id, NOBODY)


def owner_of(metadata: Mapping[str, str]) -> str | None:
    """Say what of the catalogue an object was made or taken over as."""
    return metadata.get(OWNER) or None
