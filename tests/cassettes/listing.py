"""Which cassettes there are, who plays them, and who answered when they were made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cassettes import deck
from tests.cassettes.tape import path_of

HERE = Path(__file__).parent
README = deck.FOLDER / "README.md"
BEGIN, END = "<!-- which is which -->\n", "<!-- end -->\n"
HEAD = "| cassette | recorded from | what it shows |\n|---|---|---|\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A test with a cassette: the file it plays, and what it says of it."""

    path: Path
    says: str

    @property
    def name(self) -> str:
        """The file's name as the README has it."""
        return self.path.relative_to(deck.FOLDER).as_posix()


def players(folder: Path = HERE) -> Iterator[Player]:
    """Read off the tests which cassettes they play."""
    for module in sorted(folder.glob("test_*.py")):
        for node in ast.parse(module.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and _is_recorded(node):
                says = " ".join((ast.get_docstring(node) or "").split())
                yield Player(path=path_of(module.name, node.name), says=says)


def _is_recorded(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Name)
        and mark.func.id == "recorded"
        for mark in function.decorator_list
    )


def unplayed(folder: Path = deck.FOLDER, tests: Path = HERE) -> list[str]:
    """Name the files that no test plays."""
    played = {player.name for player in players(tests)}
    found = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in found} - {README.name}
    return sorted(names - played)


def table() -> str:
    """Write the README's table from the tests and the files."""
    rows = (
        f"| `{player.name}` | {deck.source_of(player.path)} | {player.says} |\n"
        for player in players()
    )
    return HEAD + "".join(rows)


def written() -> str:
    """Give the table that the README has."""
    return README.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Put the table into the README."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
