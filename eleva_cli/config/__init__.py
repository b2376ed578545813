"""Where settings come from; the only place that reads the environment.

Kept light: the pydantic model behind `settings.py` is imported when a command
needs it, not for `--help`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def environment() -> Mapping[str, str]:
    """Return the process environment as a plain mapping."""
    return dict(os.environ)


def overlaid(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process, with these values on top."""
    return {**os.environ, **extra}


def state_dir() -> Path:
    """Return the folder of journals: ELEVA_STATE_DIR, or this user's own."""
    if told := os.environ.get("ELEVA_STATE_DIR"):
        return Path(told)
    import platformdirs  # noqa: PLC0415 - not where the folder is told

    return platformdirs.user_state_path("eleva", appauthor=False)


def sandbox_store(folder: Path) -> Path:
    """Return the file in which `--sandbox` keeps its two services."""
    return folder / "sandbox" / "world.db"
