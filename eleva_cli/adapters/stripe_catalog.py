"""What Stripe sells, read: its lists, and one feature, product or price.

A part of the Stripe adapter; how a list is asked for stands in `stripe_calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from eleva_cli.adapters import stripe_catalog_rows as rows
from eleva_cli.adapters.answers import Reply
from eleva_cli.adapters.faults import missing
from eleva_cli.adapters.stripe_calls import StripeCalls, checked, rows_of
from eleva_cli.ports import (
    Attachment,
    Page,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)

FEATURES = "/v1/entitlements/features"
PRODUCTS = "/v1/products"
PRICES = "/v1/prices"
METERS = "/v1/billing/meters"
OPTIONS = ("data.currency_options",)  # left out of lists unless asked for


class CatalogReads(StripeCalls):
    """The reads of `SalesPort`, with the lists of `CatalogPort`."""

    def features(self, after: str | None, *, archived: bool) -> Page[StripeFeature]:
        """Page those that are archived, or those that are not: one list has one."""
        said = {"archived": True} if archived else {}
        return rows_of(self._list(FEATURES, after, **said), after, rows.feature)

    def features_with_key(self, lookup_key: str) -> tuple[StripeFeature, ...]:
        """Give those that have the key now; an archived one gave it up."""
        found = self._every(FEATURES, rows.feature, lookup_key=lookup_key)
        return tuple(each for each in found if each.active)

    def feature(self, feature_id: str) -> StripeFeature:
        return self._get(f"{FEATURES}/{checked(feature_id)}").read(rows.feature)

    def products(self, after: str | None) -> Page[StripeProduct]:
        return rows_of(self._list(PRODUCTS, after), after, rows.product)

    def product(self, product_id: str) -> StripeProduct:
        """Read a product; a deleted one may still be answered, as its id alone."""
        reply = self._get(f"{PRODUCTS}/{checked(product_id)}")
        if _is_deleted(reply):
            raise missing(reply.exchange, reply.request_id)
        return reply.read(rows.product)

    def product_features(self, product_id: str, after: str | None) -> Page[Attachment]:
        reply = self._list(f"{PRODUCTS}/{checked(product_id)}/features", after)
        return rows_of(reply, after, partial(rows.attachment, product=product_id))

    def prices(self, after: str | None) -> Page[StripePrice]:
        asked = {"active": True, "type": "recurring", "expand": list(OPTIONS)}
        reply = self._list(PRICES, after, **asked)
        return rows_of(reply, after, rows.price)

    def prices_of(
        self, product_id: str, after: str | None, *, active: bool = True
    ) -> Page[StripePrice]:
        asked = {"product": checked(product_id), "active": active, "type": "recurring"}
        return rows_of(self._list(PRICES, after, **asked), after, rows.price)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        asked = {"lookup_keys": list(keys), "expand": list(OPTIONS)}
        return tuple(self._every(PRICES, rows.price, **asked))

    def price(self, price_id: str) -> StripePrice:
        return self._get(f"{PRICES}/{checked(price_id)}").read(rows.price)

    def meters(self, after: str | None) -> Page[StripeMeter]:
        return rows_of(self._list(METERS, after), after, rows.meter)


def _is_deleted(reply: Reply) -> bool:
    return reply.body.get("deleted") is True
