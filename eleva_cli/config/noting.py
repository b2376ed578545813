"""Writes what a pilot proved into `[facts]` of `eleva.toml`, and leaves all the rest.

Comments, other tables and their order stay; facts that nothing was learned of, too,
but for those that were seen elsewhere: what a stand-in did must not count as Stripe's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from eleva_cli.config.document import Document, parse_document, read_text
from eleva_cli.errors import ConfigError
from eleva_cli.replacing import replace_text

TABLE, SEEN, SEEN_AT = "facts", "seen", "seen_at"


def note(
    file: Path,
    facts: Mapping[str, str | int],
    on: date,
    at: str | None = None,
    *,
    gone: Collection[str] = (),
) -> bool:
    """
    Write facts with the day on which they were seen; return whether any is new.

    `at` is the address of who stood in for the services, `None` for themselves. What
    was seen at another address goes, and so do the facts that are `gone`.

    Raises `ConfigError` (exit 10) where the file cannot be read or written.
    """
    text = read_text(file) if file.exists() else ""
    before = parse_document(file, text)
    known = before.facts
    away = set(known.model_fields_set - {SEEN, SEEN_AT})
    away = away - set(facts) if known.seen_at != at else away & set(gone)
    new = {name: v for name, v in facts.items() if getattr(known, name) != v}
    if known.seen_at != at:
        new = dict(facts)
    elif not new and not away:
        return False
    try:
        after = _ended_like(text, written(text, new, on, at, away))
    except TOMLKitError as error:
        raise _unwritable(file, str(error)) from error
    _check_rest(file, before, parse_document(file, after), new, away)
    try:
        replace_text(file, after)
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    return True


def written(
    text: str,
    facts: Mapping[str, str | int],
    on: date,
    at: str | None = None,
    gone: Collection[str] = (),
) -> str:
    """Return the text with these facts in it, and without those that are gone."""
    document = tomlkit.parse(text)
    table = document.setdefault(TABLE, tomlkit.table())
    for name in gone:
        table.pop(name, None)
        table.get(SEEN, {}).pop(name, None)
    for name, value in facts.items():
        table[name] = value
    table.pop(SEEN_AT, None)
    if at is not None:
        table[SEEN_AT] = at
    days = table.get(SEEN)
    if days is None:
        is_inline = isinstance(table, InlineTable)
        days = tomlkit.inline_table() if is_inline else tomlkit.table()
    for name in facts:
        days[name] = on
    if SEEN not in table:
        if not isinstance(days, InlineTable):
            days.add(tomlkit.nl())
        table[SEEN] = days
    return tomlkit.dumps(document)


def _ended_like(text: str, after: str) -> str:
    """End each line as all lines of the text end."""
    if "\r\n" not in text or "\n" in text.replace("\r\n", ""):
        return after
    return after.replace("\r\n", "\n").replace("\n", "\r\n")


def _check_rest(
    file: Path,
    before: Document,
    after: Document,
    facts: Mapping[str, str | int],
    gone: Collection[str],
) -> None:
    """Hold what we would write against what was there: only these may differ."""
    rest = [one.model_dump(exclude={TABLE}) for one in (before, after)]
    ours = {SEEN, SEEN_AT, *facts, *gone}
    kept = [one.facts.model_dump(exclude=ours) for one in (before, after)]
    is_there = all(getattr(after.facts, name) == v for name, v in facts.items())
    if rest[0] != rest[1] or kept[0] != kept[1] or not is_there:
        raise _unwritable(file, "its tables are written in a way we cannot add to")


def _unwritable(file: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{file} cannot be written: {why}; it is as it was",
        code="facts-unwritable",
        hint="check its rights and the disk, or write what was found by hand",
    )
