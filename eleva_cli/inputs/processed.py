"""What an application handled: event ids in a text file, a CSV column or JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.sheets import Sheet

NAMES = ("event_id", "stripe_event_id", "event", "id")
EVENT = re.compile(r"(?:evt|event)_[A-Za-z0-9_]{1,250}", re.ASCII)


def read(path: Path) -> frozenset[str]:
    """Return the ids; raises `UsageError` with a `processed-…` code."""
    sheet = Sheet(path=path, noun="processed", known=NAMES)
    try:
        with path.open("rb") as stream:
            words = (line.decode("utf-8-sig", "replace").strip() for line in stream)
            word = next((each for each in words if each and each[0] != "#"), "")
    except OSError:
        word = ""  # the sheet says why
    return frozenset(_plain(sheet) if EVENT.fullmatch(word) else _cells(sheet))


def _plain(sheet: Sheet) -> Iterator[str]:
    try:
        with sheet.path.open(encoding="utf-8-sig") as text:
            for number, line in enumerate(text, start=1):
                word = line.strip()
                if word and not word.startswith("#"):
                    yield _checked(sheet, word, number)
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8 text"
        raise sheet.fail("encoding", "the file is not UTF-8 text", hint) from error


def _cells(sheet: Sheet) -> Iterator[str]:
    for row in sheet.rows():
        found = [row.cells[name] for name in NAMES if name in row.cells]
        if found:  # `event` may hold its type, `id` be the row's own
            named = next(filter(EVENT.fullmatch, found), found[0])
            yield _checked(sheet, named, row.line)


def _checked(sheet: Sheet, word: str, line: int) -> str:
    if EVENT.fullmatch(word):
        return word
    raise _no_id(sheet, line)


def _no_id(sheet: Sheet, line: int) -> UsageError:
    hint = "one id a line, or a column event: they begin with evt_ or event_"
    return sheet.fail("id", "this is no event id", hint, line)
