"""Files that are private, and there either whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

PATIENCE_S = 30.0


def made_whole(path: Path, make: Callable[[Path], None]) -> None:
    """
    Create a 0600 file by `make` where there is none, under its name when done.

    A process that dies in between leaves nothing under that name, and of several
    that begin at once the first one makes it. Raises `OSError`.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = path.with_name(f"{path.name}.lock")
    with FileLock(lock, timeout=PATIENCE_S, mode=0o600):
        if path.exists():
            return
        draft = path.with_name(f"{path.name}.new")
        for part in draft.parent.glob(f"{draft.name}*"):
            part.unlink()
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        make(draft)
        draft.replace(path)


def keep_private(path: Path) -> None:
    """Take back what others may do with a file of ours; Windows has no such bits."""
    status = path.stat()
    if os.name == "posix" and status.st_uid == os.geteuid() and status.st_mode & 0o077:
        path.chmod(0o600)
