"""The commands that README and docs name exist; notes of changes have their form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.source import ROOT

FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
KINDS = ("Enhancement: ", "Bugfix: ", "Change: ")


def pages() -> list[Path]:
    tops = [ROOT / name for name in ("README.md", "ARCHITECTURE.md")]
    return [p for p in (*tops, *sorted((ROOT / "docs").rglob("*.md"))) if p.exists()]


def commands_in(page: str) -> Iterator[str]:
    """Yield what a reader would type: the lines of code blocks, and inline code."""
    for block in FENCE.findall(page):
        yield from (line.strip().removeprefix("$ ") for line in block.splitlines())
    yield from (code.strip() for code in INLINE.findall(FENCE.sub("", page)))


def make_targets_in(page: str) -> set[str]:
    found = (re.match(r"make((?: +[^\s#;&|]+)+)", c) for c in commands_in(page))
    words = [word for match in found if match for word in match[1].split()]
    return {word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)}


def eleva_commands_in(page: str) -> set[tuple[str, ...]]:
    """Return noun and verb of each command; what follows may be anything."""
    found = set()
    for command in commands_in(page):
        if match := re.match(r"eleva +([a-z]+)(?: +([a-z]+))?(?=[\s`]|$)", command):
            found.add(tuple(word for word in match.groups() if word))
    return found


def targets_of(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))


def malformed(note: str) -> Iterator[str]:
    """Check a note of a change: its kind and subject, then what was and what is."""
    first, _, rest = note.partition("\n")
    if not first.startswith(KINDS):
        yield f"begins with none of {KINDS}"
    if len(rest.split()) < 10:
        yield "does not say what was and what is"


def test_the_makefile_has_what_the_pages_name() -> None:
    """`make …` in README and docs is a target."""
    named = set().union(
        *(make_targets_in(p.read_text(encoding="utf-8")) for p in pages())
    )

    assert {"demo", "test"} <= named
    assert named - targets_of((ROOT / "Makefile").read_text(encoding="utf-8")) == set()


def test_the_commands_that_the_pages_name_exist() -> None:
    """`eleva …` in README and docs is answered by `--help`."""
    if not (ROOT / "eleva_cli" / "cli.py").exists():
        pytest.skip("eleva_cli/cli.py is not written yet")
    named = set().union(
        *(eleva_commands_in(p.read_text(encoding="utf-8")) for p in pages())
    )

    assert [words for words in sorted(named) if not is_command(words)] == []


def test_an_unknown_command_is_found() -> None:
    """The counter-examples: a noun, and a verb under a noun that exists."""
    if not (ROOT / "eleva_cli" / "cli.py").exists():
        pytest.skip("eleva_cli/cli.py is not written yet")

    assert not is_command(("frobnicate",))
    assert not is_command(("migrate", "frobnicate"))


def is_command(words: tuple[str, ...]) -> bool:
    from typer.testing import CliRunner

    from eleva_cli.cli import app

    return CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def test_commands_are_read_from_a_page() -> None:
    """Blocks and inline code count, prose does not; an argument ends a command."""
    page = (
        "We make sense.\n`make demo`\n"
        "```sh\n$ make -j2 check bench  # x\neleva verify --user U\n```\n"
        "`eleva link set org_1` `eleva.toml`\n"
    )

    assert make_targets_in(page) == {"demo", "check", "bench"}
    assert eleva_commands_in(page) == {("verify",), ("link", "set")}


def test_targets_are_read_from_a_makefile() -> None:
    """Variables and stamps are no targets."""
    assert targets_of("X := 1\ndemo: a ## b\n$(V)/.run: c\nset-up:\n") == {
        "demo",
        "set-up",
    }


def notes() -> list[Path]:
    folder = ROOT / "changelog.d"
    return [p for p in sorted(folder.glob("*.md")) if p.name != "README.md"]


def test_every_note_of_a_change_has_its_form() -> None:
    """`changelog.d/README.md` says what it is; its template passes too."""
    assert [
        (p.name, fault) for p in notes() for fault in malformed(p.read_text("utf-8"))
    ] == []


def test_a_malformed_note_is_found() -> None:
    """The counter-examples."""
    assert len(list(malformed("Fixed a thing\n\nIt works."))) == 2
