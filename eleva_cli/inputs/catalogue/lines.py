"""Which line of a TOML text each key stands on; the parser does not tell.

Made for texts that the parser takes. In one that it refuses it finds what it can,
above all names that stand twice.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from eleva_cli.catalog.places import around, place

Path = tuple[str | int, ...]
Span = tuple[int, int]

BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
NAME = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
SCALARS = {
    '"""': re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    "'''": re.compile(r"'''.*?'{3,5}", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    "'": re.compile(r"'[^'\n]*'"),
    "": re.compile(r"[^,\]}\n#]+"),
}


class LostError(ValueError):
    """Here stands something that is no TOML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled:
    """A name that stands twice."""

    place: str
    first: int
    line: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each place, and the places that stand twice.

    For whoever writes: where a name and a value begin and end, and headers end.
    """

    by_place: dict[str, int] = field(default_factory=dict)
    doubled: list[Doubled] = field(default_factory=list)
    names: dict[str, list[Span]] = field(default_factory=dict)
    values: dict[str, Span] = field(default_factory=dict)
    headers: dict[str, int] = field(default_factory=dict)

    def of(self, where: str) -> int | None:
        """Return the line of a place, else of what holds it."""
        while where and where not in self.by_place:
            where = around(where)
        return self.by_place.get(where)


def locate(text: str) -> Lines:
    """Find the line of every table, key and list item; stops where it is lost."""
    scanner = _Scanner(text)
    try:
        scanner.run()
    except (LostError, RecursionError):
        return scanner.lines
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines = Lines()
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._set: dict[Path, int] = {}
        self._spans: list[Span] = []
        self._counts: dict[Path, int] = {}

    def run(self) -> None:
        """Read headers and assignments to the end of the text."""
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self._takes("["):
                table = self._header()
            else:
                self._assignment(table)
            self._skip()

    def _header(self) -> Path:
        is_listed = self._takes("[")
        line, path = self._line(), self._resolved(self._key())
        if is_listed:
            number = self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, number)
        self._keep_names(path)
        self._expect("]]" if is_listed else "]")
        self._note(path, line, is_set=True)
        self.lines.headers[place(*path)] = self.at
        return path

    def _assignment(self, table: Path) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._keep_names(path)
        self._expect("=")
        self._note(path, line, is_set=True)
        self._value(path)

    def _keep_names(self, path: Path) -> None:
        """Keep where the names just read stand: the last ones of the path."""
        ends = [number for number, part in enumerate(path) if isinstance(part, str)]
        for end, span in zip(ends[-len(self._spans) :], self._spans, strict=True):
            self.lines.names.setdefault(place(*path[: end + 1]), []).append(span)

    def _value(self, path: Path) -> None:
        self._skip()
        start = self.at
        self._pass_value(path)
        self.lines.values[place(*path)] = (start, self.at)

    def _pass_value(self, path: Path) -> None:
        if self._takes("["):
            self._items(path)
        elif self._takes("{"):
            self._members(path)
        else:
            start = next(mark for mark in SCALARS if self._sees(mark))
            found = self._match(SCALARS[start])
            self.at = found.start() + len(found[0].rstrip())

    def _items(self, path: Path) -> None:
        number = 0
        self._skip()
        while not self._takes("]"):
            self._note((*path, number), self._line(), is_set=True)
            self._value((*path, number))
            self._separator("]")
            number += 1

    def _members(self, path: Path) -> None:
        self._skip()
        while not self._takes("}"):
            self._assignment(path)
            self._separator("}")

    def _separator(self, end: str) -> None:
        self._skip()
        if not self._sees(end):
            self._expect(",")
            self._skip()

    def _key(self) -> Path:
        self._spans = []
        parts = [self._name()]
        while self._takes("."):
            parts.append(self._name())
        return tuple(parts)

    def _name(self) -> str:
        found = self._match(NAME)
        self.at = found.end()
        self._spans.append(found.span(1))
        if found[1][0] not in "\"'":
            return found[1]
        try:
            return str(tomllib.loads(f"name = {found[1]}")["name"])
        except tomllib.TOMLDecodeError as error:
            raise LostError from error

    def _resolved(self, parts: Sequence[str | int]) -> Path:
        """Put in which one of a list of tables is meant: the last."""
        path: Path = ()
        for number, part in enumerate(parts, start=1):
            path = (*path, part)
            if path in self._counts and number < len(parts):
                path = (*path, self._counts[path])
        return path

    def _note(self, path: Path, line: int, *, is_set: bool = False) -> None:
        where = place(*path)
        if path in self._set:
            twice = Doubled(place=where, first=self._set[path], line=line)
            self.lines.doubled.append(twice)
        if is_set:
            self._set.setdefault(path, line)
            self.lines.by_place[where] = line
        self.lines.by_place.setdefault(where, line)
        if len(path) > 1 and place(*path[:-1]) not in self.lines.by_place:
            self._note(path[:-1], line)

    def _line(self) -> int:
        return bisect_left(self._ends, self.at) + 1

    def _skip(self) -> None:
        self.at = self._match(BLANK).end()

    def _sees(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _takes(self, mark: str) -> bool:
        is_here = self._sees(mark)
        self.at += len(mark) * is_here
        return is_here

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise LostError

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise LostError
        return found
