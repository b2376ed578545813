"""The mapping file: who belongs together, said by the business itself.

Columns `workos_org_id`, `workos_user_id`, `stripe_customer_id`, `email`; each row
names both sides by any two of them. Checked whole before the first call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.sheets import Sheet, SheetRow
from eleva_cli.journal.snapshots import Snapshot

COLUMNS = ("workos_org_id", "workos_user_id", "stripe_customer_id", "email")
IDS = {
    "workos_org_id": re.compile(r"org_[A-Za-z0-9]+"),
    "workos_user_id": re.compile(r"user_[A-Za-z0-9]+"),
    "stripe_customer_id": re.compile(r"cus_[A-Za-z0-9_]+"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
}
BATCH = 5_000
DOUBLED = """
  select max(line) as line, min(line) as first from mapping where snapshot = ?
  group by organization, user, customer, email_hash having count(*) > 1 limit 1
"""
CONTRADICTING = """
  select max(line) as line, min(line) as first from mapping
  where snapshot = ? and {mine} is not null and {theirs} is not null {more}
  group by {mine} having count(distinct {theirs}) > 1 limit 1
"""
# Of one of these a file may not say two of those; an e-mail stands for what the row
# leaves out, and a user may have several organizations where rows name them.
PAIRS = (
    ("customer", "organization", ""),
    ("organization", "customer", ""),
    ("customer", "user", ""),
    ("user", "customer", "and organization is null"),
    ("email_hash", "organization", "and customer is null"),
    ("organization", "email_hash", "and customer is null"),
    ("email_hash", "user", "and customer is null"),
    ("email_hash", "customer", "and organization is null and user is null"),
    ("customer", "email_hash", "and organization is null and user is null"),
)


def load(path: Path, snapshot: Snapshot, tick: Callable[[], None]) -> int:
    """
    Read a mapping file into the snapshot; return how many rows it has.

    Raises `UsageError` with a `mapping-…` code naming the line.
    """
    sheet = Sheet(path=path, noun="mapping", known=COLUMNS)
    count = 0
    for batch in _batches(sheet.rows()):
        values = [_row(sheet, row, snapshot) for row in batch]
        with snapshot.store.write():
            snapshot.store.insert("mapping", values, 6)
        count += len(values)
        tick()
    _check_rows(sheet, snapshot)
    return count


def _batches(rows: Iterable[SheetRow]) -> Iterator[list[SheetRow]]:
    batch: list[SheetRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(sheet: Sheet, row: SheetRow, snapshot: Snapshot) -> tuple[object, ...]:
    for column, pattern in IDS.items():
        value = row.cells.get(column)
        if value is not None and not pattern.fullmatch(value):
            shown = value if column != "email" else "an e-mail"
            raise sheet.fail(
                "id",
                f"{shown!r} is no {column}",
                "copy the id from the Dashboard; test it with: eleva link show ID",
                row.line,
            )
    if not _names_both_sides(row.cells):
        raise sheet.fail(
            "incomplete",
            "the row does not name both sides",
            "give an organization or user, and a customer or e-mail",
            row.line,
        )
    return (
        snapshot.id,
        row.line,
        row.cells.get("workos_org_id"),
        row.cells.get("workos_user_id"),
        row.cells.get("stripe_customer_id"),
        snapshot.pseudonyms.of(row.cells.get("email")),
    )


def _names_both_sides(cells: dict[str, str]) -> bool:
    workos = {"workos_org_id", "workos_user_id"} & set(cells)
    stripe = {"stripe_customer_id"} & set(cells)
    by_email = "email" in cells
    return bool((workos and (stripe or by_email)) or (stripe and by_email))


def _check_rows(sheet: Sheet, snapshot: Snapshot) -> None:
    """Find rows that stand twice, and rows that say two things of one object."""
    store = snapshot.store
    doubled = store.one(DOUBLED, snapshot.id)
    if doubled is not None:
        raise _pair(sheet, "doubled", "stands twice", doubled["first"], doubled["line"])
    for mine, theirs, more in PAIRS:
        sql = CONTRADICTING.format(mine=mine, theirs=theirs, more=more)
        found = store.one(sql, snapshot.id)
        if found is not None:
            one, two = (name.replace("email_hash", "e-mail") for name in (mine, theirs))
            says = f"gives one {one} two {two}s"
            raise _pair(sheet, "contradicts", says, found["first"], found["line"])


def _pair(sheet: Sheet, what: str, says: str, first: int, line: int) -> UsageError:
    hint = f"keep one of the rows: see line {first} too"
    return sheet.fail(what, f"this row {says} (line {first})", hint, line)
