"""The catalogue's file: read whole, and told by line what is wrong with it.

`read` is what commands use; `mistakes_of` tells everything that it would refuse.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.rules import problems
from eleva_cli.errors import UsageError
from eleva_cli.inputs.catalogue.complaints import complaint
from eleva_cli.inputs.catalogue.lines import Lines, locate
from eleva_cli.inputs.catalogue.shape import CatalogueFile
from eleva_cli.inputs.catalogue.values import values_of
from eleva_cli.plan import Severity

PACKAGED = "catalog.toml"
LARGEST = 1_000_000  # bytes; the packaged one has 5,000
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def packaged_path() -> Traversable:
    """Return the file of the catalogue that comes with the tool."""
    return resources.files("eleva_cli").joinpath(PACKAGED)


def packaged() -> str:
    """Return its text."""
    return packaged_path().read_text("utf-8")


def read(path: Path | None) -> Catalogue:
    """Return a file's catalogue, without a path the packaged one.

    Raises `UsageError` that names the first line at fault, and how many more.
    """
    name = PACKAGED if path is None else str(path)
    text = packaged() if path is None else read_text(path)
    catalogue, mistakes = mistakes_of(text, name)
    errors = [one for one in mistakes if one.severity is Severity.ERROR]
    if catalogue is not None and not errors:
        return catalogue
    first, more = errors[0], len(errors) - 1
    rest = f"; {more} more: eleva catalog validate {name}" if more else ""
    where = f"{name}:{first.line}" if first.line else name
    raise UsageError(
        f"{where}: {first.message}", code=first.code, hint=f"{first.hint}{rest}"
    )


def read_text(path: Path) -> str:
    """Return the text of a file; raises `UsageError` where there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}",
            code="catalog-unreadable",
            hint="check the path and its rights; see: eleva catalog show",
        ) from error
    if len(content) > LARGEST:
        raise UsageError(
            f"{path}: the file has more than {LARGEST:,} bytes",
            code="catalog-large",
            hint="a catalogue has some pages; is this another file?",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}:{line}: byte {error.start} is not UTF-8",
            code="catalog-encoding",
            hint="save the file as UTF-8",
        ) from error


def mistakes_of(text: str, name: str) -> tuple[Catalogue | None, list[Mistake]]:
    """Return what a text says and everything wrong with it, in the file's order.

    The catalogue is `None` where the text cannot be read as one.
    """
    text = text.removeprefix("\ufeff")
    lines = locate(text)
    if not text.strip():
        return None, [_empty(name)]
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, _syntax(error, text, lines)
    try:
        file = CatalogueFile.model_validate(data)
    except ValidationError as error:
        return None, _ordered(_shapes(error, data), lines)
    catalogue, mistakes = values_of(file)
    # what follows from an amount that could not be read is not told as well
    told = tuple(f"{one.place.removesuffix('.amount')}." for one in mistakes)
    found = problems(catalogue)
    mistakes += [one for one in found if not f"{one.place}.".startswith(told)]
    return catalogue, _ordered(mistakes, lines)


def placed(text: str, mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Give mistakes found by others the lines of a text, in its order."""
    return _ordered(list(mistakes), locate(text.removeprefix("\ufeff")))


def _shapes(error: ValidationError, data: dict[str, Any]) -> list[Mistake]:
    return [complaint(detail, CatalogueFile, data) for detail in error.errors()]


def _ordered(mistakes: list[Mistake], lines: Lines) -> list[Mistake]:
    placed = [replace(one, line=lines.of(one.place)) for one in mistakes]
    return sorted(placed, key=lambda one: one.line or 0)


def _empty(name: str) -> Mistake:
    return Mistake(
        place="",
        code="catalog-empty",
        message=f"{name} is empty",
        hint="begin with a copy of the packaged one; see: eleva catalog show",
    )


def _syntax(error: Exception, text: str, lines: Lines) -> list[Mistake]:
    """Tell names that stand twice by both lines, else what the parser says."""
    if lines.doubled:
        return [
            Mistake(
                place=twice.place,
                code="catalog-doubled",
                message=f"{twice.place} stands twice: lines {twice.first} and "
                f"{twice.line}",
                hint="keep one of them",
                line=twice.line,
            )
            for twice in lines.doubled
        ]
    found = PLACE.search(str(error))
    last = text.count("\n") + 1
    message = PLACE.sub("", str(error))
    if isinstance(error, RecursionError):
        found, message = None, "lists in lists, too deep to be read"
    return [
        Mistake(
            place="",
            code="catalog-syntax",
            message=f"this is no TOML: {message}",
            hint="mend the file there",
            line=int(found[1]) if found and found[1] else last,
        )
    ]
