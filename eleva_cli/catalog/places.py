"""How a place in the catalogue's file is written, and what name was probably meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches

BARE = re.compile(r"[A-Za-z0-9_-]+")
LAST = re.compile(r'(?:^|\.)(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")$|\[\d+\]$')


def place(*parts: str | int) -> str:
    """Write a path as TOML does: `features."a.b".name`, `roles.ranking[2]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if BARE.fullmatch(part) else json.dumps(part)
            text += f".{name}" if text else name
    return text


def around(where: str) -> str:
    """Return the place that holds a place, "" for one at the top."""
    return LAST.sub("", where)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, `None` where none is near."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.5)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, else which there are."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}, not {name}?"
    most = 12
    listed = ", ".join(names[:most]) + (", …" if len(names) > most else "")
    return f"known: {listed}" if names else "there are none yet"
