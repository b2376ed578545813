"""Changes a catalogue's text in place: what is not changed stays byte for byte.

Comments, order, spelling and line ends are the author's. Only the characters of the
names and values that change are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.places import BARE, place
from eleva_cli.errors import UsageError
from eleva_cli.inputs.catalogue.lines import Lines, locate

Value = str | int | bool
Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What to change: the account, ids of products, fields of prices by lookup key."""

    account: str | None = None
    product_ids: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def with_ids(text: str, catalogue: Catalogue, changes: Rewriting) -> str:
    """Return the text with an account's own ids and terms.

    `catalogue` is what the text says now. Raises `UsageError` where a price is not
    written as a table of its own.
    """
    lines = locate(text)
    edits = [*_renamed(lines, catalogue, changes.product_ids)]
    if changes.account not in (None, catalogue.account):
        edits.append(_pinned(text, lines, changes.account))
    for key, fields in changes.prices.items():
        for name, value in fields.items():
            edits.append(_set(text, lines, key, name, value))
    return _applied(text, edits)


def _pinned(text: str, lines: Lines, account: str | None) -> Edit:
    """Name the account: in its place, else on a line of its own below the currency."""
    assert account is not None
    if "account" in lines.values:
        return (*lines.values["account"], _written(account))
    return _line_after(
        text, lines.values["currency"][1], f"account = {_written(account)}"
    )


def _line_after(text: str, place: int, line: str) -> Edit:
    """Add a line below the one of a place, with the file's own line end."""
    end = text.find("\n", place)
    at = len(text) if end < 0 else end + 1
    before = text[:at]
    line_end = "\r\n" if "\r\n" in before else "\n"
    lead = "" if before.endswith("\n") else line_end
    return at, at, f"{lead}{line}{line_end}"


def _renamed(
    lines: Lines, catalogue: Catalogue, product_ids: Mapping[str, str]
) -> Iterator[Edit]:
    for old, new in product_ids.items():
        name = new if BARE.fullmatch(new) else _written(new)
        for start, end in lines.names[place("products", old)]:
            yield start, end, name
        for price in catalogue.prices_of(old):
            start, end = lines.values[place("prices", price.key, "product")]
            yield start, end, _written(new)


def _set(text: str, lines: Lines, key: str, name: str, value: Value) -> Edit:
    """Replace a value, or add it right below the header of its table."""
    table, where = place("prices", key), place("prices", key, name)
    if where in lines.values:
        return (*lines.values[where], _written(value))
    if table in lines.headers:
        return _line_after(text, lines.headers[table], f"{name} = {_written(value)}")
    if table in lines.values:
        at = lines.values[table][0] + 1
        return at, at, f" {name} = {_written(value)},"
    raise UsageError(
        f"{key} is not written as a table, so {name} cannot be added",
        code="catalog-form",
        hint=f"write it below a line [{table}]",
    )


def _applied(text: str, edits: Iterable[Edit]) -> str:
    """Put every edit in its place; of one place the first given is on top."""
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[0]):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _written(value: Value) -> str:
    """Write a value as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)
