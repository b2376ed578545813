"""What may ask money of somebody, as a Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eleva_cli.ports.answers import Fields, Page, Written
from eleva_cli.ports.bills import Invoice, InvoiceStatus, ItemWish, Proration
from eleva_cli.ports.goods import Renewal
from eleva_cli.ports.people import Subscription
from eleva_cli.ports.sales import SalesPort
from eleva_cli.ports.scheduling import SchedulingPort


class BillingPort(SalesPort, SchedulingPort, Protocol):
    """
    What may ask money of somebody. Every method may raise a `RemoteError`.

    Nothing here takes a payment by itself; what would have to be paid at once without
    having been previewed is left unpaid and not collected.
    """

    def invoices(self, status: InvoiceStatus, after: str | None) -> Page[Invoice]:
        """All with this status, the newest first."""
        ...

    def billed(self, subscription_id: str) -> Subscription:
        """A subscription with all items, its latest invoice, and `discounted`."""
        ...

    def preview_items(
        self,
        subscription_id: str,
        items: Sequence[ItemWish],
        *,
        proration: Proration = "none",
        prorated_at: int | None = None,
    ) -> Renewal:
        """
        Ask what the next invoice would be with these prices on these items.

        With `always_invoice` it is the one that the change itself would make, now; else
        the next renewal. Without items it is the renewal as things are. What is left of
        the period is counted from `prorated_at` (Unix seconds), or from now.
        """
        ...

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
        """
        Change prices and fields of a subscription with one request.

        `fields` are `metadata.NAME` and `cancel_at_period_end` ("true", "false");
        `None` unsets. Without proration what came to be due is left unpaid; where
        the change is invoiced at once and the payment fails, nothing changes (402).
        """
        ...

    def start_subscription(
        self, customer_id: str, price_id: str, fields: Fields, *, key: str
    ) -> Written[Subscription]:
        """
        Subscribe a customer to one unit of a price, to be paid on Stripe's own page.

        Incomplete until then, and the payment method is kept for renewals; active at
        once where nothing is asked. Answers with its first invoice. `fields` as for
        `create_subscription`.
        """
        ...

    def portal_link(
        self,
        customer_id: str,
        *,
        return_url: str | None,
        configuration: str | None,
        key: str,
    ) -> Written[str]:
        """Make a short-lived link to the customer's billing portal; keep it nowhere."""
        ...
