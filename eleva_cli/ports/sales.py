"""What Stripe sells, as Protocols. Every method may raise a `RemoteError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eleva_cli.ports.answers import Fields, Page, Written
from eleva_cli.ports.goods import (
    Attachment,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
    Terms,
)


class CatalogPort(Protocol):
    """What Stripe sells. Every method may raise a `RemoteError`."""

    def features(self, after: str | None, *, archived: bool) -> Page[StripeFeature]: ...

    def products(self, after: str | None) -> Page[StripeProduct]:
        """All of them, also inactive ones."""
        ...

    def product_features(
        self, product_id: str, after: str | None
    ) -> Page[Attachment]: ...

    def prices(self, after: str | None) -> Page[StripePrice]:
        """Only those that are active and recur."""
        ...

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        """Who holds these lookup keys, active or not; at most ten in one call."""
        ...

    def meters(self, after: str | None) -> Page[StripeMeter]: ...


class SalesPort(CatalogPort, Protocol):
    """
    What Stripe sells, one object at a time, and how it is changed.

    `fields` are flat names: `name`, `description`, `tax_code`, `default_price`,
    `active` ("true", "false"), `nickname`, `tax`, `key`, `metadata.NAME`; `None`
    unsets one. `key` is the idempotency key. Every method may raise a `RemoteError`.
    """

    def feature(self, feature_id: str) -> StripeFeature: ...

    def features_with_key(self, lookup_key: str) -> tuple[StripeFeature, ...]:
        """The one feature that has the key and is not archived, or none."""
        ...

    def product(self, product_id: str) -> StripeProduct:
        """Raise `MissingError` where there is none."""
        ...

    def price(self, price_id: str) -> StripePrice:
        """Raise `MissingError` where there is none."""
        ...

    def prices_of(
        self, product_id: str, after: str | None, *, active: bool = True
    ) -> Page[StripePrice]:
        """Those that recur and are for sale, or those that are not any more."""
        ...

    def create_meter(
        self, event_name: str, aggregation: str, *, key: str
    ) -> Written[StripeMeter]: ...

    def create_feature(
        self, lookup_key: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]: ...

    def update_feature(
        self, feature_id: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]: ...

    def create_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]: ...

    def update_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]: ...

    def attach_feature(
        self, product_id: str, feature_id: str, *, key: str
    ) -> Written[Attachment]: ...

    def detach_feature(self, product_id: str, attachment_id: str) -> Written[None]:
        """Raise `MissingError` where it is not attached (any more)."""
        ...

    def create_price(
        self, product_id: str, terms: Terms, fields: Fields, *, key: str
    ) -> Written[StripePrice]: ...

    def update_price(
        self, price_id: str, fields: Fields, *, transfer: bool = False, key: str
    ) -> Written[StripePrice]:
        """Change a price; `transfer` takes the lookup key from who has it."""
        ...
