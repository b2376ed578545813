"""Stripe's search query language: clauses, their operators, and what they match.

It knows the fields of customers only; which objects there are is not its matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

MOST_CLAUSES = 10
LEAST_PART = 3


class Type(StrEnum):
    """What can be asked of a field, in Stripe's words."""

    NUMERIC = auto()
    STRING = auto()
    TOKEN = auto()


FIELDS = {
    "created": Type.NUMERIC,
    "email": Type.STRING,
    "metadata": Type.TOKEN,
    "name": Type.STRING,
    "phone": Type.STRING,
}
_OPERATORS = {
    Type.NUMERIC: {":", ">", "<", ">=", "<="},
    Type.STRING: {":", "~"},
    Type.TOKEN: {":"},
}
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_CLAUSE = re.compile(
    rf"(-?)([A-Za-z_][\w.]*)(?:\[({_QUOTED})\])?(:|~|>=|<=|>|<)({_QUOTED}|[^\s'\"]+)"
    r"(?=\s|$)",
    re.DOTALL,
)
_JOIN = re.compile(r"\s+(?:(and|or)\s+)?", re.IGNORECASE)
_PLAIN = re.compile(r"[\w.@+:-]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition; `value` is none where a field's absence is asked for."""

    field: str
    key: str | None
    operator: str
    value: str | None
    negated: bool

    def holds(self, body: Json) -> bool:
        """Say whether an object meets it."""
        found = body[self.field] if self.key is None else body["metadata"].get(self.key)
        return self._matches(found) != self.negated

    def word(self) -> str:
        """Give the longest word that must be there; only what JSON writes as it is."""
        is_text = FIELDS[self.field] is not Type.NUMERIC
        if self.negated or self.value is None or not is_text:
            return ""
        plain = [each for each in self.value.split() if _PLAIN.fullmatch(each)]
        return max(plain, key=len, default="").lower()

    def _matches(self, found: object) -> bool:
        if self.value is None:
            return found is None
        if found is None:
            return False
        if FIELDS[self.field] is Type.NUMERIC:
            return _compared(float(str(found)), self.operator, float(self.value))
        present, wanted = str(found).lower(), self.value.lower()
        if self.operator == "~":
            return wanted in present
        if FIELDS[self.field] is Type.TOKEN:
            return present == wanted
        return _has_words(present, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """Clauses of which all must hold, or any."""

    clauses: tuple[Clause, ...]
    is_any: bool

    def holds(self, body: Json) -> bool:
        """Say whether an object is found."""
        held = (clause.holds(body) for clause in self.clauses)
        return any(held) if self.is_any else all(held)

    def contained(self) -> str:
        """Give a text in small letters that whoever is found has somewhere as JSON."""
        words = [] if self.is_any else [each.word() for each in self.clauses]
        return max(words, key=len, default="")


def parse(text: str) -> SearchQuery:
    """Read a query, or refuse it as Stripe does."""
    text = text.strip()
    clauses: list[Clause] = []
    joins: set[str] = set()
    at = 0
    while not clauses or at < len(text):
        if clauses:
            join = _JOIN.match(text, at)
            if join is None:
                raise _unreadable()
            joins.add((join[1] or "and").lower())
            at = join.end()
        found = _CLAUSE.match(text, at)
        if found is None:
            raise _unreadable()
        clauses.append(_clause(found))
        at = found.end()
    if len(joins) > 1:
        raise _unfit("You can't combine AND and OR in the same query.")
    if len(clauses) > MOST_CLAUSES:
        raise _unfit(f"You can combine up to {MOST_CLAUSES} query clauses in a search.")
    return SearchQuery(clauses=tuple(clauses), is_any=joins == {"or"})


def _clause(found: re.Match[str]) -> Clause:
    minus, field, key, operator, written = found.groups()
    _check_field(field, key, operator)
    value = _value(written)
    if value is None and operator != ":":
        raise _unfit(f"Operator `{operator}` can't be used with `null`.")
    if operator == "~" and len(value or "") < LEAST_PART:
        raise _unfit(f"Substrings must be a minimum of {LEAST_PART} characters.")
    if FIELDS[field] is Type.NUMERIC and value and not _NUMBER.fullmatch(value):
        raise _unfit(f"Field `{field}` must be compared with a number.")
    return Clause(
        field=field,
        key=None if key is None else _unquoted(key),
        operator=operator,
        value=value,
        negated=minus == "-",
    )


def _check_field(field: str, key: str | None, operator: str) -> None:
    if field not in FIELDS:
        raise _unfit(
            f"Field `{field}` is an unsupported search field for resource `customers`."
        )
    if (key is not None) != (field == "metadata"):
        raise _unreadable()
    if operator not in _OPERATORS[FIELDS[field]]:
        raise _unfit(
            f"Operator `{operator}` is not supported for field `{field}` of type"
            f" {FIELDS[field]}."
        )


def _value(written: str) -> str | None:
    """Read a value; only numbers and `null` go without quotes."""
    if written[0] in "'\"":
        return _unquoted(written)
    if written.lower() == "null":
        return None
    if not _NUMBER.fullmatch(written):
        raise _unreadable()
    return written


def _unquoted(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL)


def _compared(found: float, operator: str, wanted: float) -> bool:
    match operator:
        case ">":
            return found > wanted
        case "<":
            return found < wanted
        case ">=":
            return found >= wanted
        case "<=":
            return found <= wanted
        case _:
            return found == wanted


def _has_words(present: str, wanted: str) -> bool:
    """Say whether all words are there in their order, others between them or not."""
    words = iter(present.split())
    return all(each in words for each in wanted.split())


def _unreadable() -> Exception:
    return _unfit(
        "We were unable to parse your search query. Try using the format"
        ' `metadata["key"]:"value"` to query for metadata or key:"value" to query for'
        " other fields."
    )


def _unfit(message: str) -> Exception:
    return invalid(message, param="query")
