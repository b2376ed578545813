"""Who holds a lock: written beside it, for the one who finds it taken."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from eleva_cli.journal.runs import whoami

SUFFIX = ".holder"


def sign(lock: Path, *, since: float) -> None:
    """Write down who took the lock, and when (Unix seconds)."""
    host, pid, person = whoami()
    moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    text = f"{person} on {host} (process {pid}, since {moment})"
    with suppress(OSError):  # a courtesy: the lock itself is held
        lock.with_suffix(SUFFIX).write_text(text, encoding="utf-8")


def holder(lock: Path) -> str | None:
    """Return who took the lock, `None` where that cannot be told."""
    try:
        return lock.with_suffix(SUFFIX).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
