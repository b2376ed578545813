"""What an application holds of its subscriptions: id, status, price, as exported.

Columns go by the names that applications give them; rows without a subscription are
customers who have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from eleva_cli.inputs.sheets import Sheet, SheetRow
from eleva_cli.webhook.gaps import Held

SUBSCRIPTION = (
    "subscription",
    "subscription_id",
    "stripe_subscription_id",
    "stripesubscriptionid",
    "subscriptionid",
    "id",
)
STATUS = (
    "status",
    "subscription_status",
    "stripe_subscription_status",
    "stripe_status",
    "subscriptionstatus",
)
PRICE = (
    "price",
    "price_id",
    "stripe_price_id",
    "stripepriceid",
    "priceid",
    "lookup_key",
    "plan_id",
)
ID = re.compile(r"sub_[A-Za-z0-9_]{1,250}", re.ASCII)


def read(path: Path) -> dict[str, Held]:
    """Return what is held, by subscription; raises `UsageError` (`app-state-…`)."""
    sheet = Sheet(path=path, noun="app-state", known=SUBSCRIPTION)
    found: dict[str, Held] = {}
    for row in sheet.rows():
        held = _held(sheet, row)
        if held is None:
            continue
        other = found.setdefault(held.subscription, held)
        if (other.status, other.price) != (held.status, held.price):
            raise sheet.fail(
                "doubled",
                f"{held.subscription} stands on line {other.line}, too, and differs",
                "keep the row that is true",
                row.line,
            )
    return found


def _held(sheet: Sheet, row: SheetRow) -> Held | None:
    name = _cell(row, SUBSCRIPTION)
    if name is None:
        return None
    if not ID.fullmatch(name):
        hint = "subscription ids begin with sub_; leave other rows out"
        raise sheet.fail("id", "this is no subscription id", hint, row.line)
    return Held(
        subscription=name,
        status=_cell(row, STATUS),
        price=_cell(row, PRICE),
        line=row.line,
    )


def _cell(row: SheetRow, names: Sequence[str]) -> str | None:
    return next((row.cells[name] for name in names if name in row.cells), None)
