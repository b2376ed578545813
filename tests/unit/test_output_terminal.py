"""How the tool meets a terminal, a pipe, and a reader who left."""

from __future__ import annotations

import errno
import io
from collections.abc import Mapping
from typing import TextIO

import pytest

from eleva_cli.output.terminal import Terminal


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Shut(io.StringIO):
    """A pipe whose reader has left."""

    def flush(self) -> None:
        raise BrokenPipeError(errno.EPIPE, "broken pipe")


def detect(
    out: TextIO | None = None,
    err: TextIO | None = None,
    typed: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> Terminal:
    return Terminal.detect(
        typed or io.StringIO(),
        out or io.StringIO(),
        err or io.StringIO(),
        environ or {},
    )


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colour_needs_a_terminal_and_no_objection(
    environ: dict[str, str], colour: bool
) -> None:
    """An empty NO_COLOR counts as unset, as its page says."""
    environ |= {"TERM": "xterm"}

    assert detect(Tty(), Tty(), environ=environ).colour is colour
    assert detect(environ=environ).colour is False


def test_a_dumb_terminal_gets_neither_colour_nor_drawing() -> None:
    """TERM=dumb cannot move its cursor."""
    terminal = detect(Tty(), Tty(), environ={"TERM": "dumb"})

    assert (terminal.colour, terminal.can_draw) == (False, False)


@pytest.mark.parametrize(
    ("columns", "width"), [("40", 40), ("7", 20), ("x", 120), ("", 120)]
)
def test_the_width_is_what_the_environment_says(columns: str, width: int) -> None:
    """A width too small to draw in, or no number, does not break the page."""
    assert detect(environ={"COLUMNS": columns}).width == width


def test_a_pipe_is_not_folded() -> None:
    """It is searched line by line, unless COLUMNS asks for a width."""
    assert detect().fold_width is None
    assert detect(environ={"COLUMNS": "40"}).fold_width == 40
    assert detect(Tty()).fold_width == 80


def test_an_answer_ends_in_one_line_break() -> None:
    """And no answer is no line."""
    out = io.StringIO(newline="")
    terminal = detect(out)
    for text in ("", "a", "b\n\n", "c\r\n"):
        terminal.answer(text)

    assert out.getvalue() == "a\nb\nc\r\n"


def test_a_reader_who_leaves_is_no_error() -> None:
    """`eleva migrate plan | head -1` ends quietly."""
    terminal = detect(Shut(), Shut())
    terminal.answer("a")
    terminal.say("b")


def test_a_full_disk_is_an_error() -> None:
    """An answer that was not written must not look like one that was."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(OSError, match="no space"):
        detect(Full()).answer("a")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_no_console_crashes_on_a_name(encoding: str) -> None:
    """Streams become UTF-8, and what UTF-8 cannot hold is spelled out."""
    raw = io.BytesIO()
    terminal = detect(io.TextIOWrapper(raw, encoding=encoding))
    terminal.answer("山田 \udc80\r\n")

    assert raw.getvalue() == "山田 \\udc80\r\n".encode()


def test_what_is_said_is_only_text() -> None:
    """Escape sequences within a message are shown; our own words are coloured."""
    err = Tty()
    detect(err=err, environ={"TERM": "xterm"}).say("error[x]: \x1b[2J\nhint: go on")

    assert err.getvalue() == (
        "\x1b[1;31merror[x]:\x1b[0m \\x1b[2J\n\x1b[1;36mhint:\x1b[0m go on\n"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_only_yes_is_yes(typed: str, meant: bool) -> None:
    """Enter, end of input and anything else are a no."""
    err = Tty()
    terminal = detect(err=err, typed=Tty(typed))

    assert terminal.ask("apply?") is meant
    assert err.getvalue().startswith("apply? [y/N] ")


def test_without_a_terminal_nobody_is_asked() -> None:
    """A "y" in a pipe is not a person's answer."""
    err = Tty()

    assert not detect(err=err, typed=io.StringIO("y\n")).ask("apply?")
    assert err.getvalue() == ""
