"""What every export says of itself: which command made it, and from what.

The digest is of the catalogue's content, not of its file: another comment or another
order of fields in a table is the same catalogue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from eleva_cli.catalog import Catalogue
from eleva_cli.outcome import Json

HEAD_LINES = 8
IDS = "ids"  # made of an account beside the catalogue, and so no `--as`


def command(kind: str) -> str:
    """Return the command that makes this kind of export."""
    return "eleva catalog export " + ("--ids" if kind == IDS else f"--as {kind}")


def digest(catalogue: Catalogue) -> str:
    """Identify the content of a catalogue, whichever account it is for."""
    content = as_json(catalogue)
    assert isinstance(content, Mapping)
    content = {name: each for name, each in content.items() if name != "account"}
    text = json.dumps(content, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def is_generated(text: str, kind: str) -> bool:
    """Tell whether a file was made by the command of that kind."""
    return command(kind) in "\n".join(text.splitlines()[:HEAD_LINES])


def as_json(value: object) -> Json:
    """Return a value of the catalogue as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): as_json(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [as_json(each) for each in value]
    assert value is None or isinstance(value, str | int | bool)
    return value
