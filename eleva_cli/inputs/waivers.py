"""The waiver file: findings that somebody answers for, by exact id and until a day.

Read whole, and told by line what is wrong with it; `waiver_fields.py` says what may
stand there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from eleva_cli.catalog.places import place
from eleva_cli.errors import UsageError
from eleva_cli.inputs.catalogue.lines import Lines, locate
from eleva_cli.inputs.waiver_fields import Complaint, wrong_fields, wrong_names
from eleva_cli.standing.waiving import OWN_CODES, Waiver, day_of

LARGEST = 5_000_000  # bytes; a waiver has about 200
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read(path: Path, *, codes: Collection[str], now: int) -> tuple[Waiver, ...]:
    """
    Return the waivers of a file, in its order; `codes` are those of all findings.

    Raises `UsageError` that names the first line at fault, and how many more there are.
    A waiver that has expired is no mistake: what it covered counts again.
    """
    text = _text(path)
    waivers, complaints = _read(text, frozenset(codes) - OWN_CODES, now)
    if not complaints:
        return waivers
    first, more = complaints[0], len(complaints) - 1
    where = f"{path}:{first.line}" if first.line else str(path)
    rest = f"; {more} more in this file" if more else ""
    raise UsageError(
        f"{where}: {first.message}",
        code=f"waivers-{first.what}",
        hint=f"{first.hint}{rest}",
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read it: {error.strerror or error}",
            code="waivers-unreadable",
            hint="check the path and its rights",
        ) from error
    if len(content) > LARGEST:
        raise UsageError(
            f"{path}: the file has more than {LARGEST:,} bytes",
            code="waivers-large",
            hint="for many findings at once take a baseline; or is this another file?",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}:{line}: this is not UTF-8 text",
            code="waivers-encoding",
            hint="save the file as UTF-8",
        ) from error


def _read(
    text: str, codes: Collection[str], now: int
) -> tuple[tuple[Waiver, ...], list[Complaint]]:
    lines = locate(text)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return (), [_syntax(error, text, lines)]
    tables = data.get("waiver", [])
    complaints = [*wrong_names(data)]
    if complaints:
        return (), _placed(complaints, lines)
    waivers = []
    for number, table in enumerate(tables):
        found = list(wrong_fields(number, table, codes, day_of(now)))
        complaints += found
        if not found:
            line = lines.of(place("waiver", number)) or 0
            waivers.append(Waiver(**table, line=line))
    complaints += _doubled(tables, lines)
    return tuple(waivers), _placed(complaints, lines)


def _placed(complaints: list[Complaint], lines: Lines) -> list[Complaint]:
    """Give each complaint its line, and bring them into the file's order."""
    placed = [replace(one, line=lines.of(one.place) or 0) for one in complaints]
    return sorted(placed, key=lambda one: one.line)


def _syntax(error: Exception, text: str, lines: Lines) -> Complaint:
    if lines.doubled:
        twice = lines.doubled[0]
        return Complaint(
            place=twice.place,
            what="doubled",
            message=f"{twice.place} stands twice, first in line {twice.first}",
            hint="keep one of them; each waiver begins with [[waiver]]",
            line=twice.line,
        )
    found = PLACE.search(str(error))
    said = PLACE.sub("", str(error))
    if isinstance(error, RecursionError):
        found, said = None, "lists in lists, too deep to be read"
    return Complaint(
        place="",
        what="syntax",
        message=f"this is no TOML: {said}",
        hint="mend the file there",
        line=int(found[1]) if found and found[1] else text.count("\n") + 1,
    )


def _doubled(tables: list[dict[str, Any]], lines: Lines) -> Iterator[Complaint]:
    """Complain of a second waiver of the same finding."""
    first: dict[tuple[str, str], int] = {}
    for number, table in enumerate(tables):
        code, subject = table.get("code"), table.get("subject")
        if not isinstance(code, str) or not isinstance(subject, str):
            continue
        here = place("waiver", number)
        if (code, subject) in first:
            yield Complaint(
                place=here,
                what="doubled",
                message=f"{code} of {subject} is waived twice, first in line"
                f" {first[code, subject]}",
                hint="keep one of them",
            )
        first.setdefault((code, subject), lines.of(here) or 0)
