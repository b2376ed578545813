"""How answers are written: the formats here, what writes them in the modules beside.

Kept light: the name of every format stands in each command's help.
"""

from __future__ import annotations

from enum import StrEnum

from eleva_cli.errors import UsageError


class Format(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"
    HTML = "html"


# Only an audit can be told in these.
OF_AN_AUDIT = frozenset({Format.JUNIT, Format.GITHUB, Format.HTML})
# Read by more people than the operator: ids are cut there, unless asked for.
PUBLIC = OF_AN_AUDIT | {Format.MARKDOWN, Format.CSV}


def unfit(format: Format, command: str) -> UsageError:  # noqa: A002 - the flag's name
    """Say that a command's answer cannot be told in a format."""
    return UsageError(
        f"{command or 'this command'} cannot answer in {format.value}: it is no audit",
        code="format-unfit",
        hint="take table, json, ndjson, csv or markdown; "
        "junit, github and html are for `eleva verify`",
    )
