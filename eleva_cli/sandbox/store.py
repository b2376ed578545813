"""The sandbox's memory: objects as JSON in SQLite, indexed by what they are found by.

It must not know what an object means. Two processes may serve one file: every write
request is one `BEGIN IMMEDIATE` transaction.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.session import Session
from eleva_cli.sandbox.settings import Settings

if TYPE_CHECKING:
    from eleva_cli.sandbox.effects import Change
    from eleva_cli.sandbox.jsons import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL,
    shelf TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS objects_listed ON objects (shelf, created, seq);
CREATE TABLE IF NOT EXISTS refs (
    kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    created INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (kind, name, value, created, seq)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refs_of ON refs (seq);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, at REAL NOT NULL, request_id TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, t_start REAL NOT NULL,
    t_end REAL NOT NULL, service TEXT NOT NULL, method TEXT NOT NULL,
    template TEXT NOT NULL, path TEXT NOT NULL, idempotency_key TEXT,
    status INTEGER, fault TEXT, in_flight INTEGER NOT NULL, effect TEXT,
    replayed INTEGER NOT NULL, request_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS calls_with_effect ON calls (seq) WHERE effect IS NOT NULL;
"""

# how long settings and faults are believed before they are read again
FRESH_S = 0.05
TABLES = ("objects", "refs", "answers", "calls")


class Store:
    """One SQLite file, one connection a thread."""

    def __init__(self, path: Path | None) -> None:
        if path is None:
            folder = tempfile.mkdtemp(prefix="eleva-sandbox-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            path = Path(folder) / "sandbox.db"
        self.path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        # SQLite's own busy wait backs off to 100 ms; a fair lock costs microseconds.
        self._writing = threading.Lock()
        self._settings = ("", Settings())
        self._meta: dict[str, tuple[str | None, float]] = {}
        # told before each change, while nobody else may write
        self.before_write: Callable[[], None] = lambda: None
        # told after each change what it was, when everybody may write again
        self.after_write: Callable[[list[Change]], None] = lambda _: None
        with self.write() as session:
            for statement in SCHEMA.split(";\n"):
                session.run(statement)
            _upgrade(session)

    def _connection(self) -> sqlite3.Connection:
        present: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if present is None:
            present = sqlite3.connect(
                self.path,
                # another process may be moving its clock over years
                timeout=600,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            present.execute("PRAGMA journal_mode=WAL")
            present.execute("PRAGMA synchronous=OFF")
            present.execute("PRAGMA cache_size=-4000")
            self._local.connection = present
            self._opened.append(present)
        return present

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a view; each statement in it is consistent, as at the vendors."""
        yield Session(self._connection())

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give one atomic change, alone among all threads and processes."""
        connection = self._connection()
        with self._writing:
            self.before_write()
            connection.execute("BEGIN IMMEDIATE")
            session = Session(connection)
            try:
                yield session
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        if session.changes:
            self.after_write(session.changes)

    def settings(self) -> Settings:
        """Give the present settings; another process may have changed them."""
        text = self.meta("settings")
        if text is None:
            return self._settings[1]
        seen, settings = self._settings
        if text != seen:
            settings = Settings().updated(load(text))
            self._settings = (text, settings)
        return settings

    def set_settings(self, settings: Settings) -> None:
        """Keep new settings for every process that serves this file."""
        self.set_meta("settings", dump(settings.as_json()))

    def meta(self, name: str) -> str | None:
        """Give a value kept by name; one of another process, a moment late."""
        text, until = self._meta.get(name, (None, 0.0))
        if time.monotonic() < until:
            return text
        row = (
            self._connection()
            .execute("SELECT value FROM meta WHERE name = ?", (name,))
            .fetchone()
        )
        text = None if row is None else str(row[0])
        self._meta[name] = (text, time.monotonic() + FRESH_S)
        return text

    def forget_meta(self, name: str) -> None:
        """Read a value anew next time: a session has set it."""
        self._meta.pop(name, None)

    def set_meta(self, name: str, value: str) -> None:
        """Keep a value by name."""
        with self.write() as session:
            session.set_meta(name, value)
        self._meta[name] = (value, time.monotonic() + FRESH_S)

    def counts(self) -> Json:
        """Count the objects by kind, the deleted apart."""
        with self.read() as session:
            rows = session.rows(
                "SELECT kind || iif(shelf = 'deleted', ':deleted', ''), count(*)"
                " FROM objects GROUP BY 1 ORDER BY 1"
            )
        return dict(rows)

    def reset(self) -> None:
        """Forget every object, answer and call; settings stay."""
        with self.write() as session:
            for table in TABLES:
                session.run(f"DELETE FROM {table}")  # noqa: S608  # our own names

    def close(self) -> None:
        """Close every thread's connection."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()


def _upgrade(session: Session) -> None:
    """Add what a file of an earlier version lacks."""
    columns = session.rows("SELECT name, 0 FROM pragma_table_info('answers')")
    if ("request_id", 0) not in columns:
        session.run("ALTER TABLE answers ADD COLUMN request_id TEXT DEFAULT ''")
