"""Every module says what it decides, and none is a drawer for odds and ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.rules.source import Module, modules, snippet

VAGUE = frozenset({
    "base", "common", "helper", "helpers", "manager", "misc", "util", "utils",
})  # fmt: skip


def words_of(name: str) -> set[str]:
    """Split a name, be it `snake_case` or `CamelCase`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def vague_names(module: Module) -> Iterator[str]:
    """Yield modules and classes with a vague word, functions that are just one."""
    for part in module.name.split("."):
        if words_of(part) & VAGUE:
            yield f"{module.path}: {part}"
    for node in module.nodes:
        match node:
            case ast.ClassDef(name=name) if words_of(name) & VAGUE:
                yield f"{module.path}:{node.lineno} {name}"
            case ast.FunctionDef(name=name) if name.strip("_") in VAGUE:
                yield f"{module.path}:{node.lineno} {name}"


def undescribed(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield module.path


@pytest.mark.parametrize("folder", ["eleva_cli", "tests", "bench"])
def test_names_say_something(folder: str) -> None:
    """No utils, common, helpers, manager, base."""
    assert [fault for module in modules(folder) for fault in vague_names(module)] == []


@pytest.mark.parametrize("folder", ["eleva_cli", "tests", "bench"])
def test_every_module_says_what_it_decides(folder: str) -> None:
    """A docstring at the top of each file."""
    assert [fault for module in modules(folder) for fault in undescribed(module)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("eleva_cli.utils", ""),
        ("eleva_cli.http_helpers", ""),
        ("eleva_cli.common.rows", ""),
        ("eleva_cli.migrate", "class RunManager: ..."),
        ("eleva_cli.migrate", "class _BaseAction: ..."),
        ("eleva_cli.migrate", "def helper(): ..."),
    ],
)
def test_a_vague_name_is_found(name: str, text: str) -> None:
    """The counter-examples."""
    assert list(vague_names(snippet(text, name)))


def test_a_word_within_a_function_name_passes() -> None:
    """`base_url` is an address, not a drawer."""
    assert list(vague_names(snippet("def base_url(): ...\nclass Database: ..."))) == []


def test_a_module_without_docstring_is_found() -> None:
    """The counter-example: a comment is no docstring."""
    assert list(undescribed(snippet("# it decides\nx = 1")))
