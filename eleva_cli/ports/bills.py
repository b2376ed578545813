"""Invoices, previews and what a change is asked with, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# Whether what is left of a period is billed: not at all, with the next invoice, now.
Proration = Literal["none", "create_prorations", "always_invoice"]
InvoiceStatus = Literal["draft", "open", "paid", "void", "uncollectible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """
    An invoice: totals in the currency's smallest unit, times in Unix seconds.

    `hosted_url` is Stripe's page where it can be paid: whoever has it can see the
    invoice, so that it stands in no journal, log or repr.
    """

    id: str
    customer: str
    status: str
    total: int
    currency: str
    amount_due: int = 0
    subscription: str | None = None
    created: int = 0
    hosted_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWish:
    """An item of a subscription and the price that it has or should have.

    Another price sets its quantity to one unless that is said; metered items have none.
    """

    item: str
    price: str
    quantity: int | None
