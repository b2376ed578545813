"""Subscriptions made, changed, ended and previewed; none of it ever takes a payment.

Nothing is prorated. What would have to be paid at once, because a price or a waiting
invoice item came between preview and request, is left unpaid and not collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from eleva_cli.adapters import stripe_params, stripe_rows
from eleva_cli.adapters.stripe_calls import checked, delete, write, written
from eleva_cli.adapters.stripe_params import Params
from eleva_cli.adapters.stripe_subscriptions import (
    NO_PRORATION,
    PREVIEW,
    SUBSCRIPTIONS,
    Subscriptions,
    read,
)
from eleva_cli.plan.subscribing import PRICE
from eleva_cli.ports import Fields, Renewal, Subscription, Written

if TYPE_CHECKING:
    from stripe.params import SubscriptionCreateParams, SubscriptionUpdateParams

# The default would charge the customer's card at once for what has to be paid.
NO_PAYMENT: Params = {"payment_behavior": "default_incomplete"}


class Subscribing(Subscriptions):
    """What `StripePort` does to subscriptions as a whole."""

    def preview_first(
        self, customer_id: str, price_id: str, *, currency: str | None = None
    ) -> Renewal:
        """Ask by a POST that changes nothing."""
        items = [{"price": checked(price_id), "quantity": 1}]
        said = {} if currency is None else {"currency": currency}
        reply = self._raw(
            "POST",
            PREVIEW,
            customer=checked(customer_id),
            **said,
            subscription_details={"items": items},
        )
        return reply.read(stripe_rows.renewal)

    def create_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        """Make one that is active where nothing has to be paid, else incomplete."""
        wanted = {name: value for name, value in fields.items() if value}
        given = {
            **stripe_params.of_subscription(wanted),
            **NO_PRORATION,
            **NO_PAYMENT,
            "customer": checked(customer_id),
            "items": [{"price": checked(price_id), "quantity": 1}],
        }
        params = cast("SubscriptionCreateParams", given)
        service = self._sdk.v1.subscriptions
        reply = write(
            SUBSCRIPTIONS, lambda: service.create(params, {"idempotency_key": key})
        )
        return written(reply, read)

    def update_subscription(
        self,
        subscription_id: str,
        fields: Fields,
        *,
        item: str,
        quantity: int | None,
        key: str,
    ) -> Written[Subscription]:
        """Change fields; without its item's id, a price comes beside the old."""
        given = {**stripe_params.of_subscription(fields), **NO_PRORATION}
        if price := fields.get(PRICE):
            many = {} if quantity is None else {"quantity": quantity}
            given["items"] = [{"id": checked(item), "price": checked(price), **many}]
            given |= NO_PAYMENT
        params = cast("SubscriptionUpdateParams", given)
        service = self._sdk.v1.subscriptions
        reply = write(
            f"{SUBSCRIPTIONS}/{checked(subscription_id)}",
            lambda: service.update(subscription_id, params, {"idempotency_key": key}),
        )
        return written(reply, read)

    def cancel_subscription(
        self, subscription_id: str, *, note: str
    ) -> Written[Subscription]:
        """End it; Stripe knows no idempotency key for that, and refuses a second."""
        service = self._sdk.v1.subscriptions
        reply = delete(
            f"{SUBSCRIPTIONS}/{checked(subscription_id)}",
            lambda: service.cancel(
                subscription_id,
                {
                    "invoice_now": False,
                    "prorate": False,
                    "cancellation_details": {"comment": note},
                },
            ),
        )
        return written(reply, read)
