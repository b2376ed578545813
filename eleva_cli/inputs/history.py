"""The history file: what one night leaves to the next, carried between CI machines.

JSON lines: who it is of, the nights, the known flaws, and a last line that counts them,
so that half a file is never taken for a whole one. A file that cannot be read is an
error: taken for no history, it would hide what is new and forget what was accepted.
"""

from __future__ import annotations

import json
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.history_lines import (
    NewerError,
    Reader,
    WrongError,
    lines_of,
    object_of,
)
from eleva_cli.replacing import replace_text
from eleva_cli.standing.history import History, digest


def read(path: Path, *, account: str, mode: str) -> History:
    """
    Return the history of this account and mode; where no file is, the one of no nights.

    Raises `UsageError` with a `history-…` code.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        if path.parent.is_dir():
            return History.none(account, mode)
        raise _fail(
            path, "unreadable", "there is no such folder", "make the folder first"
        ) from None
    except UnicodeDecodeError as error:
        raise _fail(path, "syntax", "this is not UTF-8 text", _restore()) from error
    except OSError as error:
        reason = f"cannot read it: {error.strerror or error}"
        raise _fail(path, "unreadable", reason, "check its rights") from error
    history = _parsed(path, text)
    if (history.account, history.mode) != (digest(account), mode):
        raise _fail(
            path,
            "account",
            f"the history of another account or mode ({history.mode})",
            "name a history file for each profile",
        )
    return history


def write(path: Path, history: History) -> None:
    """Replace the file whole; raises `UsageError`, and then the old one stands."""
    try:
        replace_text(path, dump(history))
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}",
            code="history-unwritable",
            hint="name a file in a folder you may write to; the next night sees what"
            " this one saw as it was before",
        ) from error


def dump(history: History) -> str:
    """Write a history as `read` takes it back, the same for an equal one."""
    return "".join(f"{json.dumps(line)}\n" for line in lines_of(history))


def _parsed(path: Path, text: str) -> History:
    lines = text.split("\n")
    if not text.endswith("\n"):
        last = "the last line is not whole" if text else "the file is empty"
        raise _fail(path, "torn", last, _restore(), len(lines))
    reader = Reader()
    for number, line in enumerate(lines[:-1], start=1):
        try:
            reader.take(object_of(line))
        except WrongError as error:
            raise _fail(path, "syntax", str(error), _restore(), number) from error
        except NewerError as error:
            hint = "use that version of eleva, or another file"
            raise _fail(path, "newer", str(error), hint, number) from error
    if not reader.is_whole:
        raise _fail(path, "torn", "lines are missing at the end", _restore())
    return reader.history


def _restore() -> str:
    return "restore it from the last good night, or remove it to begin anew"


def _fail(path: Path, what: str, message: str, hint: str, line: int = 0) -> UsageError:
    place = f"{path}:{line}" if line else str(path)
    return UsageError(f"{place}: {message}", code=f"history-{what}", hint=hint)
