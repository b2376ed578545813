"""Command lines that name nothing, or nothing that there is."""

from __future__ import annotations

import pytest

from eleva_cli.lazy import COMMANDS
from tests.cli.console import Console

GROUPS = sorted(set(COMMANDS) - {"demo", "init", "doctor", "verify", "explain"})


def test_without_a_command_the_help_is_on_stderr(eleva: Console) -> None:
    """One line for each noun, and exit 2."""
    said = eleva()
    assert (said.code, said.out) == (2, "")
    shown = [line.split()[0] for line in said.err.splitlines() if line.startswith("  ")]
    assert set(COMMANDS) <= set(shown)


@pytest.mark.parametrize("noun", GROUPS)
def test_a_noun_alone_shows_its_verbs(eleva: Console, noun: str) -> None:
    """As its `--help` does, but on stderr; it is no error that needs a hint."""
    said, asked = eleva(noun), eleva(noun, "--help")
    assert (said.code, said.out) == (2, "")
    assert said.err.strip() == asked.out.strip()


def test_a_flag_at_the_end_has_no_value(eleva: Console) -> None:
    """The format then is the usual one, and the mistake is told in it."""
    said = eleva("run", "list", "--format")
    assert said.code == 2
    assert said.err.startswith("error[usage]: ")


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("run", "nonsense"), "eleva run"),
        (("nonsense",), "eleva"),
        (("run", "show", "1", "--nonsense"), "eleva run show"),
    ],
)
def test_the_hint_names_a_help_that_exists(
    eleva: Console, words: tuple[str, ...], path: str
) -> None:
    """Of the last part of the line that was understood."""
    said = eleva(*words)
    assert said.code == 2
    assert f"see: {path} --help" in said.err


@pytest.mark.parametrize("format_", ["junit", "github", "html"])
@pytest.mark.parametrize("words", [("run", "list"), ("doctor",), ("catalog", "show")])
def test_a_format_of_audits_is_refused_elsewhere(
    eleva: Console, words: tuple[str, ...], format_: str
) -> None:
    """Before anything is looked at; who asked for a report of CI gets one of that."""
    said = eleva(*words, "--format", format_)
    assert said.code == 2
    assert f"error[format-unfit]: eleva {' '.join(words)} cannot answer" in said.err
    assert ("format-unfit" in said.out) == (format_ != "html")
