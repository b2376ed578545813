"""The source as the rules see it: modules, what they import, what they define."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "eleva_cli"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name, where it is, its text."""

    name: str
    path: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def functions(self) -> Iterator[Function]:
        return (n for n in self.nodes if isinstance(n, Function))

    @property
    def imports(self) -> Iterator[str]:
        """Yield every dotted name imported, wherever it stands in the file."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = self._absolute(node)
                yield from (f"{source}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Call):
                yield from imported_by_name(node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        above = node.level - self.is_package
        package = parts[: len(parts) - above] if above else parts
        return ".".join([*package, *([node.module] if node.module else [])])


def imported_by_name(call: ast.Call) -> Iterator[str]:
    """Yield what `import_module("…")` or `__import__("…")` names, if it is fixed."""
    match call:
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__")
            | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            yield name
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__")
            | ast.Attribute(attr="import_module"),
            args=[ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_],
        ):
            yield start.rstrip(".")


def snippet(text: str, name: str = f"{PACKAGE}.migrate") -> Module:
    """Return a made-up module: what a rule must refuse."""
    return Module(name=name, path=f"{name.replace('.', '/')}.py", text=text)


@cache
def tracked() -> tuple[str, ...]:
    """List the files of the repository: known to git, or new and not ignored."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"not a git checkout: {done.stderr.strip()}")
    return tuple(p for p in sorted(done.stdout.splitlines()) if (ROOT / p).is_file())


@cache
def modules(folder: str = PACKAGE) -> tuple[Module, ...]:
    """Read every Python file below a folder of the project."""
    return tuple(read_module(path) for path in sorted((ROOT / folder).rglob("*.py")))


def read_module(path: Path) -> Module:
    shown = path.relative_to(ROOT)
    parts = shown.with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return Module(
        name=".".join(parts[:-1] if is_package else parts),
        path=shown.as_posix(),
        text=path.read_text(encoding="utf-8"),
        is_package=is_package,
    )


def is_within(name: str, places: Iterable[str]) -> bool:
    """
    Tell whether a module is one of these places of the package, or lies below one.

    A place may be a pattern: `engine*` is `eleva_cli.engine` and `eleva_cli.engine_x`.
    """
    parts = name.split(".")
    return any(
        fnmatchcase(".".join(parts[1 : 1 + place.count(".") + 1]), place)
        for place in places
    )
