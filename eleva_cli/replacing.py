"""A file of the user's, replaced whole or left as it was."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path


def replace_text(file: Path, text: str) -> None:
    """
    Write a file beside the present one and put it in its place.

    A link stays a link, and rights stay. Of several writers at once the last one wins,
    on any machine. Raises `OSError`, and then nothing changed.
    """
    target = file.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.new")
    try:
        with new.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, new)
        new.replace(target)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
