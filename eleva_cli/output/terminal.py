"""Where the tool talks: stdout for the answer, stderr for the conversation.

What the streams can do is found out once, here, and passed on as a value. This
module decides nothing about what is said, and reads the environment only from the
mapping it is given.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TextIO

from eleva_cli.output.neutral import lines, one_line

# Off a terminal there is no width to fit: logs and files take longer lines.
UNBOUND_WIDTH = 120
USUAL_WIDTH = 80
NARROWEST = 20
TREE = "├└│✓✗…·"

_PREFIX = re.compile(
    r"^(?:(error)|(warning)|(note|hint))(?:\[[^\]]*\])?:", re.MULTILINE
)
_STYLES = {1: "1;31", 2: "1;33", 3: "1;36"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """
    The three streams and what they are capable of.

    `is_terminal` and `colour` are about stdout, `err_is_terminal`, `err_colour` and
    `can_draw` (moving the cursor) about stderr; `can_ask` needs stdin and stderr.
    `ascii_only` is where stdout was set up for another alphabet than a tree needs.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    width: int
    is_terminal: bool
    err_is_terminal: bool
    can_ask: bool
    can_draw: bool
    colour: bool
    err_colour: bool
    fixed_width: bool = False
    ascii_only: bool = False

    @classmethod
    def detect(
        cls, stdin: TextIO, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str]
    ) -> Terminal:
        """Find out what the streams can do, and make them take any character."""
        ascii_only = not _has_letters(stdout, TREE)
        for stream in (stdout, stderr):
            _accept_any_text(stream)
        with suppress(io.UnsupportedOperation, ValueError):
            if isinstance(stdin, io.TextIOWrapper):
                stdin.reconfigure(errors="replace")
        out, err = _is_tty(stdout), _is_tty(stderr)
        styled = _understands_escapes(environ)
        wants_colour = styled and not environ.get("NO_COLOR")
        columns = environ.get("COLUMNS", "")
        fixed = int(columns) if columns.isascii() and columns.isdigit() else 0
        return cls(
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            width=max(fixed or _columns(stdout) or _default_width(out), NARROWEST),
            is_terminal=out,
            err_is_terminal=err,
            can_ask=_is_tty(stdin) and err,
            can_draw=err and styled,
            colour=out and wants_colour,
            err_colour=err and wants_colour,
            fixed_width=bool(fixed),
            ascii_only=ascii_only,
        )

    @property
    def err_width(self) -> int:
        """Return the columns of stderr as they are now: a window can be resized."""
        if self.fixed_width:
            return self.width
        return max(_columns(self.stderr) or min(self.width, USUAL_WIDTH), NARROWEST)

    @property
    def fold_width(self) -> int | None:
        """
        Return the columns that the answer must fit, `None` where nothing is folded.

        A pipe or a file is searched line by line, unless COLUMNS asks for a width.
        """
        return self.width if self.is_terminal or self.fixed_width else None

    @property
    def err_fold_width(self) -> int | None:
        """Return the same for what is said on stderr."""
        return self.err_width if self.err_is_terminal or self.fixed_width else None

    def answer(self, text: str) -> None:
        """Write the answer to stdout with one trailing newline; nothing for ""."""
        if not text:
            return
        with _reader_may_leave(self.stdout):
            self.stdout.write(text.rstrip("\n") + "\n")
            self.stdout.flush()

    def say(self, text: str) -> None:
        """Write to stderr; whatever the text holds, it only ever shows as text."""
        shown = "\n".join(lines(text.rstrip("\n")))
        if self.err_colour:
            shown = _PREFIX.sub(_styled, shown)
        with _reader_may_leave(self.stderr):
            self.stderr.write(shown + "\n")
            self.stderr.flush()

    def ask(self, question: str) -> bool:
        """Ask on the terminal; only "y" or "yes" is a yes, and nobody there is a no."""
        if not self.can_ask:
            return False
        return self._reply(f"{question} [y/N]").casefold() in {"y", "yes"}

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Ask for one of several by its number; `None` where nobody names one."""
        if not self.can_ask:
            return None
        for number, option in enumerate(options, start=1):
            self.say(f"  {number}  {one_line(option)}")
        reply = self._reply(f"{question} [1-{len(options)}]")
        numbers = [str(number) for number in range(1, len(options) + 1)]
        return numbers.index(reply) if reply in numbers else None

    def _reply(self, question: str) -> str:
        self.stderr.write("\n".join(lines(question)) + " ")
        self.stderr.flush()
        reply = self.stdin.readline()
        if not reply.endswith("\n"):
            self.say("")
        return reply.strip()


def _accept_any_text(stream: TextIO) -> None:
    # A console in cp1252 or ASCII would otherwise crash on the first Japanese name.
    # No newline translation: CSV brings its own CRLF.
    if isinstance(stream, io.TextIOWrapper):
        with suppress(io.UnsupportedOperation, ValueError):
            stream.reconfigure(
                encoding="utf-8", errors="backslashreplace", newline="\n"
            )


def _has_letters(stream: TextIO, text: str) -> bool:
    """Tell whether the stream, as it was opened, has these characters at all."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _is_tty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _understands_escapes(environ: Mapping[str, str]) -> bool:
    if environ.get("TERM") == "dumb":
        return False
    # The old Windows console prints escape sequences as they are.
    return sys.platform != "win32" or bool(environ.keys() & {"WT_SESSION", "TERM"})


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def _default_width(is_terminal: bool) -> int:  # noqa: FBT001 - a choice of two numbers
    return USUAL_WIDTH if is_terminal else UNBOUND_WIDTH


def _styled(found: re.Match[str]) -> str:
    return f"\x1b[{_STYLES[found.lastindex or 3]}m{found[0]}\x1b[0m"


@contextmanager
def _reader_may_leave(stream: TextIO) -> Iterator[None]:
    """Let `eleva … | head` end quietly; Windows calls a closed pipe EINVAL."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.EPIPE, errno.EINVAL}:
            raise
        _send_to_nowhere(stream)


def _send_to_nowhere(stream: TextIO) -> None:
    # What is still buffered would fail once more when the interpreter exits.
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
