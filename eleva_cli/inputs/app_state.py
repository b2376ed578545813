"""What an application holds of its subscriptions: id, status, price, as exported.

Columns go by the names that applications give them; rows without a subscription are
customers who have none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from eleva_cli.inputs.sheets import Sheet, SheetRow
from eleva_cli.webhook.gaps import Held

# The most telling first: a plain name may be of the user, or an amount.
SUBSCRIPTION = (
    "stripe_subscription_id",
    "stripesubscriptionid",
    "subscription_id",
    "subscriptionid",
    "subscription",
    "id",
)
STATUS = (
    "stripe_subscription_status",
    "subscription_status",
    "subscriptionstatus",
    "stripe_status",
    "status",
)
PRICE = (
    "stripe_price_id",
    "stripepriceid",
    "price_id",
    "priceid",
    "lookup_key",
    "plan_id",
    "price",
)
ID = re.compile(r"sub_[A-Za-z0-9_]{1,250}", re.ASCII)


def read(path: Path) -> dict[str, Held]:
    """Return what is held, by subscription; raises `UsageError` (`app-state-…`)."""
    sheet = Sheet(path=path, noun="app-state", known=SUBSCRIPTION)
    found: dict[str, Held] = {}
    columns = {name.strip().casefold() for name in sheet.shape().columns}
    for row in sheet.rows():
        held = _held(sheet, row, columns)
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


def _held(sheet: Sheet, row: SheetRow, columns: Collection[str]) -> Held | None:
    name = _cell(row, SUBSCRIPTION)
    if name is None or (name == row.cells.get("id") and _has_other(columns, row)):
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


def _has_other(columns: Collection[str], row: SheetRow) -> bool:
    """Tell whether another column is for the subscription, so that `id` is not."""
    names = {*columns, *map(str.casefold, json.loads(row.text) if row.text else ())}
    other = names & set(SUBSCRIPTION[:-1])
    return bool(other) and not other & row.cells.keys()


def _cell(row: SheetRow, names: Sequence[str]) -> str | None:
    return next((row.cells[name] for name in names if name in row.cells), None)
