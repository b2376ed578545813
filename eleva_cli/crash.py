"""Writes down what happened when the tool itself is at fault, without secrets."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from eleva_cli.output.mask import scrub


def write_report(error: BaseException, arguments: Sequence[str]) -> Path:
    """Write a traceback, scrubbed of keys and e-mails, to a private file."""
    trace = "".join(traceback.format_exception(error))
    text = scrub(f"eleva {' '.join(arguments)}\n\n{trace}")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="eleva-", suffix=".log", delete=False
    ) as file:
        file.write(text)
    return Path(file.name)
