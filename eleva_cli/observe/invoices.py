"""Invoices of one status, page by page, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from eleva_cli.engine.pool import patiently
from eleva_cli.ports import Clock, Invoice, InvoiceStatus, StripePort


def of_status(
    stripe: StripePort, clock: Clock, status: InvoiceStatus, *, since: float = 0
) -> Iterator[Invoice]:
    """Yield those made since then (Unix seconds); raises where Stripe fails."""
    after: str | None = None
    while True:
        page = patiently(partial(stripe.invoices, status, after), clock)
        yield from (row for row in page.rows if row.created >= since)
        after = page.after
        if after is None or page.rows[-1].created < since:
            return
