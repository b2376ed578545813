"""What the parts of a rehearsal share: the snapshot's rows, and made-up addresses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from eleva_cli.journal.snapshots import Names
from eleva_cli.journal.store import Store


@dataclass(slots=True, kw_only=True)
class Making:
    """What the parts share while they are made."""

    store: Store
    snapshot: int
    at: int
    is_live: bool
    names: Names
    stand_ins: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def rows(self, sql: str, **values: object) -> Iterator[Any]:
        """Yield rows of the snapshot, by name; `:s` is its number."""
        cursor = self.store.conn.cursor()
        cursor.row_factory = _named
        yield from cursor.execute(sql, {"s": self.snapshot, **values})


def _named(cursor: Any, row: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as SQLite has it
    names = (column[0] for column in cursor.description)
    return dict(zip(names, row, strict=True))


def address_of(email_hash: str) -> str:
    """Make the address that stands for a hash: equal hashes, equal addresses."""
    return f"person-{email_hash[:20]}@example.test"


def listed(text: str) -> list[str]:
    """Read a list of texts as the journal keeps it."""
    found: list[str] = json.loads(text)
    return found
