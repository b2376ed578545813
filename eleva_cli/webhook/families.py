"""Which events may be sent on: subscriptions; others when asked; money never.

This tool never touches payments, charges, refunds, disputes, payouts or accounts: a
receiver could pay somebody twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from eleva_cli.webhook import Event

USUAL = ("customer.subscription.*",)
REFUSED = (
    "account.*",
    "application_fee.*",
    "balance.*",
    "balance_settings.*",
    "billing.credit_*",
    "capability.*",
    "cash_balance.*",
    "charge.*",
    "checkout.session.*",
    "crypto.*",
    "customer.bank_account.*",
    "customer.card.*",
    "customer.source.*",
    "customer_cash_balance_transaction.*",
    "credit_note.*",
    "dispute.*",
    "external_account.*",
    "financial_connections.*",
    "invoice.*",
    "invoice_payment.*",
    "invoiceitem.*",
    "issuing*",
    "mandate.*",
    "order.*",
    "payment_*",
    "payout.*",
    "person.*",
    "radar.*",
    "refund.*",
    "reserve.*",
    "review.*",
    "setup_intent.*",
    "source.*",
    "terminal.*",
    "three_d_secure.*",
    "topup.*",
    "transfer.*",
    "treasury.*",
    "v2.*",
)


def is_refused(type_: str) -> bool:
    """Tell whether events of a type are never sent on, thin ones (`v1.…`) neither."""
    name = _plain(type_)
    return any(fnmatchcase(name, pattern) for pattern in REFUSED)


def _plain(type_: str) -> str:
    return re.sub(r"^(v1\.)+", "", type_.casefold().strip())


def refused_patterns(asked: Iterable[str]) -> Iterator[str]:
    """Give those of the asked types, or patterns, that name a refused family."""
    for pattern in asked:
        stem = _plain(pattern).rstrip("*").rstrip(".")
        refused = (each.rstrip("*").rstrip(".") for each in REFUSED)
        if stem and any(stem.startswith(each) for each in refused):
            yield pattern


def may_send(event: Event, allowed: Iterable[str] = ()) -> bool:
    """Tell whether an event may be sent on: of Stripe's by type, of WorkOS's all."""
    if event.service == "workos":
        return True
    patterns = (*USUAL, *allowed)
    is_asked = any(fnmatchcase(event.type, pattern) for pattern in patterns)
    return is_asked and not is_refused(event.type)
