"""The file of `invite import`: whom to grant what, as CSV or JSON lines, out and in.

Rows that came to nothing go back as a file of the same form, with the reason in a
column `problem`, which is passed over when the file is handed in again.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.sheets import Shape, Sheet, SheetRow, neutral
from eleva_cli.invite.rows import Fault, Row

PROBLEM = "problem"
FIELDS = {
    "user": "user",
    "tier": "tier",
    "until": "until",
    "for": "span",
    "reason": "reason",
    "by": "by",
    "org": "organization",
    "customer": "customer",
}
REQUIRED = ("user", "tier")
LARGEST = 20_000_000  # bytes; a row has about 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsFile:
    """
    A file that was read: its rows, and what is no row.

    `raw` has everything by its line, to be written back as it was.
    """

    path: Path
    shape: Shape
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    raw: Mapping[int, SheetRow]


def read(path: Path) -> GrantsFile:
    """
    Read a file of grants whole.

    Raises `UsageError` with a `grants-…` code where the file as such is wrong; what is
    wrong with one row is a fault, and the others are read.
    """
    faults: list[Fault] = []
    raw: dict[int, SheetRow] = {}

    def pardon(row: SheetRow, error: UsageError) -> None:
        raw[row.line] = row
        faults.append(_fault(row, error, path))

    sheet = Sheet(
        path=path,
        noun="grants",
        required=REQUIRED,
        known=(*FIELDS, PROBLEM),
        closed=True,
        pardon=pardon,
    )
    _check_size(sheet)
    rows = []
    for row in sheet.rows():
        raw[row.line] = row
        cells = {
            FIELDS[name]: text for name, text in row.cells.items() if name in FIELDS
        }
        rows.append(Row(line=row.line, **cells))
    if not raw:
        raise sheet.fail("empty", "the file has no rows", "write a row for each grant")
    return GrantsFile(
        path=path,
        shape=sheet.shape(),
        rows=tuple(rows),
        faults=tuple(faults),
        raw=raw,
    )


def _check_size(sheet: Sheet) -> None:
    try:
        size = sheet.path.stat().st_size
    except OSError:
        return  # said when it is read
    if size > LARGEST:
        raise sheet.fail(
            "large",
            f"the file has more than {LARGEST:,} bytes",
            "split it; or is this another file?",
        )


def _fault(row: SheetRow, error: UsageError, path: Path) -> Fault:
    place = f"{path}:{row.line}: "
    return Fault(
        line=row.line,
        user=row.cells.get("user", ""),
        tier=row.cells.get("tier", ""),
        code=error.code,
        message=str(error).removeprefix(place),
        hint=error.hint,
    )


def failed_path(path: Path) -> Path:
    """Name a file beside this one that is not there yet: `x.failed.csv`, or `-2`."""
    suffix = path.suffix or ".csv"
    stem = path.with_suffix("").name
    number = 1
    while True:
        more = "" if number == 1 else f"-{number}"
        found = path.with_name(f"{stem}.failed{more}{suffix}")
        if not found.exists():
            return found
        number += 1


def check_failed(path: Path) -> None:
    """Refuse a path that the failed rows cannot be written to, before any call."""
    if path.exists():
        raise UsageError(
            f"{path} is there already",
            code="failed-exists",
            hint="name another file: rows that somebody mended may be in it",
        )
    if not path.parent.is_dir():
        raise UsageError(
            f"{path}: there is no such folder",
            code="failed-unwritable",
            hint="make the folder first",
        )


def write_failed(path: Path, file: GrantsFile, problems: Mapping[int, str]) -> None:
    """
    Write rows by their line, each with its problem, where no file is yet.

    Addresses stand there as they did in the file: only its owner may read it. Raises
    `OSError`, and leaves no half of a file then: who mends it would miss the rest.
    """
    rows = [(file.raw[line], problems[line]) for line in sorted(problems)]
    text = _json_lines(rows) if file.shape.is_json else _csv(rows, file.shape)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _json_lines(rows: Iterable[tuple[SheetRow, str]]) -> str:
    return "".join(line for row, why in rows for line in _json_row(row, why))


def _json_row(row: SheetRow, why: str) -> Iterable[str]:
    """Give the line with its problem; what is no row stands below its own."""
    if not row.cells:
        return (f"# {PROBLEM}: {why}\n", f"{row.text}\n")
    told = json.loads(row.text).items()
    fields = {name: text for name, text in told if not _is_problem(name)}
    return (f"{json.dumps({**fields, PROBLEM: why}, ensure_ascii=False)}\n",)


def _csv(rows: Iterable[tuple[SheetRow, str]], shape: Shape) -> str:
    """Write the problem first, so that cells too many stay at the end of their row."""
    columns = [name for name in shape.columns if not _is_problem(name)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=shape.delimiter)
    writer.writerow((PROBLEM, *columns))
    for row, why in rows:
        cells = (row.cells.get(name.strip().casefold(), "") for name in columns)
        writer.writerow([neutral(cell) for cell in (why, *cells, *row.beyond)])
    return text.getvalue()


def _is_problem(column: str) -> bool:
    return column.strip().casefold() == PROBLEM
