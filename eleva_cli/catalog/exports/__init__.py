"""The catalogue for others: texts made of it, each deterministic and marked as made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports.jsons import as_json
from eleva_cli.catalog.exports.markdown import as_markdown
from eleva_cli.catalog.exports.python import python
from eleva_cli.catalog.exports.typescript import typescript


class Kind(StrEnum):
    """What the catalogue can be written as."""

    TYPESCRIPT = "typescript"
    PYTHON = "python"
    JSON = "json"
    MARKDOWN = "markdown"


FORMATS: Mapping[Kind, Callable[[Catalogue], str]] = {
    Kind.TYPESCRIPT: typescript,
    Kind.PYTHON: python,
    Kind.JSON: as_json,
    Kind.MARKDOWN: as_markdown,
}


def export(catalogue: Catalogue, kind: str) -> str:
    """Write a catalogue as one of the formats; it ends with a line break."""
    return FORMATS[Kind(kind)](catalogue)
