"""Subscriptions: read whole, their next renewal previewed, an item put elsewhere.

Another price sets an item's quantity to one unless it is said, so it is read and said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from eleva_cli.adapters import answers, stripe_facets, stripe_params, stripe_rows
from eleva_cli.adapters.stripe_calls import (
    StripeCalls,
    checked,
    of_customer,
    rows_of,
    write,
    written,
)
from eleva_cli.adapters.stripe_params import Params
from eleva_cli.errors import RejectedError
from eleva_cli.ports import (
    Page,
    PriceOffer,
    Renewal,
    Subscription,
    SubscriptionItem,
    Window,
    Written,
)

if TYPE_CHECKING:
    from stripe.params import SubscriptionItemUpdateParams

    from eleva_cli.adapters.answers import Json

SUBSCRIPTIONS = "/v1/subscriptions"
ITEMS = "/v1/subscription_items"
PREVIEW = "/v1/invoices/create_preview"
NO_PRORATION: Params = {"proration_behavior": "none"}


class Subscriptions(StripeCalls):
    """What `StripePort` knows of subscriptions."""

    def subscriptions(self, window: Window, after: str | None) -> Page[Subscription]:
        """Return a page; the nested lists stop at ten, and `is_cut` says where."""
        asked = {"created": created(window), "status": "all"}
        reply = self._list(SUBSCRIPTIONS, after, **asked)
        return rows_of(reply, after, read)

    def subscriptions_on(self, price_id: str, after: str | None) -> Page[Subscription]:
        reply = self._list(SUBSCRIPTIONS, after, price=checked(price_id))
        return rows_of(reply, after, read)

    def subscriptions_to(self, price_id: str, after: str | None) -> Page[Subscription]:
        asked = {"price": checked(price_id), "status": "all"}
        return rows_of(self._list(SUBSCRIPTIONS, after, **asked), after, read)

    def subscription(self, subscription_id: str) -> Subscription:
        reply = self._get(f"{SUBSCRIPTIONS}/{checked(subscription_id)}")
        return self.whole(reply.read(read))

    def whole(self, subscription: Subscription) -> Subscription:
        """Page the items that follow those the list has shown."""
        items, facets = list(subscription.items), subscription.facets
        has_more = subscription.is_cut
        while has_more:
            after = items[-1].id if items else None
            reply = self._list(ITEMS, after, subscription=subscription.id)
            page = rows_of(reply, after, stripe_rows.item)
            has_more = page.after is not None
            items += page.rows
            facets = stripe_facets.joined(facets, reply.read(_facets_of))
        return replace(subscription, items=tuple(items), facets=facets, is_cut=False)

    def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        """Page through a customer's; those that a page cut are read on."""
        found: list[Subscription] = []
        after: str | None = None
        while True:
            asked = {"customer": checked(customer_id), "status": "all"}
            with of_customer():
                reply = self._list(SUBSCRIPTIONS, after, **asked)
            page = rows_of(reply, after, read)
            found += [self.whole(row) for row in page.rows]
            after = page.after
            if after is None:
                return tuple(found)

    def preview_renewal(
        self,
        subscription_id: str,
        item_id: str,
        price: str | PriceOffer,
        *,
        quantity: int | None = None,
    ) -> Renewal:
        """Ask by a POST that changes nothing; a quantity not given is read first."""
        subscription, wanted = checked(subscription_id), _price(price)
        many = self._quantity(item_id) if quantity is None else {"quantity": quantity}
        item = {"id": item_id, **many, **wanted}
        reply = self._raw(
            "POST",
            PREVIEW,
            subscription=subscription,
            subscription_details={"items": [item], **NO_PRORATION},
        )
        return reply.read(stripe_rows.renewal)

    def move_item(
        self, item_id: str, price_id: str, *, key: str
    ) -> Written[SubscriptionItem]:
        """Change an item in two requests: one reads its quantity, to be kept."""
        given = {
            "price": checked(price_id),
            **self._quantity(item_id),
            **NO_PRORATION,
        }
        params = cast("SubscriptionItemUpdateParams", given)
        service = self._sdk.v1.subscription_items
        reply = write(
            f"{ITEMS}/{item_id}",
            lambda: service.update(item_id, params, {"idempotency_key": key}),
        )
        return written(reply, stripe_rows.item)

    def _quantity(self, item_id: str) -> Params:
        """Read how many an item has; a metered one has no number of its own."""
        item = self._get(f"{ITEMS}/{checked(item_id)}").read(stripe_rows.item)
        return {} if item.quantity is None else {"quantity": item.quantity}


def created(window: Window) -> dict[str, int]:
    """Return the bounds of a list by time of creation."""
    return {"gte": window.since, "lt": window.until}


def read(row: Json) -> Subscription:
    """Read a subscription, and whether its items go on past those it shows."""
    found, has_more = stripe_rows.subscription(row)
    return replace(found, is_cut=has_more)


def _facets_of(page: Json) -> dict[str, str]:
    return stripe_facets.of_items(answers.records(page, "data"))


def _price(price: str | PriceOffer) -> Params:
    if isinstance(price, str):
        return {"price": checked(price)}
    if price.terms.meter is not None:
        raise RejectedError(
            f"a metered price of {price.product} cannot be previewed before it is made",
            code="preview-metered",
            hint="make the price first, and preview with its id; nothing was sent",
            service="stripe",
        )
    terms = stripe_params.of_terms(price.terms)
    return {"price_data": {**terms, "product": checked(price.product)}}
