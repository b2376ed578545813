"""A TypeScript expression that is plain data, evaluated.

Reads literals, names of other constants, spreads and `Object.values`; the types beside
them are passed over. Anything else is unreadable, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from eleva_cli.catalog.exports.tokens import CLOSES, OPENS, Token, UnreadableError

# tokens joined by spaces; the name on both sides is the same
_VALUES_OF = re.compile(
    r"(?:\( (\w+) \) => |(\w+) => )Object \. values \( (?:\1|\2) \)(?= \))"
    r"|Object \. values(?= \))"
)
_LONGEST = 12  # tokens of it, and the one behind
_IN_TYPE = frozenset({".", "|", "&", "<", ">", "=>", "-", *OPENS})
_NUMBER = re.compile(r"0|[1-9]\d*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string."""

    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An array."""

    items: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An object."""

    entries: dict[str, Value]
    line: int


Value: TypeAlias = Text | Row | Record


class Reader:
    """Evaluates the expression that begins at a token."""

    def __init__(
        self,
        tokens: tuple[Token, ...],
        at: int,
        resolve: Callable[[str, Token], Value],
    ) -> None:
        self._tokens = tokens
        self._at = at
        self._resolve = resolve

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def whole(self) -> Value:
        """Read a value that must be all of its declaration."""
        value = self._expression()
        token = self._here
        is_next_statement = token.is_first and token.sort == "word"
        if token.is_word("in", "instanceof", "as", "satisfies"):
            is_next_statement = False
        if not (token.is_mark(";", ",") or token.sort == "end" or is_next_statement):
            raise self._unreadable()
        return value

    def _unreadable(self, token: Token | None = None) -> UnreadableError:
        token = token or self._here
        shown = {"template": "a template", "end": "the end"}.get(token.sort, token.text)
        return UnreadableError(shown, token.line)

    def _next(self) -> Token:
        token = self._here
        self._at += token.sort != "end"
        return token

    def _is_next(self, *marks: str) -> bool:
        """Pass over one of these marks, if it stands here."""
        if not self._here.is_mark(*marks):
            return False
        self._at += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._is_next(mark):
            raise self._unreadable()

    def _expression(self) -> Value:
        value = self._primary()
        while True:
            if self._is_next(".", "?."):
                value = self._member(value)
            elif self._here.is_mark("[") and not self._here.is_first:
                value = self._element(value)
            elif self._here.is_mark("!") and not self._here.is_first:
                self._at += 1
            elif self._here.is_word("as", "satisfies"):
                self._at += 1
                self._pass_type()
            else:
                return value

    def _primary(self) -> Value:
        token = self._next()
        if token.sort == "string":
            return Text(value=token.text, line=token.line)
        if token.is_mark("{"):
            return self._record(token)
        if token.is_mark("["):
            return self._row(token)
        if token.is_mark("("):
            value = self._expression()
            self._expect(")")
            return value
        if token.is_word("Object"):
            return self._object_call(token)
        if token.sort == "word":
            return self._resolve(token.text, token)
        raise self._unreadable(token)

    def _object_call(self, token: Token) -> Value:
        """Read `Object.values(x)` or `Object.freeze(x)`."""
        self._expect(".")
        verb = self._next()
        self._expect("(")
        value = self._expression()
        self._is_next(",")
        self._expect(")")
        if verb.is_word("freeze"):
            return value
        if verb.is_word("values") and isinstance(value, Record):
            return _values(value, token.line)
        raise self._unreadable(verb)

    def _member(self, value: Value) -> Value:
        name = self._next()
        if name.is_word("flat", "flatMap") and isinstance(value, Row):
            return self._flattened(name, value)
        return self._entry(value, name, name.text)

    def _element(self, value: Value) -> Value:
        self._expect("[")
        name = self._next()
        self._expect("]")
        if name.sort != "string":
            raise self._unreadable(name)
        return self._entry(value, name, name.text)

    def _entry(self, value: Value, at: Token, name: str) -> Value:
        if isinstance(value, Record) and name in value.entries:
            return value.entries[name]
        raise self._unreadable(at)

    def _flattened(self, verb: Token, row: Row) -> Row:
        """Read `.flat()` and `.flatMap((x) => Object.values(x))`."""
        self._expect("(")
        spread = _items
        if verb.is_word("flatMap"):
            self._pass_values_of()
            spread = _items_of_values
        self._expect(")")
        found = [one for item in row.items for one in spread(item, verb)]
        return Row(items=tuple(found), line=row.line)

    def _pass_values_of(self) -> None:
        """Pass over `(x) => Object.values(x)` or `Object.values`."""
        ahead = self._tokens[self._at : self._at + _LONGEST]
        written = " ".join(token.text for token in ahead)
        found = _VALUES_OF.match(written)
        if found is None:
            raise self._unreadable()
        self._at += len(found[0].split())

    def _record(self, opened: Token) -> Record:
        entries: dict[str, Value] = {}
        named: set[str] = set()
        while not self._is_next("}"):
            if self._is_next("..."):
                entries |= self._spread_record()
            else:
                name, value = self._property()
                if name in named:
                    raise UnreadableError(f"a second {name}", value.line)
                named.add(name)
                entries[name] = value
            if not self._is_next(","):
                self._expect("}")
                break
        return Record(entries=entries, line=opened.line)

    def _spread_record(self) -> dict[str, Value]:
        at = self._here
        value = self._expression()
        if isinstance(value, Record):
            return value.entries
        raise self._unreadable(at)

    def _property(self) -> tuple[str, Value]:
        token = self._next()
        if token.is_mark("["):
            named = self._expression()
            self._expect("]")
            if not isinstance(named, Text):
                raise self._unreadable(token)
            self._expect(":")
            return named.value, self._expression()
        if token.sort == "word" and self._here.is_mark(",", "}"):
            return token.text, self._resolve(token.text, token)
        is_number = token.sort == "number" and re.fullmatch(r"0|[1-9]\d*", token.text)
        if token.sort not in {"word", "string"} and not is_number:
            raise self._unreadable(token)
        if token.text == "__proto__" or not self._is_next(":"):
            raise self._unreadable(token)
        return token.text, self._expression()

    def _row(self, opened: Token) -> Row:
        items: list[Value] = []
        while not self._is_next("]"):
            if self._is_next("..."):
                at = self._here
                items += _items(self._expression(), at)
            else:
                items.append(self._expression())
            if not self._is_next(","):
                self._expect("]")
                break
        return Row(items=tuple(items), line=opened.line)

    def _pass_type(self) -> None:
        """Pass over a type: to what ends the value that it stands behind."""
        depth = 0
        while self._here.sort != "end":
            token = self._here
            if depth == 0 and self._ends_type(token):
                return
            depth += token.is_mark(*OPENS, "<") - token.is_mark(*CLOSES, ">")
            self._at += 1

    def _ends_type(self, token: Token) -> bool:
        """An operator ends it too: what is calculated is not what stands before."""
        if token.sort == "mark":
            return token.text not in _IN_TYPE
        if token.is_word("as", "satisfies", "in", "instanceof"):
            return True
        return token.sort in {"regex", "template"} or (
            token.is_first and token.sort == "word"
        )


def _values(record: Record, line: int) -> Row:
    return Row(items=tuple(record.entries.values()), line=line)


def _items(value: Value, at: Token) -> tuple[Value, ...]:
    if isinstance(value, Row):
        return value.items
    raise UnreadableError(at.text, at.line)


def _items_of_values(value: Value, at: Token) -> tuple[Value, ...]:
    if isinstance(value, Record):
        return tuple(value.entries.values())
    raise UnreadableError(at.text, at.line)
