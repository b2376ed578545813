"""Whether a TypeScript file names the lookup keys that the catalogue has.

Of its functions and types nothing is said. What cannot be read is a mistake of its
own: such a file never agrees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.exports.constants import (
    ALL,
    EXPECTED,
    SUFFIX,
    Constant,
    Entry,
    all_keys,
    constants,
)
from eleva_cli.catalog.exports.literals import Record, Row, Text, Value
from eleva_cli.catalog.exports.modules import Module
from eleva_cli.catalog.exports.tokens import UnreadableError

FILE = "the file"
RENEW = "write it anew: eleva catalog export --as typescript --out FILE"
PLAIN = "write the keys out, as objects and arrays of strings"


def against(text: str, catalogue: Catalogue) -> list[Mistake]:
    """Return every difference between a file's constants and the catalogue."""
    try:
        module = Module(text)
    except UnreadableError as error:
        return [_unreadable(FILE, error)]
    except RecursionError:
        return [_unreadable(FILE, UnreadableError("such deep nesting", 1))]
    return list(_mistakes(module, catalogue))


def _mistakes(module: Module, catalogue: Catalogue) -> Iterator[Mistake]:
    wanted = {each.name: each for each in constants(catalogue)}
    for name, constant in wanted.items():
        yield from _of_constant(module, name, constant)
    yield from _of_all(module, all_keys(catalogue))
    known = {price.key for price in catalogue.prices}
    for name in module.exported:
        if name.endswith(SUFFIX) and name not in {*wanted, ALL}:
            yield from _of_stranger(module, name, known)


def _of_constant(module: Module, name: str, constant: Constant) -> Iterator[Mistake]:
    found = _value(module, name)
    if isinstance(found, Mistake):
        yield found
    elif found is not None:
        yield from _differences(name, constant.entries, found)
    elif constant.entries and name.removesuffix(SUFFIX) in EXPECTED:
        keys = ", ".join(constant.keys)
        yield _missing(name, f"is not exported; the catalogue has {keys}", None)


def _of_all(module: Module, wanted: tuple[str, ...]) -> Iterator[Mistake]:
    found = _value(module, ALL)
    if found is None:
        if wanted:
            yield _missing(ALL, "is not exported", None)
    elif isinstance(found, Mistake):
        yield found
    elif isinstance(found, Row):
        yield from _of_row(found, wanted)
    else:
        yield _unreadable(ALL, UnreadableError("no array", found.line))


def _of_row(row: Row, wanted: tuple[str, ...]) -> Iterator[Mistake]:
    """Compare as sets: nobody may lean on the order of all keys."""
    listed = Counter[str]()
    for item in row.items:
        if not isinstance(item, Text):
            yield _unreadable(ALL, UnreadableError("no string", item.line))
            continue
        listed[item.value] += 1
        if item.value not in wanted:
            yield _extra(ALL, f"has {item.value!r}, no key of the catalogue", item.line)
        elif listed[item.value] == 2:
            yield _extra(ALL, f"has {item.value!r} twice", item.line)
    for key in wanted:
        if key not in listed:
            yield _missing(ALL, f"lacks {key!r}", row.line)


def _of_stranger(module: Module, name: str, known: set[str]) -> Iterator[Mistake]:
    """Look for unknown keys in a constant of the application's own making."""
    found = _value(module, name)
    if found is None or isinstance(found, Mistake):
        return
    for path, text in _texts(name, found):
        if text.value not in known:
            said = f"is {text.value!r}, no key of the catalogue"
            yield _extra(path, said, text.line)


def _texts(path: str, value: Value) -> Iterator[tuple[str, Text]]:
    match value:
        case Text():
            yield path, value
        case Row(items=items):
            for number, item in enumerate(items):
                yield from _texts(f"{path}[{number}]", item)
        case Record(entries=entries):
            for name, entry in entries.items():
                yield from _texts(f"{path}.{name}", entry)


def _value(module: Module, name: str) -> Value | Mistake | None:
    try:
        found = module.value(name)
    except UnreadableError as error:
        return _unreadable(name, error)
    except RecursionError:
        return _unreadable(name, UnreadableError("such deep nesting", 1))
    if found is None and module.reexport is not None:
        return _unreadable(name, module.reexport)
    return found


def _differences(
    path: str, wanted: Entry | Mapping[str, Entry], found: Value
) -> Iterator[Mistake]:
    if isinstance(wanted, str):
        if not isinstance(found, Text):
            yield _unreadable(path, UnreadableError("no string", found.line))
        elif found.value != wanted:
            said = f"is {found.value!r}, in the catalogue {wanted!r}"
            yield Mistake(
                place=path,
                code="export-differs",
                message=f"{path} {said}",
                hint=RENEW,
                line=found.line,
            )
    elif not isinstance(found, Record):
        yield _unreadable(path, UnreadableError("no object", found.line))
    else:
        yield from _of_record(path, wanted, found)


def _of_record(
    path: str, wanted: Mapping[str, Entry], found: Record
) -> Iterator[Mistake]:
    for name, entry in wanted.items():
        if name in found.entries:
            yield from _differences(f"{path}.{name}", entry, found.entries[name])
        else:
            keys = entry if isinstance(entry, str) else ", ".join(entry.values())
            said = f"is not there; the catalogue has {keys}"
            yield _missing(f"{path}.{name}", said, found.line)
    for name, value in found.entries.items():
        if name not in wanted:
            said = "is nothing in the catalogue"
            yield _extra(f"{path}.{name}", said, value.line)


def _missing(place: str, said: str, line: int | None) -> Mistake:
    return Mistake(
        place=place,
        code="export-missing",
        message=f"{place} {said}",
        hint=RENEW,
        line=line,
    )


def _extra(place: str, said: str, line: int) -> Mistake:
    return Mistake(
        place=place,
        code="export-extra",
        message=f"{place} {said}",
        hint=RENEW,
        line=line,
    )


def _unreadable(place: str, error: UnreadableError) -> Mistake:
    return Mistake(
        place=place,
        code="export-unreadable",
        message=f"{place}: {error} cannot be read, so it was not compared",
        hint=PLAIN,
        line=error.line,
    )
