"""Lay one table out for a terminal: columns where they fit, else stacked blocks.

An id must stay whole to be copied, and a name stays readable: a column is only made
narrower down to its longest word. Where that does not fit, every row becomes a
block of `key  value` lines. Off a terminal a row is one line, however long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.cells import cell_len
from rich.table import Table as RichTable
from rich.text import Text

from eleva_cli.outcome import Table
from eleva_cli.output.wording import cell_text, is_number, label, wrap

GAP = 2
WIDEST_UNFOLDED = 60  # one long sentence must not push every row to the right
NARROW_TEXT = 18  # a column of sentences gets no narrower than this

# Arabic, Hebrew and their relatives; a mark after the cell keeps a terminal that
# reorders such text from pulling the next column's figures into it.
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
_LEFT_AGAIN = "\u200e"

# Nothing but a line under the headings; the third of rich's eight box rows.
_HEAD_RULE = Box("\n".join(["    ", "    ", " ─  ", *["    "] * 5]))


@dataclass(frozen=True, slots=True)
class Column:
    """One column as shown: its heading, its texts, and how wide it wants to be."""

    heading: str
    texts: tuple[str, ...]
    is_numeric: bool

    @property
    def widest(self) -> int:
        return max(cell_len(text) for text in (self.heading, *self.texts))

    @property
    def narrowest(self) -> int:
        words = max(_longest_word(text) for text in (self.heading, *self.texts))
        return max(words, min(self.widest, NARROW_TEXT))


def columns_of(table: Table, limit: int | None) -> list[Column]:
    """Return the columns of the first `limit` rows as they are shown."""
    rows = table.rows if limit is None else table.rows[:limit]
    values = zip(*rows, strict=True) if rows else [()] * len(table.columns)
    return [
        Column(label(name), tuple(map(cell_text, column)), _is_numeric(column))
        for name, column in zip(table.columns, values, strict=True)
    ]


def fit(columns: Sequence[Column], width: int) -> list[int] | None:
    """Return a width for each column, `None` where they do not fit side by side."""
    room = width - GAP * (len(columns) - 1)
    widths = [column.widest for column in columns]
    floors = [column.narrowest for column in columns]
    if sum(floors) > room:
        return None
    while sum(widths) > room:
        spare = [
            wide if wide > floor else 0
            for wide, floor in zip(widths, floors, strict=True)
        ]
        widths[spare.index(max(spare))] -= 1
    return widths


def side_by_side(columns: Sequence[Column], widths: Sequence[int]) -> RichTable:
    """Return the table for rich; texts wrap within their column."""
    grid = RichTable(
        box=_HEAD_RULE,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(
            Text(column.heading),
            width=width,
            justify="right" if column.is_numeric else "left",
            overflow="fold",
        )
    for row in zip(*(column.texts for column in columns), strict=True):
        grid.add_row(*(Text(_settled(text)) for text in row))
    return grid


def unfolded(columns: Sequence[Column]) -> Text:
    """Return one line a row for a pipe; rich's table takes seconds for 5,000 rows."""
    widths = [min(column.widest, WIDEST_UNFOLDED) for column in columns]
    heads = [column.heading for column in columns]
    rows = zip(*(column.texts for column in columns), strict=True)
    numeric = [column.is_numeric for column in columns]
    every = [heads, ["─" * width for width in widths], *rows]
    return Text("\n".join(_aligned(row, widths, numeric) for row in every))


def _aligned(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    shown = []
    for text, width, to_the_right in zip(row, widths, numeric, strict=True):
        fill = " " * (width - cell_len(text))
        settled = _settled(text)
        shown.append(fill + settled if to_the_right else settled + fill)
    return (" " * GAP).join(shown).rstrip()


def stacked(columns: Sequence[Column], width: int) -> Iterator[Text]:
    """Yield the lines of one block a row, with an empty line between blocks."""
    keys = max(cell_len(column.heading) for column in columns)
    indent = " " * (keys + GAP)
    for number, row in enumerate(zip(*(one.texts for one in columns), strict=True)):
        if number:
            yield Text()
        for column, text in zip(columns, row, strict=True):
            gap = " " * (keys - cell_len(column.heading) + GAP)
            first, *rest = wrap(text, width - len(indent), indent="")
            yield Text.assemble((column.heading, "bold"), gap, _settled(first))
            yield from (Text(indent + _settled(line)) for line in rest)


def _is_numeric(values: Sequence[object]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(map(is_number, present))  # type: ignore[arg-type]


def _longest_word(text: str) -> int:
    # A script without spaces can be broken anywhere, so only ASCII words hold out.
    return max((cell_len(word) for word in text.split() if word.isascii()), default=1)


def _settled(text: str) -> str:
    return text + _LEFT_AGAIN if _RIGHT_TO_LEFT.search(text) else text
