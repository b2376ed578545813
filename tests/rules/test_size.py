"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import median

import pytest

from tests.rules.source import Function, Module, modules, snippet

FILE_LIMIT = 400
BODY_LIMIT = 60
FILE_MEDIAN = 130
BODY_MEDIAN = 10
BODY_P90 = 40
ENOUGH_FILES = 20  # below that a median says nothing

FOLDERS = ("eleva_cli", "tests", "bench")


def body_lines(function: Function) -> int:
    """Count the lines of a body; a signature of Typer options may be long."""
    return (function.end_lineno or 0) - function.body[0].lineno + 1


def oversized(module: Module) -> Iterator[str]:
    if module.lines > FILE_LIMIT:
        yield f"{module.path}: {module.lines} lines"
    for function in module.functions:
        if body_lines(function) > BODY_LIMIT:
            yield f"{module.path} {function.name}: {body_lines(function)} lines"


def p90(sizes: Sequence[int]) -> int:
    return sorted(sizes)[math.ceil(0.9 * len(sizes)) - 1]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_or_function_is_too_long(folder: str) -> None:
    """A file over 400 lines becomes a folder; a body over 60 becomes two."""
    assert [fault for module in modules(folder) for fault in oversized(module)] == []


def test_most_are_short(record_property: Callable[[str, object], None]) -> None:
    """The middle of the distribution, where habits show."""
    files = [module.lines for module in modules()]
    bodies = [body_lines(f) for module in modules() for f in module.functions]
    figures = {"file": median(files), "body": median(bodies), "p90": p90(bodies)}
    for name, figure in figures.items():
        record_property(name, figure)
    if len(files) < ENOUGH_FILES:
        pytest.skip(f"{len(files)} files are too few for medians: {figures}")

    assert figures["file"] <= FILE_MEDIAN
    assert figures["body"] <= BODY_MEDIAN
    assert figures["p90"] <= BODY_P90


def test_a_long_file_and_a_long_function_are_found() -> None:
    """The counter-examples, one line over."""
    long_file = snippet("x = 1\n" * (FILE_LIMIT + 1))
    long_body = snippet("def f():\n" + "    x = 1\n" * (BODY_LIMIT + 1))

    assert list(oversized(long_file)) == ["eleva_cli/migrate.py: 401 lines"]
    assert list(oversized(long_body)) == ["eleva_cli/migrate.py f: 61 lines"]


def test_a_body_is_counted_without_its_signature() -> None:
    """A long signature and a decorator do not count."""
    (function,) = snippet(
        "@d\ndef f(\n    a,\n    b,\n):\n    '''Do.'''\n    x = 1\n"
    ).functions

    assert body_lines(function) == 2


def test_the_ninetieth_percentile_is_one_of_the_sizes() -> None:
    """Nine of ten are not above it."""
    assert p90([*range(1, 11)]) == 9
