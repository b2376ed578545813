"""What was there some seconds ago: SQLite's own snapshots, for stale reads.

Before a write, a connection opens a read transaction and holds it. The first state
that was kept at or after a moment is what stood at that moment, as nothing was
written in between. Where writes are dense, not each keeps its state: an answer may
then be younger than asked for by a sixteenth.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from eleva_cli.sandbox.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DENSITY = 16


class _Kept:
    """The state that stood until a moment, on a connection of its own."""

    def __init__(self, path: Path, until: float) -> None:
        self.until = until
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self.connection.execute("PRAGMA query_only=ON")
        self.connection.execute("BEGIN")
        # a transaction sees what is there at its first read, not at its beginning
        self.connection.execute("SELECT count(*) FROM meta").fetchone()

    def close(self) -> None:
        with self.lock:
            self.connection.close()


class Past:
    """The states of one store that stale rules may still ask for, oldest first."""

    def __init__(self, path: Path, oldest_s: Callable[[], float]) -> None:
        self._path = path
        self._oldest_s = oldest_s
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []

    def keep(self) -> None:
        """Keep the present state, if a rule may ask for it; call before a write."""
        oldest_s = self._oldest_s()
        if not oldest_s and not self._kept:
            return
        now = time.monotonic()
        with self._lock:
            self._forget(before=now - oldest_s if oldest_s else now)
            is_dense = self._kept and now - self._kept[-1].until < oldest_s / DENSITY
            if oldest_s and not is_dense:
                self._kept.append(_Kept(self._path, now))

    def _forget(self, *, before: float) -> None:
        while self._kept and self._kept[0].until < before:
            self._kept.pop(0).close()

    @contextmanager
    def read(self, seconds: float) -> Iterator[Session | None]:
        """Give a view of what stood some seconds ago; none if it still stands."""
        found = self._standing_at(time.monotonic() - seconds)
        if found is None:
            yield None
            return
        try:
            yield Session(found.connection)
        finally:
            found.lock.release()

    def _standing_at(self, moment: float) -> _Kept | None:
        """Find the state, and hold its connection."""
        with self._lock:
            found = next((each for each in self._kept if each.until >= moment), None)
            if found is not None:
                found.lock.acquire()
            return found

    def close(self) -> None:
        """Forget every state."""
        with self._lock:
            self._forget(before=float("inf"))
