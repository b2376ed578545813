"""The decision file: what a person settled about held lanes, out and back in.

A CSV that survives a spreadsheet: its first line names account, mode and plan, and
each row is pinned to the facts it was decided on. Rows that no longer fit come back
as a new file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from eleva_cli.inputs import pins
from eleva_cli.inputs.sheets import Sheet, SheetRow, neutral
from eleva_cli.journal.plans import LaneRow
from eleva_cli.migrate import Decision, DecisionKind

COLUMNS = (
    "customer",
    "code",
    "organization",
    "options",
    "suggestion",
    "facts",
    "decision",
    "note",
)
REQUIRED = ("customer", "facts", "decision")
BY_HAND = ("decision", "note")
KINDS = get_args(DecisionKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One row: a decision, and the facts it was made on."""

    customer: str
    decision: Decision
    facts: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """A decision file, checked as far as it can be without asking the services."""

    path: Path
    rows: Mapping[str, Decided]


def load(path: Path, *, account: str, mode: str) -> Decisions:
    """
    Read a decision file of this account and mode.

    Raises `UsageError` with a `decisions-…` code. Rows without a decision are left
    out: they are still open.
    """
    sheet = Sheet(path=path, noun="decisions", required=REQUIRED, known=COLUMNS)
    pins.check(sheet, account, mode, flag="--decisions-out")
    rows: dict[str, Decided] = {}
    for row in sheet.rows():
        decided = _decided(sheet, row)
        if decided is None:
            continue
        if decided.customer in rows:
            raise sheet.fail(
                "doubled",
                f"{decided.customer} is decided twice",
                "keep one row for each customer",
                row.line,
            )
        rows[decided.customer] = decided
    return Decisions(path=path, rows=rows)


def _decided(sheet: Sheet, row: SheetRow) -> Decided | None:
    text = row.cells.get("decision", "")
    if not text:
        return None
    if "customer" not in row.cells:
        raise sheet.fail(
            "incomplete",
            "a decision for no customer",
            "write the customer's id (cus_…) into the row, or remove it",
            row.line,
        )
    kind, _, choice = text.partition(":")
    kind, choice = kind.strip().casefold(), choice.strip()
    for name in KINDS:
        if kind == name and bool(choice) == (name == "choose"):
            return Decided(
                customer=row.cells.get("customer", ""),
                decision=Decision(kind=name, choice=choice),
                facts=row.cells.get("facts", ""),
                cells=row.cells,
            )
    raise sheet.fail(
        "value",
        f"{text!r} is no decision",
        "write link, relink, skip, or choose:ID",
        row.line,
    )


def write(
    path: Path, lanes: Iterable[LaneRow], *, account: str, mode: str, plan: str
) -> int:
    """Write the held lanes that a person can decide; return how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# eleva decisions; account={account}; mode={mode}; plan={plan}\n")
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for lane in lanes:
            review = lane.review
            if not review.options:
                continue
            cells = (
                lane.lane,
                lane.held or "",
                lane.organization or "",
                " ".join(review.options),
                review.suggestion,
                review.facts,
                "",
                "",
            )
            writer.writerow([neutral(cell) for cell in cells])
            count += 1
    return count


def write_refused(
    path: Path, rows: Iterable[tuple[Decided, str, str]], *, account: str, mode: str
) -> None:
    """Write rows whose facts changed, with the facts of now and why they came back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# eleva decisions; account={account}; mode={mode}; refused\n")
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for decided, facts, why in rows:
            cells = dict(decided.cells) | {"facts": facts, "decision": "", "note": why}
            writer.writerow({name: neutral(cell) for name, cell in cells.items()})
