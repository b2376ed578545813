"""Errors are not swallowed and checks not silenced; each exception is counted here."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.rules.source import Module, modules, snippet

# The boundary and the places where a worker's error becomes an outcome. A number that
# falls is lowered here; one that grows is argued for. A handler that raises again what
# it caught (a rollback) swallows nothing and is not counted.
BROAD_EXCEPTS: dict[str, int] = {
    "eleva_cli/cli.py": 1,
    "eleva_cli/engine/run.py": 1,
}

# `type: ignore[code]`, each with its reason beside it.
TYPE_IGNORES: dict[str, int] = {
    "eleva_cli/config/settings.py": 2,
    "eleva_cli/journal/runs.py": 3,
    "eleva_cli/output/grid.py": 1,
    "eleva_cli/planning.py": 2,
    "eleva_cli/receiver/server.py": 2,
    "eleva_cli/sandbox/faults.py": 1,
    "eleva_cli/sandbox/idempotency.py": 1,
    "eleva_cli/sandbox/server.py": 2,
    "eleva_cli/sandbox/settings.py": 4,
}

BROAD = frozenset({"Exception", "BaseException"})


def names_in(node: ast.expr | None) -> set[str]:
    if node is None:
        return {"BaseException"}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def broad_excepts(module: Module) -> Iterator[str]:
    if not re.search("except|suppress", module.text):
        return
    for node in module.nodes:
        match node:
            case ast.ExceptHandler(body=[*_, ast.Raise(exc=None)]):
                pass
            case ast.ExceptHandler(type=kind) if names_in(kind) & BROAD:
                yield f"{module.path}:{node.lineno}"
            case ast.Call(
                func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")
            ):
                if any(names_in(a) & BROAD for a in node.args):
                    yield f"{module.path}:{node.lineno}"


def swallowing(module: Module) -> Iterator[str]:
    """Yield handlers that do nothing; `contextlib.suppress` says it better."""
    if "except" not in module.text:
        return
    for node in module.nodes:
        match node:
            case ast.ExceptHandler(body=[ast.Pass()]):
                yield f"{module.path}:{node.lineno}"
            case ast.ExceptHandler(body=[ast.Expr(value=ast.Constant())]):
                yield f"{module.path}:{node.lineno}"


def silencing(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the comments of a module in which a word of theirs stands at all."""
    if not re.search("ignore|noqa", module.text):
        return
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def type_ignores(module: Module) -> Iterator[str]:
    for line, comment in silencing(module):
        if re.search(r"type:\s*ignore", comment):
            yield f"{module.path}:{line}"


def vague_silencing(module: Module) -> Iterator[str]:
    """Yield ignores that do not say what they ignore."""
    for line, comment in silencing(module):
        if re.search(r"type:\s*ignore(?!\[[a-z])|noqa(?!: ?[A-Z]+\d)", comment):
            yield f"{module.path}:{line} {comment}"


def counted(check: Callable[[Module], Iterator[str]]) -> dict[str, int]:
    return dict(Counter(module.path for module in modules() for _ in check(module)))


def test_broad_excepts_are_counted() -> None:
    """`except Exception` stands where it is listed, and nowhere else."""
    assert counted(broad_excepts) == BROAD_EXCEPTS


def test_type_ignores_are_counted() -> None:
    """So are the places where mypy is overruled."""
    assert counted(type_ignores) == TYPE_IGNORES


@pytest.mark.parametrize("folder", ["eleva_cli", "tests", "bench"])
def test_no_handler_does_nothing(folder: str) -> None:
    """`except …: pass` hides a failure without a word."""
    assert [fault for module in modules(folder) for fault in swallowing(module)] == []


@pytest.mark.parametrize("folder", ["eleva_cli", "tests", "bench"])
def test_what_is_silenced_is_named(folder: str) -> None:
    """An ignore without its code also ignores the next mistake."""
    assert [
        fault for module in modules(folder) for fault in vague_silencing(module)
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept Exception:\n    g()",
        "try:\n    f()\nexcept (ValueError, BaseException) as e:\n    g()",
        "try:\n    f()\nexcept:\n    g()",
        "from contextlib import suppress\nwith suppress(Exception):\n    f()",
        "import contextlib\nwith contextlib.suppress(KeyError, Exception):\n    f()",
    ],
)
def test_a_broad_except_is_found(text: str) -> None:
    """The counter-examples."""
    assert len(list(broad_excepts(snippet(text)))) == 1


def test_a_handler_that_raises_again_passes() -> None:
    """The rollback."""
    text = "try:\n    f()\nexcept BaseException:\n    g()\n    raise"

    assert list(broad_excepts(snippet(text))) == []


@pytest.mark.parametrize("body", ["pass", "...", "'nothing'"])
def test_a_handler_that_does_nothing_is_found(body: str) -> None:
    """The counter-examples."""
    assert list(swallowing(snippet(f"try:\n    f()\nexcept KeyError:\n    {body}")))


@pytest.mark.parametrize(
    "comment", ["type: ignore", "type:ignore # why", "noqa", "noqa: why"]
)
def test_a_vague_ignore_is_found(comment: str) -> None:
    """The counter-examples; the same words in a string are not comments."""
    assert list(vague_silencing(snippet(f"x = 1  # {comment}")))
    assert list(vague_silencing(snippet(f"x = '# {comment}'"))) == []


def test_an_ignore_with_its_code_is_counted_only() -> None:
    """Named silencing passes, and is counted where it is mypy's."""
    module = snippet("x = 1  # type: ignore[arg-type]  # noqa: E501")

    assert list(vague_silencing(module)) == []
    assert len(list(type_ignores(module))) == 1
