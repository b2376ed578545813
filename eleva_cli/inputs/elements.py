"""A JSON array read element by element: it may be larger than memory.

It knows arrays of texts and objects, and who complains; not what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Protocol, TextIO

from eleva_cli.errors import UsageError

LONGEST = 65_536
CHUNK = 16_384

_BLANK = re.compile(r"[ \t\r\n]*")


class Owner(Protocol):
    """Whose array it is: makes the errors, which name the place."""

    def syntax(self, message: str, line: int) -> UsageError: ...

    def too_long(self, line: int) -> UsageError: ...


class Elements:
    """
    Yields the texts and objects of a JSON array, each with its line.

    `head` is what was read of it already, from its bracket on.
    """

    def __init__(self, owner: Owner, stream: TextIO, head: str, line: int) -> None:
        self._owner = owner
        self._stream = stream
        self._text = head
        self._at = 0
        self._line = line
        self._decoder = json.JSONDecoder()

    def pieces(self) -> Iterator[tuple[int, object]]:
        self._next()
        self._move(self._at + 1)
        if self._next() == "]":
            return self._end()
        while True:
            self._next()
            yield self._line, self._piece()
            separator = self._next()
            if separator not in {",", "]"}:
                raise self._owner.syntax("the array breaks off here", self._line)
            if separator == "]":
                return self._end()
            self._move(self._at + 1)

    def _end(self) -> None:
        self._move(self._at + 1)
        if self._next():
            raise self._owner.syntax("something stands behind the array", self._line)

    def _next(self) -> str:
        """Return the next character that is not blank, "" at the end."""
        while True:
            found = _BLANK.match(self._text, self._at)
            self._move(found.end() if found else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _piece(self) -> object:
        if self._text[self._at : self._at + 1] not in {"{", '"'}:
            message = "the array holds something other than tokens and objects"
            raise self._owner.syntax(message, self._line)
        while True:
            try:
                piece, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self._owner.syntax("this is no JSON", self._line) from None
            except ValueError:
                if len(self._text) - self._at > LONGEST:
                    raise self._owner.too_long(self._line) from None
                if not self._fill():
                    raise self._owner.syntax("this is no JSON", self._line) from None
            else:
                self._move(end)
                return piece

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _fill(self) -> bool:
        more = self._stream.read(CHUNK)
        self._text = self._text[self._at :] + more
        self._at = 0
        return more != ""
