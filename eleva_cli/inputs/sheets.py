"""Rows of a CSV or JSON-lines file, however a spreadsheet saved it.

Takes a byte order mark, commas, semicolons or tabs, and any line end; refuses
what is no text, and names file and line in every complaint.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from eleva_cli.errors import UsageError

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row with its line number in the file; empty cells are left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    A file of rows; `noun` is the first part of its error codes.

    `comments` are the leading lines that start with `#`, without it.
    """

    path: Path
    noun: str
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    def fail(self, what: str, message: str, hint: str, line: int = 0) -> UsageError:
        """Make the error for a bad file, naming the place."""
        place = f"{self.path}:{line}" if line else str(self.path)
        return UsageError(f"{place}: {message}", code=f"{self.noun}-{what}", hint=hint)

    def comments(self) -> list[str]:
        """Return the leading comment lines, as a spreadsheet may have quoted them."""
        found = []
        for _, line in self._lines():
            text = line.strip().strip('"')
            if not text.startswith("#"):
                break
            found.append(text.lstrip("# ").rstrip(",;\t "))
        return found

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows; raises `UsageError` at the first one that is wrong."""
        lines = (
            (n, line)
            for n, line in self._lines()
            if not line.strip().strip('"').startswith("#")
        )
        first = next((pair for pair in lines if pair[1].strip()), None)
        if first is None:
            raise self.fail("empty", "the file has no rows", "write a header and rows")
        rows = chain([first], lines)
        if first[1].lstrip().startswith("{"):
            yield from self._json_rows(rows)
        else:
            yield from self._csv_rows(rows)

    def _lines(self) -> Iterator[tuple[int, str]]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                yield from enumerate(file, start=1)
        except UnicodeDecodeError as error:
            hint = "save it as UTF-8 text (CSV UTF-8 in a spreadsheet)"
            raise self.fail("encoding", "the file is not UTF-8 text", hint) from error
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "check the path and its rights"
            raise self.fail("unreadable", f"cannot read it: {reason}", hint) from error

    def _json_rows(self, lines: Iterator[tuple[int, str]]) -> Iterator[SheetRow]:
        hint = "one JSON object a line"
        for number, line in lines:
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except ValueError as error:
                raise self.fail("syntax", f"no JSON: {error}", hint, number) from error
            if not isinstance(found, dict):
                raise self.fail("syntax", "no JSON object", hint, number)
            self._check_columns(list(found), number)
            yield SheetRow(line=number, cells=_cells(found))

    def _csv_rows(self, lines: Iterator[tuple[int, str]]) -> Iterator[SheetRow]:
        number, header = next(lines)
        delimiter = max(DELIMITERS, key=header.count)
        columns = [c.strip() for c in next(csv.reader([header], delimiter=delimiter))]
        self._check_columns(columns, number)
        self._check_required(columns, number)
        counter = _Counting(lines, number)
        reader = csv.reader(counter, delimiter=delimiter, strict=True)
        try:
            for values in reader:
                if any(value.strip() for value in values):
                    yield self._csv_row(columns, values, counter.line)
        except csv.Error as error:
            hint = "check the quotes on that line"
            raise self.fail("syntax", str(error), hint, counter.line) from error

    def _csv_row(self, columns: list[str], values: list[str], line: int) -> SheetRow:
        extra = [value for value in values[len(columns) :] if value.strip()]
        if extra or len(values) < len(columns) - len(self._optional(columns)):
            raise self.fail(
                "row",
                f"{len(values)} cells under {len(columns)} columns",
                "a cell that holds the separator needs quotes",
                line,
            )
        return SheetRow(
            line=line, cells=_cells(dict(zip(columns, values, strict=False)))
        )

    def _optional(self, columns: list[str]) -> list[str]:
        return [column for column in columns if column not in self.required]

    def _check_columns(self, columns: Sequence[str], line: int) -> None:
        doubled = {column for column in columns if columns.count(column) > 1} - {""}
        if doubled:
            name = min(doubled)
            hint = "keep one column of that name"
            raise self.fail("column-doubled", f"column {name} stands twice", hint, line)
        if self.known and not set(columns) & set(self.known):
            raise self.fail(
                "column",
                f"none of the columns {', '.join(self.known)}",
                f"write a first line such as: {','.join(self.known)}",
                line,
            )

    def _check_required(self, columns: Sequence[str], line: int) -> None:
        missing = [name for name in self.required if name not in columns]
        if missing:
            raise self.fail(
                "column",
                f"column {missing[0]} is missing",
                f"write a first line such as: {','.join(self.known or self.required)}",
                line,
            )


class _Counting:
    """Feeds lines to the CSV reader and remembers which one it is at."""

    def __init__(self, lines: Iterator[tuple[int, str]], line: int) -> None:
        self._lines = lines
        self.line = line

    def __iter__(self) -> _Counting:
        return self

    def __next__(self) -> str:
        self.line, text = next(self._lines)
        return text


def _cells(found: dict[str, object]) -> dict[str, str]:
    return {
        name.strip(): str(value).strip()
        for name, value in found.items()
        if value is not None and str(value).strip()
    }
