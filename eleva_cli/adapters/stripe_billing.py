"""Unpaid invoices, what a change would bill, and the changes that may bill something.

A change that is not invoiced at once never takes a payment: what it makes due stays an
open invoice. One that is invoiced at once succeeds with its payment or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from eleva_cli.adapters import answers, stripe_params, stripe_rows
from eleva_cli.adapters.stripe_calls import checked, rows_of, write, written
from eleva_cli.adapters.stripe_params import Params
from eleva_cli.adapters.stripe_subscribing import NO_PAYMENT, Subscribing
from eleva_cli.adapters.stripe_subscriptions import (
    NO_PRORATION,
    PREVIEW,
    SUBSCRIPTIONS,
    read,
)
from eleva_cli.ports import (
    Fields,
    Invoice,
    InvoiceStatus,
    ItemWish,
    Page,
    Proration,
    Renewal,
    Subscription,
    Written,
)

if TYPE_CHECKING:
    from stripe.params import SubscriptionCreateParams, SubscriptionUpdateParams
    from stripe.params.billing_portal import SessionCreateParams

INVOICES = "/v1/invoices"
PORTAL = "/v1/billing_portal/sessions"
WITH_INVOICE: Params = {"expand": ["latest_invoice"]}
WITH_BOTH: Params = {"expand": ["latest_invoice", "customer"]}
# A payment that fails leaves the subscription as it was, and answers 402.
ALL_OR_NOTHING: Params = {"payment_behavior": "error_if_incomplete"}
# Without it the method is used once, and the first renewal has none.
KEPT: Params = {
    "payment_settings": {"save_default_payment_method": "on_subscription"},
}


class Billing(Subscribing):
    """What `BillingPort` knows beyond what is sold."""

    def invoices(self, status: InvoiceStatus, after: str | None) -> Page[Invoice]:
        reply = self._list(INVOICES, after, status=status)
        return rows_of(reply, after, stripe_rows.invoice)

    def billed(self, subscription_id: str) -> Subscription:
        path = f"{SUBSCRIPTIONS}/{checked(subscription_id)}"
        return self.whole(self._get(path, **WITH_BOTH).read(read))

    def preview_items(
        self,
        subscription_id: str,
        items: Sequence[ItemWish],
        *,
        proration: Proration = "none",
        prorated_at: int | None = None,
    ) -> Renewal:
        """Ask by a POST that changes nothing."""
        asked: Params = {"subscription": checked(subscription_id)}
        if items:
            behaviour = _prorated(proration, prorated_at)
            asked["subscription_details"] = {"items": _wanted(items), **behaviour}
        return self._raw("POST", PREVIEW, **asked).read(stripe_rows.renewal)

    def revise_subscription(  # noqa: PLR0913 - what one request may say
        self,
        subscription_id: str,
        fields: Fields,
        *,
        items: Sequence[ItemWish],
        proration: Proration,
        key: str,
        prorated_at: int | None = None,
    ) -> Written[Subscription]:
        """Change prices by their items' ids: without, they come beside the old."""
        given: Params = {
            **stripe_params.of_change(fields),
            **_prorated(proration, prorated_at),
        }
        if items:
            is_now = proration == "always_invoice"
            given |= {"items": _wanted(items)}
            given |= ALL_OR_NOTHING if is_now else NO_PAYMENT
        params = cast("SubscriptionUpdateParams", given)
        service = self._sdk.v1.subscriptions
        reply = write(
            f"{SUBSCRIPTIONS}/{checked(subscription_id)}",
            lambda: service.update(subscription_id, params, {"idempotency_key": key}),
        )
        return written(reply, read)

    def start_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        """Make one that waits for its first payment; its invoice has the page."""
        wanted = {name: value for name, value in fields.items() if value}
        given: Params = {
            **stripe_params.of_subscription(wanted),
            **NO_PRORATION,
            **NO_PAYMENT,
            **KEPT,
            **WITH_INVOICE,
            "customer": checked(customer_id),
            "items": [{"price": checked(price_id), "quantity": 1}],
        }
        params = cast("SubscriptionCreateParams", given)
        service = self._sdk.v1.subscriptions
        reply = write(
            SUBSCRIPTIONS, lambda: service.create(params, {"idempotency_key": key})
        )
        return written(reply, read)

    def portal_link(
        self,
        customer_id: str,
        *,
        return_url: str | None,
        configuration: str | None,
        key: str,
    ) -> Written[str]:
        """Ask for a link that is good for some minutes."""
        given: SessionCreateParams = {"customer": checked(customer_id)}
        if return_url is not None:
            given["return_url"] = return_url
        if configuration is not None:
            given["configuration"] = checked(configuration)
        service = self._sdk.v1.billing_portal.sessions
        reply = write(PORTAL, lambda: service.create(given, {"idempotency_key": key}))
        return written(reply, lambda row: answers.text(row, "url"))


def _prorated(proration: Proration, at: int | None) -> Params:
    """Say what becomes of what is left of a period, and from when that is counted."""
    counted = {} if at is None or proration == "none" else {"proration_date": at}
    return {"proration_behavior": proration, **counted}


def _wanted(items: Sequence[ItemWish]) -> list[Params]:
    """Name each item and its price; a quantity not said would become one."""
    return [
        {
            "id": checked(each.item),
            "price": checked(each.price),
            **({} if each.quantity is None else {"quantity": each.quantity}),
        }
        for each in items
    ]
