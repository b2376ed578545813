"""Opens the journal file and lends out transactions.

One file per profile: private to its owner, checked to be ours before anything
else is believed of it, and never mistaken for "no run" when it cannot be read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Row
from typing import Any

from sqlite_utils import Database

from eleva_cli.errors import ConfigError, ElevaError
from eleva_cli.journal.files import keep_private, made_whole
from eleva_cli.journal.schema import APPLICATION_ID, known, migrations

OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
BUSY_MS = 30_000
WAL_BYTES = 64 * 1024 * 1024
__all__ = ["Row", "Store", "journal_error"]

HINTS = {
    "SQLITE_FULL": "free some space on that disk, then run the same command again",
    "SQLITE_READONLY": "make the folder writable or set ELEVA_STATE_DIR to another",
    "SQLITE_CANTOPEN": "check the folder and its rights, or set ELEVA_STATE_DIR",
    "SQLITE_NOTADB": "this is no journal; restore it, or set ELEVA_STATE_DIR elsewhere",
    "SQLITE_CORRUPT": "keep the file, restore a copy, or set ELEVA_STATE_DIR elsewhere",
    "SQLITE_BUSY": "another process holds the journal; try again when it has ended",
    "SQLITE_IOERR": "check the disk; network folders cannot hold a journal",
}


def journal_error(error: sqlite3.Error, path: Path) -> ElevaError:
    """Turn SQLite's error into ours; raises nothing."""
    name = getattr(error, "sqlite_errorname", None) or "SQLITE_ERROR"
    short = next((key for key in HINTS if name.startswith(key)), name)
    return ConfigError(
        f"the journal {path} cannot be used: {error}",
        code="journal-" + short.removeprefix("SQLITE_").lower(),
        hint=HINTS.get(short, "keep the file and report this"),
    )


class Store:
    """A connection to the journal; used by one thread only."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db
        self.conn = db.conn

    @classmethod
    def open(cls, path: Path) -> Store:
        """
        Open or create the journal at `path`, up to date and 0600.

        Raises `ConfigError` with a `journal-…` code where it cannot be used.
        """
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise ConfigError(
                f"SQLite {sqlite3.sqlite_version} is too old",
                code="sqlite-too-old",
                hint="use a Python built with SQLite 3.37 or newer",
            )
        try:
            return cls._open(path)
        except sqlite3.Error as error:
            raise journal_error(error, path) from error
        except OSError as error:
            raise ConfigError(
                f"the journal {path} cannot be used: {error.strerror or error}",
                code="journal-cantopen",
                hint=HINTS["SQLITE_CANTOPEN"],
            ) from error

    @classmethod
    def _open(cls, path: Path) -> Store:
        made_whole(path, _create)
        keep_private(path)
        store = cls(path, _connect(path))
        try:
            _check_ours(store)
            _prepare(store)
        except BaseException:
            store.close()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for a block; committed at its end, or nothing of it."""
        try:
            self.conn.execute("begin immediate")
            try:
                yield self.conn
            except BaseException:
                if self.conn.in_transaction:
                    self.conn.execute("rollback")
                raise
            self.conn.execute("commit")
        except sqlite3.Error as error:
            if self.conn.in_transaction:
                self.conn.execute("rollback")
            raise journal_error(error, self.path) from error

    def rows(self, sql: str, *args: object) -> Iterator[Row]:
        """Yield the rows of a query, by name."""
        cursor = self.conn.cursor()
        cursor.row_factory = Row
        try:
            yield from cursor.execute(sql, args)
        except sqlite3.Error as error:
            raise journal_error(error, self.path) from error

    def one(self, sql: str, *args: object) -> Row | None:
        """Return the first row of a query, `None` where there is none."""
        return next(self.rows(sql, *args), None)

    def value(self, sql: str, *args: object) -> Any:  # noqa: ANN401 - SQLite decides
        """Return the first column of the first row, `None` where there is none."""
        row = self.one(sql, *args)
        return None if row is None else row[0]

    def insert(self, table: str, rows: Iterable[Sequence[object]], width: int) -> None:
        """Insert or replace whole rows; the caller holds the transaction."""
        marks = ",".join("?" * width)
        self.conn.executemany(f"insert or replace into {table} values ({marks})", rows)

    def count_on(self, name: str) -> int:
        """Return the next number of a series, never given twice; in a transaction."""
        sql = """
          insert into facts (name, value) values (?, '1')
          on conflict (name) do update set value = cast(value + 1 as text)
          returning value
        """
        return int(self.conn.execute(sql, (name,)).fetchone()[0])

    def close(self) -> None:
        """Give the file back."""
        self.conn.close()


def _connect(path: Path) -> Database:
    conn = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    return Database(conn, execute_plugins=False)


def _create(path: Path) -> None:
    """Write an empty journal of this version, whole before it gets its name."""
    store = Store(path, _connect(path))
    try:
        store.conn.execute(f"pragma application_id = {APPLICATION_ID}")
        store.conn.execute("pragma journal_mode = wal")
        with store.write():
            migrations.apply(store.db)
    finally:
        store.close()


def _check_ours(store: Store) -> None:
    if store.value("pragma application_id") != APPLICATION_ID:
        raise ConfigError(
            f"{store.path} is not a journal of eleva",
            code="journal-notadb",
            hint=HINTS["SQLITE_NOTADB"],
        )
    newer = {row.name for row in migrations.applied(store.db)} - known()
    if newer:
        raise ConfigError(
            f"the journal {store.path} was written by a newer version",
            code="journal-newer",
            hint="update eleva, or set ELEVA_STATE_DIR to another folder",
        )


def _prepare(store: Store) -> None:
    run = store.conn.execute
    run("pragma journal_mode = wal")
    run("pragma synchronous = full")
    run("pragma fullfsync = 1")
    run("pragma checkpoint_fullfsync = 1")
    run("pragma foreign_keys = on")
    run(f"pragma journal_size_limit = {WAL_BYTES}")
    if migrations.pending(store.db):
        with store.write():
            migrations.apply(store.db)
