"""What Stripe sells, changed: one request each, under an idempotency key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from eleva_cli.adapters import stripe_catalog_rows as rows
from eleva_cli.adapters import stripe_params
from eleva_cli.adapters.stripe_calls import checked, delete, write, written
from eleva_cli.adapters.stripe_catalog import (
    FEATURES,
    METERS,
    PRICES,
    PRODUCTS,
    CatalogReads,
)
from eleva_cli.ports import (
    Attachment,
    Fields,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
    Terms,
    Written,
)

if TYPE_CHECKING:
    from stripe.params import (
        PriceCreateParams,
        PriceUpdateParams,
        ProductCreateParams,
        ProductUpdateParams,
    )
    from stripe.params.billing import MeterCreateParams
    from stripe.params.entitlements import FeatureCreateParams, FeatureUpdateParams


class Sales(CatalogReads):
    """The writes of `SalesPort`."""

    def create_meter(
        self, event_name: str, aggregation: str, *, key: str
    ) -> Written[StripeMeter]:
        """Make a meter that finds customer and value where Stripe says by default."""
        params: MeterCreateParams = {
            "display_name": event_name,
            "event_name": event_name,
            "default_aggregation": {"formula": aggregation},
        }
        service = self._sdk.v1.billing.meters
        reply = write(METERS, lambda: service.create(params, {"idempotency_key": key}))
        return written(reply, rows.meter)

    def create_feature(
        self, lookup_key: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]:
        given = {**stripe_params.of_new(fields), "lookup_key": lookup_key}
        params = cast("FeatureCreateParams", given)
        service = self._sdk.v1.entitlements.features
        reply = write(
            FEATURES, lambda: service.create(params, {"idempotency_key": key})
        )
        return written(reply, rows.feature)

    def update_feature(
        self, feature_id: str, fields: Fields, *, key: str
    ) -> Written[StripeFeature]:
        params = cast("FeatureUpdateParams", stripe_params.of_change(fields))
        path = f"{FEATURES}/{checked(feature_id)}"
        service = self._sdk.v1.entitlements.features
        reply = write(
            path, lambda: service.update(feature_id, params, {"idempotency_key": key})
        )
        return written(reply, rows.feature)

    def create_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]:
        """Make a product under an id that we choose."""
        given = {**stripe_params.of_new(fields), "id": checked(product_id)}
        params = cast("ProductCreateParams", given)
        service = self._sdk.v1.products
        reply = write(
            PRODUCTS, lambda: service.create(params, {"idempotency_key": key})
        )
        return written(reply, rows.product)

    def update_product(
        self, product_id: str, fields: Fields, *, key: str
    ) -> Written[StripeProduct]:
        params = cast("ProductUpdateParams", stripe_params.of_change(fields))
        path = f"{PRODUCTS}/{checked(product_id)}"
        service = self._sdk.v1.products
        reply = write(
            path, lambda: service.update(product_id, params, {"idempotency_key": key})
        )
        return written(reply, rows.product)

    def attach_feature(
        self, product_id: str, feature_id: str, *, key: str
    ) -> Written[Attachment]:
        path = f"{PRODUCTS}/{checked(product_id)}/features"
        service = self._sdk.v1.products.features
        reply = write(
            path,
            lambda: service.create(
                product_id,
                {"entitlement_feature": checked(feature_id)},
                {"idempotency_key": key},
            ),
        )
        return written(reply, partial(rows.attachment, product=product_id))

    def detach_feature(self, product_id: str, attachment_id: str) -> Written[None]:
        """Take an attachment off; Stripe knows no idempotency key for it."""
        path = f"{PRODUCTS}/{checked(product_id)}/features/{checked(attachment_id)}"
        service = self._sdk.v1.products.features
        reply = delete(path, lambda: service.delete(product_id, attachment_id))
        return Written(value=None, request_id=reply.request_id)

    def create_price(
        self, product_id: str, terms: Terms, fields: Fields, *, key: str
    ) -> Written[StripePrice]:
        given = {
            **stripe_params.of_new(fields),
            **stripe_params.of_terms(terms),
            "product": checked(product_id),
        }
        params = cast("PriceCreateParams", given)
        service = self._sdk.v1.prices
        reply = write(PRICES, lambda: service.create(params, {"idempotency_key": key}))
        return written(reply, rows.price)

    def update_price(
        self, price_id: str, fields: Fields, *, transfer: bool = False, key: str
    ) -> Written[StripePrice]:
        given = stripe_params.of_change(fields)
        if transfer:
            given["transfer_lookup_key"] = True
        params = cast("PriceUpdateParams", given)
        path = f"{PRICES}/{checked(price_id)}"
        service = self._sdk.v1.prices
        reply = write(
            path, lambda: service.update(price_id, params, {"idempotency_key": key})
        )
        return written(reply, rows.price)
