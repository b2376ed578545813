"""The price file: to which price of the catalogue an old one leads, out and back in.

A CSV that survives a spreadsheet: its first line names account and mode. What is
proposed stands in a column of its own; only what a person wrote beside it counts, and
rows without that do nothing. A column of another name is refused: under a misspelt
`policy` somebody believes to have said what becomes of those whose money differs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.places import did_you_mean
from eleva_cli.inputs import pins
from eleva_cli.inputs.sheets import Sheet, SheetRow, neutral
from eleva_cli.moves import Mapped, OldPrice, Policy

COLUMNS = (
    "old",
    "product",
    "name",
    "currency",
    "amount",
    "interval",
    "subscriptions",
    "monthly",
    "proposed",
    "because",
    "key",
    "policy",
    "note",
)
REQUIRED = ("old", "key")
BY_HAND = ("key", "policy", "note")
LEAVE = "leave"
POLICIES: tuple[Policy, ...] = get_args(Policy)


def load(
    path: Path, *, account: str, mode: str, catalogue: Catalogue
) -> dict[str, Mapped]:
    """
    Read the reviewed rows of a price file of this account and mode, by old price.

    Raises `UsageError` with a `prices-…` code, naming the line. Rows without a key are
    left out: nobody has reviewed them.
    """
    sheet = Sheet(
        path=path, noun="prices", required=REQUIRED, known=COLUMNS, closed=True
    )
    pins.check(sheet, account, mode, flag="--prices-out")
    found: dict[str, Mapped] = {}
    for row in sheet.rows():
        _check_named(sheet, row)
        mapped = _mapped(sheet, row, catalogue)
        if mapped is None:
            continue
        if mapped.old in found:
            raise sheet.fail(
                "doubled",
                f"{mapped.old} stands on line {found[mapped.old].line}, too",
                "keep one row for each old price",
                row.line,
            )
        found[mapped.old] = mapped
    return found


def _check_named(sheet: Sheet, row: SheetRow) -> None:
    """Refuse what stands under an empty header: nobody knows what it is meant for."""
    if text := row.cells.get(""):
        raise sheet.fail(
            "column",
            f"{text!r} stands in a column without a name",
            f"name the column: {', '.join(COLUMNS)}; or empty the cell",
            row.line,
        )


def _mapped(sheet: Sheet, row: SheetRow, catalogue: Catalogue) -> Mapped | None:
    """Return what a row says, `None` where nobody has filled it in."""
    key = row.cells.get("key", "")
    policy = _policy(sheet, row)
    if not key:
        if policy is None:
            return None
        raise sheet.fail(
            "incomplete",
            f"it says {policy}, and not which price it leads to",
            f"write a lookup key into the column key, or {LEAVE}",
            row.line,
        )
    old = row.cells.get("old", "")
    if not old:
        raise sheet.fail(
            "incomplete",
            f"{key} is named for no old price",
            "write the id of the old price or product into the column old",
            row.line,
        )
    if key.casefold() == LEAVE:
        _check_left(sheet, row, policy)
        return Mapped(old=old, key=None, line=row.line)
    _check_price(sheet, row, _price(sheet, row, key, catalogue))
    return Mapped(old=old, key=key, policy=policy, line=row.line)


def _policy(sheet: Sheet, row: SheetRow) -> Policy | None:
    text = row.cells.get("policy", "")
    found = next((one for one in POLICIES if one == text.casefold()), None)
    if text and found is None:
        raise sheet.fail(
            "policy",
            f"there is no policy {text!r}",
            "write keep (the old price goes on where the money differs), now (moved"
            " within --max-rise), or nothing",
            row.line,
        )
    return found


def _check_left(sheet: Sheet, row: SheetRow, policy: Policy | None) -> None:
    if policy == "now":
        raise sheet.fail(
            "policy",
            f"a price that is left alone ({LEAVE}) is not moved now",
            "name the lookup key that it is moved to, or remove the policy",
            row.line,
        )


def _price(sheet: Sheet, row: SheetRow, key: str, catalogue: Catalogue) -> Price:
    found = catalogue.price(key)
    if found is None:
        known = (price.key for price in catalogue.prices if not price.is_reserved)
        raise sheet.fail(
            "key",
            f"the catalogue has no price {key}",
            did_you_mean(key, known),
            row.line,
        )
    if found.is_reserved:
        raise sheet.fail(
            "reserved",
            f"{key} is only reserved: its amount is agreed by contract",
            f"write {LEAVE}, or the lookup key of a price that can be sold",
            row.line,
        )
    return found


def _check_price(sheet: Sheet, row: SheetRow, price: Price) -> None:
    """Refuse what the row itself shows cannot be: neither is ever changed by a move."""
    currency = row.cells.get("currency", price.currency)
    if currency.casefold() != price.currency:
        raise sheet.fail(
            "currency",
            f"it is in {currency}, and {price.key} in {price.currency}",
            f"a subscription keeps its currency: write {LEAVE}, or another lookup key",
            row.line,
        )
    often = often_of(price.interval, price.interval_count)
    said = " ".join(row.cells.get("interval", often).casefold().split())
    if said != often:
        raise sheet.fail(
            "interval",
            f"it is due every {said}, and {price.key} every {often}: the move would be"
            " billed at once",
            f"write {LEAVE}, or a lookup key of the same rhythm",
            row.line,
        )


def often_of(interval: str, count: int) -> str:
    """Write how often a price is due, as it stands in the file: month, 3 months."""
    return interval if count == 1 else f"{count} {interval}s"


def write(
    path: Path, old_prices: Iterable[OldPrice], *, account: str, mode: str, plan: str
) -> int:
    """Write the old prices with what is proposed for them; return how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# eleva prices; account={account}; mode={mode}; plan={plan}\n")
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for old in old_prices:
            writer.writerow([neutral(cell) for cell in _cells(old)])
            count += 1
    return count


def _cells(old: OldPrice) -> tuple[str, ...]:
    terms, row = old.terms, old.row
    amount = "" if terms.amount is None else money.plain(terms.amount, terms.currency)
    return (
        old.price,
        old.product,
        old.name,
        terms.currency,
        amount,
        often_of(terms.interval, terms.interval_count),
        str(old.subscriptions),
        money.plain(old.monthly, terms.currency),
        old.proposed or "",
        old.because,
        "" if row is None else row.key or LEAVE,
        "" if row is None else row.policy or "",
        "",
    )
