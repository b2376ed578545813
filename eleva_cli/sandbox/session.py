"""One transaction: find, list, put and remove objects, and remember what changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.kinds import KINDS

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

Value: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[str, str, str, int, str]
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A page to read: `cursor` is an id, `forward` follows the order of the list."""

    kind: str
    shelf: str
    limit: int
    reference: tuple[str, str] | None = None
    where: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    newest_first: bool = True
    cursor: str | None = None
    forward: bool = True


class Session:
    """What a request may do inside its transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.changes: list[tuple[str, str, Json | None, Json | None]] = []

    def run(self, statement: str, values: Sequence[Value] = ()) -> int:
        """Run a statement, and give the rowid of what it inserted."""
        return self._connection.execute(statement, values).lastrowid or 0

    def run_many(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement for many rows."""
        self._connection.executemany(statement, rows)

    def rows(
        self, statement: str, values: Sequence[Value] = ()
    ) -> list[tuple[str, int]]:
        """Read rows."""
        return self._connection.execute(statement, values).fetchall()

    def set_meta(self, name: str, value: str) -> None:
        """Keep a value by name."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def forget_changes(self) -> None:
        """Undo what the handler wrote, and go on in the same transaction."""
        self._connection.execute("ROLLBACK TO handler")
        self.changes.clear()

    def text(self, kind: str, object_id: str) -> str | None:
        """Give an object as it is stored."""
        row = self._connection.execute(
            "SELECT body FROM objects WHERE kind = ? AND id = ?", (kind, object_id)
        ).fetchone()
        return None if row is None else str(row[0])

    def get(self, kind: str, object_id: str) -> Json | None:
        """Give an object by its id."""
        text = self.text(kind, object_id)
        return None if text is None else load(text)

    def find(self, kind: str, name: str, value: str) -> Json | None:
        """Give the oldest object found by a reference."""
        row = self._connection.execute(
            "SELECT o.body FROM refs r JOIN objects o USING (seq) WHERE r.kind = ?"
            " AND r.name = ? AND r.value = ? ORDER BY r.created, r.seq LIMIT 1",
            (kind, name, value),
        ).fetchone()
        return None if row is None else load(row[0])

    def page(self, query: Query) -> tuple[list[str], bool]:
        """Read one page in the list's order, and say whether there is more."""
        statement, values = _select(query, self._position(query))
        texts = [row[0] for row in self._connection.execute(statement, values)]
        has_more = len(texts) > query.limit
        texts = texts[: query.limit]
        return (texts if query.forward else texts[::-1]), has_more

    def _position(self, query: Query) -> tuple[int, int] | None:
        if query.cursor is None:
            return None
        row = self._connection.execute(
            "SELECT created, seq FROM objects WHERE kind = ? AND id = ?",
            (query.kind, query.cursor),
        ).fetchone()
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def new_id(self, kind: str, *, prefix: str | None = None) -> str:
        """Make an id that only the history decides, so that runs can be compared."""
        row = self._connection.execute(
            "INSERT INTO meta VALUES ('serial', '1') ON CONFLICT (name)"
            " DO UPDATE SET value = value + 1 RETURNING value"
        ).fetchone()
        return make_id(prefix or KINDS[kind].prefix, f"{kind}/{row[0]}")

    def put(self, kind: str, body: Json) -> None:
        """Create or replace an object, and remember the change if there is one."""
        before = self.get(kind, body["id"])
        if before == body:
            return
        self.changes.append((kind, body["id"], before, body))
        row = row_of(kind, body)
        if before is None:
            seq = self.run(
                "INSERT INTO objects (kind, id, shelf, created, body)"
                " VALUES (?, ?, ?, ?, ?)",
                row,
            )
        else:
            seq = self._replace(row)
        refs = ((kind, *pair, row[3], seq) for pair in KINDS[kind].references(body))
        self.run_many("INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?)", refs)

    def _replace(self, row: Row) -> int:
        kind, object_id, shelf, _, text = row
        seq = int(
            self._connection.execute(
                "UPDATE objects SET shelf = ?, body = ? WHERE kind = ? AND id = ?"
                " RETURNING seq",
                (shelf, text, kind, object_id),
            ).fetchone()[0]
        )
        self.run("DELETE FROM refs WHERE seq = ?", (seq,))
        return seq

    def remove(self, kind: str, object_id: str) -> None:
        """Take an object away for good."""
        before = self.get(kind, object_id)
        self.changes.append((kind, object_id, before, None))
        self.run(
            "DELETE FROM refs WHERE seq ="
            " (SELECT seq FROM objects WHERE kind = ? AND id = ?)",
            (kind, object_id),
        )
        self.run("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, object_id))


def row_of(kind: str, body: Json) -> Row:
    """Give the stored row of an object."""
    known = KINDS[kind]
    return kind, body["id"], known.shelf(body), known.created_ms(body), dump(body)


def make_id(prefix: str, source: str) -> str:
    """Make an id of the vendors' look from any text."""
    digest = hashlib.blake2b(source.encode(), digest_size=16).digest()
    tail = "".join(_ALPHABET[byte & 31] for byte in digest)
    return f"{prefix}_01{tail}"


def _select(query: Query, position: tuple[int, int] | None) -> tuple[str, list[Value]]:
    """Write the statement of a page; only our own texts become part of it."""
    values: list[Value] = []
    if query.reference is None:
        place, source = "o", "objects o"
        conditions = ["o.shelf = ?"]
        values.append(query.shelf)
    else:
        place, source = "r", "refs r JOIN objects o USING (seq)"
        conditions = ["r.kind = ?", "r.name = ?", "r.value = ?", "o.shelf = ?"]
        values += [query.kind, *query.reference, query.shelf]
    descending = query.newest_first == query.forward
    if position is not None:
        sign = "<" if descending else ">"
        conditions.append(f"({place}.created, {place}.seq) {sign} (?, ?)")
        values += position
    for condition, more in query.where:
        conditions.append(condition)
        values += more
    order = "DESC" if descending else "ASC"
    statement = (
        f"SELECT o.body FROM {source} WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" ORDER BY {place}.created {order}, {place}.seq {order} LIMIT ?"
    )
    return statement, [*values, query.limit + 1]
