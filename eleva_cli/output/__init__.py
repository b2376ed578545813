"""How answers are written: the formats here, what writes them in the modules beside.

Kept empty of imports: the name of every format stands in each command's help.
"""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    MARKDOWN = "markdown"
