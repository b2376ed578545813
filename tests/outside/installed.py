"""What `scripts/outside` installed: where it is, and why it may not be there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
HOME = Path(sys.prefix) / "outside"
NPM = HOME / "npm"
WORKOS_OPENAPI = NPM / "workos-openapi.json"
LOCK = "package-lock.json"


def why_not(home: Path = HOME, lock: Path = HERE / LOCK) -> str | None:
    """Say why the artefacts cannot be used; nothing where they can."""
    reason = home / "why-not"
    if reason.exists():
        return f"outside: {reason.read_text(encoding='utf-8').strip()}"
    if not (home / "npm" / LOCK).exists():
        return "outside: not installed yet, `make outside` does it"
    if (home / "npm" / LOCK).read_bytes() != lock.read_bytes():
        return "outside: installed from another lock, `make outside` renews it"
    return None


def node() -> str:
    """Give the path of node, which runs what needs it."""
    found = shutil.which("node")
    if found is None:
        raise FileNotFoundError("node was here when the artefacts were installed")
    return found
