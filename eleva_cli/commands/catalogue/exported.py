"""`catalog export`: the catalogue as a file for others, or whether that file is so.

A file is replaced in one step, and one that this command did not make only when told.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from shlex import quote

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports import export, header
from eleva_cli.errors import ExitCode, SafetyError, UsageError
from eleva_cli.outcome import Result
from eleva_cli.plan import Finding, Severity
from eleva_cli.replacing import replace_text

COMMAND = "catalog export"
SHOWN_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to write, where to, and whether only to look."""

    kind: str
    out: Path | None = None
    check: bool = False
    may_replace: bool = False


def write(catalogue: Catalogue, wanted: Wanted) -> Result:
    """Return the export, write it to a file, or compare the file with it."""
    if not wanted.kind:
        raise UsageError(
            "nothing says what to write",
            code="export-kind",
            hint="add --as typescript, python, json or markdown; or --ids",
        )
    return put(export(catalogue, wanted.kind), wanted)


def put(made: str, wanted: Wanted) -> Result:
    """Return a text, write it to a file, or compare the file with it."""
    if wanted.out is None:
        if wanted.check:
            raise UsageError(
                "--check compares a file, and none is named",
                code="export-unnamed",
                hint="add --out FILE",
            )
        return Result(command=COMMAND, headline="", text=made.rstrip("\n"))
    present = _read(wanted.out)
    if wanted.check:
        return _compared(wanted, wanted.out, present, made)
    if present == made:
        return _said(wanted.out, "is as it should be; nothing was written")
    _refuse_foreign(wanted, wanted.out, present)
    _replace(wanted.out, made)
    return _said(wanted.out, "written" if present is None else "written anew")


def _said(out: Path, what: str) -> Result:
    return Result(
        command=COMMAND, headline=f"{out}: {what}", summary={"file": str(out)}
    )


def _read(out: Path) -> str | None:
    """Return a file's text, `None` where there is no file.

    What is no text of ours is read all the same: it differs, and is not ours.
    """
    try:
        is_plain = out.is_file() or not out.exists()
        content = out.read_bytes() if is_plain else b""
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritable(out, error.strerror or str(error)) from error
    if not is_plain:
        raise _unwritable(out, "it is no plain file")
    # git may have given it the line ends of its machine
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _compared(wanted: Wanted, out: Path, present: str | None, made: str) -> Result:
    whole = "account" if wanted.kind == header.IDS else "catalogue"
    if present == made:
        return _said(out, f"agrees with the {whole}")
    said = "is not there" if present is None else f"differs from the {whole}"
    finding = Finding(
        code="export-stale",
        severity=Severity.ERROR,
        subject=str(out),
        message=said,
        hint=f"write it anew: {header.command(wanted.kind)} --out {quote(str(out))}",
    )
    return Result(
        command=COMMAND,
        headline=f"{out}: {said}",
        exit_code=ExitCode.FINDINGS,
        summary={"file": str(out)},
        findings=(finding,),
        text="" if present is None else _difference(present, made),
    )


def _difference(present: str, made: str) -> str:
    lines = unified_diff(
        present.splitlines(),
        made.splitlines(),
        "the file",
        "the catalogue",
        n=1,
        lineterm="",
    )
    shown = list(lines)
    if len(shown) > SHOWN_LINES:
        shown[SHOWN_LINES:] = [f"… {len(shown) - SHOWN_LINES} more lines"]
    return "\n".join(shown)


def _refuse_foreign(wanted: Wanted, out: Path, present: str | None) -> None:
    if present is None or wanted.may_replace:
        return
    if present.strip() and not header.is_generated(present, wanted.kind):
        raise SafetyError(
            f"{out} was not made by: {header.command(wanted.kind)}",
            code="export-foreign",
            hint="compare first, with --check; --yes replaces it",
        )


def _replace(out: Path, text: str) -> None:
    try:
        replace_text(out, text)
    except OSError as error:
        raise _unwritable(out, error.strerror or str(error)) from error


def _unwritable(out: Path, why: str) -> UsageError:
    return UsageError(
        f"{out}: {why}",
        code="export-unwritable",
        hint="name a file in a folder you may write to",
    )
