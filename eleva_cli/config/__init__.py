"""Where settings come from; the only place that reads the environment.

Kept light: the pydantic model behind `settings.py` is imported when a command
needs it, not for `--help`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """Return the process environment as a plain mapping."""
    return dict(os.environ)


def overlaid(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process, with these values on top."""
    return {**os.environ, **extra}
