"""Stripe as we use it, as a Protocol. Every method may raise a `RemoteError`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from eleva_cli.ports.answers import Answer, Fields, Page, Window, Written
from eleva_cli.ports.billing import BillingPort
from eleva_cli.ports.goods import PriceOffer, Renewal
from eleva_cli.ports.happenings import RawEvent, StripeEvent
from eleva_cli.ports.people import (
    Account,
    Customer,
    Subscription,
    SubscriptionItem,
    WebhookEndpoint,
)


class StripePort(BillingPort, Protocol):
    """Stripe, as we use it. Every method may raise a `RemoteError`."""

    def account(self) -> Account: ...

    def is_live(self) -> bool: ...

    def probe(self, path: str) -> Answer:
        """GET a path and tell how it was answered; a 4xx is an answer, not an error."""
        ...

    def customers(self, window: Window, after: str | None) -> Page[Customer]: ...

    def subscriptions(
        self, window: Window, after: str | None
    ) -> Page[Subscription]: ...

    def whole(self, subscription: Subscription) -> Subscription:
        """Read the items that a list left out."""
        ...

    def subscription(self, subscription_id: str) -> Subscription:
        """Raise `MissingError` where there is none; all its items are there."""
        ...

    def subscriptions_on(self, price_id: str, after: str | None) -> Page[Subscription]:
        """All that have an item of this price and were not canceled."""
        ...

    def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        """All of a customer's, whatever their status, each with all its items."""
        ...

    def entitlements_of(self, customer_id: str) -> tuple[str, ...]:
        """The lookup keys of a customer's active entitlements, each once."""
        ...

    def events(
        self, window: Window, types: Sequence[str], after: str | None
    ) -> Page[StripeEvent]:
        """Newest first, of the last 30 days; at most twenty types in one call."""
        ...

    def raw_events(
        self,
        window: Window,
        after: str | None,
        *,
        type_: str | None = None,
        delivered: bool | None = None,
    ) -> Page[RawEvent]:
        """
        Newest first, of the last 30 days, each in its own version.

        `type_` may have asterisks; `delivered` is false for those that wait or failed
        at some endpoint.
        """
        ...

    def raw_event(self, event_id: str) -> RawEvent:
        """Raise `MissingError` where there is none, or it is older than 30 days."""
        ...

    def retry_event(
        self, event_id: str, endpoint_id: str, *, key: str
    ) -> Written[RawEvent]:
        """Ask Stripe to deliver an event to an endpoint again (not documented)."""
        ...

    def preview_renewal(
        self,
        subscription_id: str,
        item_id: str,
        price: str | PriceOffer,
        *,
        quantity: int | None = None,
    ) -> Renewal:
        """
        Ask what the next renewal would be with this price, without proration.

        `quantity` is the item's own, where the caller has just seen it: another price
        sets it to one unless it is said, so it is read otherwise.
        """
        ...

    def preview_first(
        self, customer_id: str, price_id: str, *, currency: str | None = None
    ) -> Renewal:
        """
        Ask what the first invoice of a new subscription to a price would be.

        What the customer owes, and invoice items that wait, are in `amount_due`.
        """
        ...

    def create_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        """
        Subscribe a customer to one unit of a price.

        `fields` are `metadata.NAME`, `cancel_at` (Unix seconds as text), `currency`.
        """
        ...

    def update_subscription(
        self,
        subscription_id: str,
        fields: Fields,
        *,
        item: str,
        quantity: int | None,
        key: str,
    ) -> Written[Subscription]:
        """
        Change a subscription with one request, without proration.

        `fields` as for a new one, and `price`, which is put on the item with its
        quantity; `None` unsets.
        """
        ...

    def cancel_subscription(
        self, subscription_id: str, *, note: str
    ) -> Written[Subscription]:
        """
        End it now, without invoice or proration; the note stands in its details.

        Raise `MissingError` where there is none. One that is over is refused (400).
        """
        ...

    def subscriptions_to(self, price_id: str, after: str | None) -> Page[Subscription]:
        """All that have an item of this price, whatever their status."""
        ...

    def move_item(
        self, item_id: str, price_id: str, *, key: str
    ) -> Written[SubscriptionItem]:
        """Put an item on another price without proration; its quantity stays."""
        ...

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]: ...

    def customer(self, customer_id: str) -> Customer:
        """Raise `MissingError` where there is none; a deleted one is returned so."""
        ...

    def customers_with_email(self, email: str) -> tuple[Customer, ...]:
        """All that have this address as it is written, the newest first."""
        ...

    def customers_naming(
        self, names: Mapping[str, str], *, email: str | None = None
    ) -> tuple[Customer, ...]:
        """
        Search for customers whose metadata has any of these names and values.

        Also for those with an address, whatever its capitals. At most a hundred. The
        index is up to an hour behind and not there in every country: a hint to be read
        again, never the ground of a decision.
        """
        ...

    def customers_with_name(self, name: str, after: str | None) -> Page[Customer]:
        """
        Search for customers whose metadata has this name, with any value.

        As much of a hint as `customers_naming`.
        """
        ...

    def create_customer(
        self, email: str, metadata: Fields, *, key: str
    ) -> Written[Customer]: ...

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        """Set these metadata names (`None` unsets) under an idempotency key."""
        ...
