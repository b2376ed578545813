"""Rows of a CSV or JSON-lines file, however a spreadsheet saved it.

Takes a byte order mark, commas, semicolons or tabs, any line end, rows that start
with `#` as comments, and columns it does not know, unless it is told that there are no
others; refuses what is no text, and names file and line in every complaint.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from eleva_cli.catalog.places import did_you_mean
from eleva_cli.errors import UsageError

JSON_LINES = (".jsonl", ".ndjson")
DELIMITERS = (",", ";", "\t")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def neutral(cell: str) -> str:
    """Keep a spreadsheet from calculating a cell: its text gets a `'` before it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """
    One row with its line number in the file; empty cells are left out.

    `beyond` are cells past the last column, `text` is a line of JSON as it stands.
    """

    line: int
    cells: dict[str, str]
    beyond: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a file writes its rows; columns as they are written, none for JSON lines."""

    is_json: bool
    delimiter: str = ","
    columns: tuple[str, ...] = ()


def _no_pardon(_row: SheetRow, error: UsageError) -> None:
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    A file of rows; `noun` is the first part of its error codes.

    `comments` are the leading lines that start with `#`, without it. With `closed` no
    other columns than the known ones may be there. `pardon` takes a row that cannot be
    read as one, with what is wrong; it raises where that is the end of it.
    """

    path: Path
    noun: str
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    closed: bool = False
    pardon: Callable[[SheetRow, UsageError], None] = _no_pardon

    def fail(self, what: str, message: str, hint: str, line: int = 0) -> UsageError:
        """Make the error for a bad file, naming the place."""
        place = f"{self.path}:{line}" if line else str(self.path)
        return UsageError(f"{place}: {message}", code=f"{self.noun}-{what}", hint=hint)

    def comments(self) -> list[str]:
        """Return the leading comment lines, as a spreadsheet may have quoted them."""
        found = []
        for _, line in self._lines():
            if not _is_comment(line):
                break
            found.append(line.strip().strip('"').lstrip("# ").rstrip(",;\t "))
        return found

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows; raises `UsageError` at the first one that is wrong."""
        lines = self._lines()
        first = self._first(lines)
        rows = chain([first], lines)
        if self._is_json(first[1]):
            yield from self._json_rows(rows)
        else:
            yield from self._csv_rows(rows)

    def shape(self) -> Shape:
        """Return how the file writes its rows, so that others can be written alike."""
        line, head = self._first(self._lines())
        if self._is_json(head):
            return Shape(is_json=True)
        delimiter, names = self._header(head, line)
        return Shape(is_json=False, delimiter=delimiter, columns=tuple(names))

    def _is_json(self, head: str) -> bool:
        is_named_so = self.path.suffix.casefold() in JSON_LINES
        return is_named_so or head.lstrip().startswith("{")

    def _first(self, lines: Iterator[tuple[int, str]]) -> tuple[int, str]:
        """Return the first line that is neither empty nor a comment."""
        said = (pair for pair in lines if pair[1].strip(" \t\r\n,;"))
        first = next((pair for pair in said if not _is_comment(pair[1])), None)
        if first is None:
            raise self.fail("empty", "the file has no rows", "write a header and rows")
        return first

    def _lines(self) -> Iterator[tuple[int, str]]:
        hint = "save it as UTF-8 text (CSV UTF-8 in a spreadsheet)"
        try:
            with self.path.open("rb") as file:
                if file.read(2) in UTF_16:
                    raise self.fail("encoding", "the file is UTF-16 text", hint)
            with self.path.open(encoding="utf-8-sig", newline="") as text:
                for number, line in enumerate(text, start=1):
                    if "\0" in line:
                        raise self.fail("encoding", "this is no text", hint, number)
                    yield number, line
        except UnicodeDecodeError as error:
            raise self.fail("encoding", "the file is not UTF-8 text", hint) from error
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "check the path and its rights"
            raise self.fail("unreadable", f"cannot read it: {reason}", hint) from error

    def _json_rows(self, lines: Iterator[tuple[int, str]]) -> Iterator[SheetRow]:
        for number, line in lines:
            if not line.strip() or _is_comment(line):
                continue
            text = line.strip()
            try:
                cells = self._json_cells(text, number)
            except UsageError as error:
                self.pardon(SheetRow(line=number, cells={}, text=text), error)
            else:
                yield SheetRow(line=number, cells=cells, text=text)

    def _json_cells(self, text: str, number: int) -> dict[str, str]:
        hint = "one JSON object a line"
        try:
            found = json.loads(text, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as error:
            raise self.fail("syntax", f"no JSON: {error}", hint, number) from error
        if not isinstance(found, _Pairs):
            raise self.fail("syntax", "no JSON object", hint, number)
        if not _is_text("".join(f"{name}{value}" for name, value in found)):
            raise self.fail("syntax", "a field holds what is no text", hint, number)
        columns = [name.strip().casefold() for name, _ in found]
        self._check_columns(columns, number)
        if self.closed and any(isinstance(value, list) for _, value in found):
            raise self.fail("syntax", "a field holds several values", hint, number)
        values = (value for _, value in found)
        return _cells(dict(zip(columns, values, strict=True)))

    def _csv_rows(self, lines: Iterator[tuple[int, str]]) -> Iterator[SheetRow]:
        number, header = next(lines)
        delimiter, names = self._header(header, number)
        columns = [name.strip().casefold() for name in names]
        self._check_columns(columns, number)
        self._check_required(columns, number)
        counter = _Counting(lines, number)
        reader = csv.reader(counter, delimiter=delimiter, strict=True)
        try:
            for values in reader:
                line, counter.first = counter.first, 0
                if not any(v.strip() for v in values) or _is_comment(values[0]):
                    continue
                row = _csv_row(columns, values, line)
                wrong = self._misfit(columns, values, line)
                if wrong is None:
                    yield row
                else:
                    self.pardon(row, wrong)
        except csv.Error as error:
            hint = "check the quotes on that line"
            line = counter.first or counter.line
            raise self.fail("syntax", str(error), hint, line) from error

    def _header(self, text: str, line: int) -> tuple[str, list[str]]:
        """Tell with which separator the columns are written, and their names."""
        delimiter = max(DELIMITERS, key=text.count)
        try:
            return delimiter, next(csv.reader([text], delimiter=delimiter))
        except csv.Error as error:
            hint = "write a first line with the names of the columns"
            raise self.fail("syntax", str(error), hint, line) from error

    def _misfit(
        self, columns: list[str], values: list[str], line: int
    ) -> UsageError | None:
        width = len(columns)
        extra = any(value.strip() for value in values[width:])
        if not extra and len(values) >= width - len(self._optional(columns)):
            return None
        return self.fail(
            "row",
            f"{len(values)} cells under {width} columns",
            "a cell that holds the separator needs quotes",
            line,
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
        strange = [name for name in columns if name and name not in self.known]
        if self.closed and strange:
            raise self.fail(
                "column-unknown",
                f"there is no column {strange[0]}",
                did_you_mean(strange[0], self.known),
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
        self.first = 0

    def __iter__(self) -> _Counting:
        return self

    def __next__(self) -> str:
        self.line, text = next(self._lines)
        self.first = self.first or self.line
        return text


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object, those that stand twice too."""


def _csv_row(columns: list[str], values: list[str], line: int) -> SheetRow:
    pairs = zip(columns, values, strict=False)
    # several columns may have no name: what stands in one of them is not lost
    cells = _cells({name: cell for name, cell in pairs if name or cell.strip()})
    return SheetRow(line=line, cells=cells, beyond=tuple(values[len(columns) :]))


def _is_text(text: str) -> bool:
    """Tell what can be written down; JSON's escapes can say half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _is_comment(text: str) -> bool:
    return text.strip().strip('"').startswith("#")


def _cells(found: dict[str, object]) -> dict[str, str]:
    texts = {name: _text(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}


def _text(value: object) -> str:
    """Return a cell's text, without the `'` that `neutral` puts before formulas."""
    text = "" if value is None else str(value).strip()
    if text.startswith("'") and text[1:].startswith(FORMULA):
        return text[1:].strip()
    return text
