"""Whose a file is: its first line names account and mode; who wrote into it since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.sheets import Sheet

PIN = re.compile(r"(\w+)=([^;,\s\"]+)")


def check(sheet: Sheet, account: str, mode: str, *, flag: str) -> None:
    """Raise `UsageError` for a file that is not of this account; `flag` makes one."""
    pins = dict(PIN.findall(" ".join(sheet.comments())))
    if not {"account", "mode"} <= set(pins):
        raise sheet.fail(
            "unpinned",
            "the first line does not name account and mode",
            f"write a new file with: eleva migrate plan {flag} FILE",
        )
    if (pins["account"], pins["mode"]) != (account, mode):
        raise sheet.fail(
            "account",
            f"it is of {pins['account']} ({pins['mode']}), not {account} ({mode})",
            "use the file that was written for this account",
        )


def is_ours(path: Path, noun: str) -> bool:
    """Tell whether a file is one that we wrote: not there yet, empty, or pinned so."""
    if not path.is_file() or path.stat().st_size == 0:
        return True
    try:
        said = Sheet(path=path, noun="file").comments()
    except UsageError:
        return False
    return any(line.startswith(f"eleva {noun};") for line in said)


def is_filled(path: Path, by_hand: Sequence[str]) -> bool:
    """Tell whether one of these columns of a file of ours holds something."""
    if not path.is_file():
        return False
    sheet = Sheet(path=path, noun="file")
    try:
        return any(set(by_hand) & set(row.cells) for row in sheet.rows())
    except UsageError:
        return False  # none of ours
