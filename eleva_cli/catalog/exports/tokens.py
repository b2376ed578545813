"""A TypeScript text as tokens: enough to find its constants, whatever else is in it.

Strings come decoded. What cannot be told apart for certain is said to be unreadable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

OPENS, CLOSES = ("(", "[", "{"), (")", "]", "}")
AHEAD = 5  # how far one may look beyond the end
Sort = Literal["word", "string", "template", "number", "regex", "mark", "end"]

_BLANK = re.compile(r"\s+|//[^\n\r\u2028\u2029]*|/\*.*?\*/|\ufeff", re.DOTALL)
_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_WORD = re.compile(r"(?:[^\W\d]|\$)[\w$\u200c\u200d]*")
_NUMBER = re.compile(r"\.?\d[\w.]*")
_STRING = re.compile(
    r"'(?:[^'\\\n\r]|\\(?:\r\n|.))*'|\"(?:[^\"\\\n\r]|\\(?:\r\n|.))*\"", re.DOTALL
)
_REGEX = re.compile(r"/(?:[^/\\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*\])+/\w*")
_IN_TEMPLATE = re.compile(r"[^\\`$]+|\\(?:\r\n|.)|\$|\\", re.DOTALL)
_MARK = re.compile(r"\.\.\.|=>|\?\.|[=!]==?|&&|\|\||\?\?|.", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})"
    r"|(\r\n|[\n\r\u2028\u2029])|(.))",
    re.DOTALL,
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
# after these a slash begins a pattern, after any other word it divides
_BEFORE_VALUE = frozenset({
    "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else",
    "do", "yield", "await",
})  # fmt: skip


class UnreadableError(Exception):
    """A construct that we do not read, and where it stands."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of the text; `is_first` where a line break stands before it."""

    sort: Sort
    text: str
    line: int
    is_first: bool = False

    def is_mark(self, *texts: str) -> bool:
        """Tell whether it is one of these marks."""
        return self.sort == "mark" and self.text in texts

    def is_word(self, *texts: str) -> bool:
        """Tell whether it is one of these words."""
        return self.sort == "word" and self.text in texts


def tokens_of(text: str) -> tuple[Token, ...]:
    """Split a text; its end is told a few times. Raises `UnreadableError`."""
    scanner = _Scanner(text)
    return (*scanner.tokens(), *[scanner.end()] * AHEAD)


class _Scanner:
    """Reads on from where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def tokens(self, *, within_template: bool = False) -> list[Token]:
        """Read to the end, or to the brace that ends a template's insertion."""
        found: list[Token] = []
        depth = 0
        while (is_first := self._skip_blank()) is not None:
            before = found[-1] if found else None
            token = self._next(before, is_first=is_first)
            depth += token.is_mark("{") - token.is_mark("}")
            if within_template and depth < 0:
                return found
            found.append(token)
        if within_template:
            raise UnreadableError("a template that does not end", self._line)
        return found

    def end(self) -> Token:
        return Token(sort="end", text="", line=self._line, is_first=True)

    def _skip_blank(self) -> bool | None:
        """Pass over spaces and comments; say if a line ended, `None` at the end."""
        line = self._line
        while blank := _BLANK.match(self._text, self._at):
            self._pass(blank[0])
        if self._text.startswith("/*", self._at):
            raise UnreadableError("a comment that does not end", self._line)
        return None if self._at >= len(self._text) else self._line > line

    def _pass(self, text: str) -> None:
        self._at += len(text)
        self._line += len(_BREAK.findall(text))

    def _next(self, before: Token | None, *, is_first: bool) -> Token:
        line = self._line
        sort, text = self._piece(before)
        return Token(sort=sort, text=text, line=line, is_first=is_first)

    def _piece(self, before: Token | None) -> tuple[Sort, str]:
        char = self._text[self._at]
        if char == "`":
            return self._template()
        if char in "'\"":
            return "string", self._string()
        if char == "/" and _may_begin_value(before):
            return "regex", self._take(_REGEX, "a pattern that does not end")
        if _NUMBER.match(self._text, self._at):
            return "number", self._take(_NUMBER)
        if _WORD.match(self._text, self._at):
            return "word", self._take(_WORD)
        return "mark", self._take(_MARK)

    def _take(self, pattern: re.Pattern[str], what: str = "a text") -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise UnreadableError(what, self._line)
        self._pass(found[0])
        return found[0]

    def _string(self) -> str:
        line = self._line
        return decoded(self._take(_STRING, "a string that does not end")[1:-1], line)

    def _template(self) -> tuple[Sort, str]:
        """Read a template: a string, unless something is inserted into it."""
        line, raw, is_plain = self._line, "", True
        self._at += 1
        while not self._text.startswith("`", self._at):
            if self._at >= len(self._text):
                raise UnreadableError("a template that does not end", line)
            if self._text.startswith("${", self._at):
                self._at += 2
                self.tokens(within_template=True)
                is_plain = False
            else:
                raw += self._take(_IN_TEMPLATE)
        self._at += 1
        if not is_plain:
            return "template", ""
        return "string", decoded(re.sub(r"\r\n?", "\n", raw), line)


def _may_begin_value(before: Token | None) -> bool:
    """Tell a pattern from a division by what stands before the slash."""
    if before is None:
        return True
    if before.sort == "word":
        return before.text in _BEFORE_VALUE
    return before.sort == "mark" and before.text not in CLOSES


def decoded(raw: str, line: int) -> str:
    """Return what a string with escapes stands for."""

    def one(found: re.Match[str]) -> str:
        braced, four, two, line_end, char = found.groups()
        if code := braced or four or two:
            if int(code, 16) > 0x10FFFF:
                raise UnreadableError(f"an escape {found[0]}", line)
            return chr(int(code, 16))
        if line_end is not None:
            return ""
        next_is_digit = raw[found.end() : found.end() + 1].isdigit()
        if char in "ux" or char in "123456789" or (char == "0" and next_is_digit):
            raise UnreadableError(f"an escape {found[0]}", line)
        return _SINGLE.get(char, char)

    text = _ESCAPE.sub(one, raw)
    units = text.encode("utf-16-le", "surrogatepass")  # joins two that were escaped
    return units.decode("utf-16-le", "surrogatepass")
