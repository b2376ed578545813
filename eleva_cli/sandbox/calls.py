"""The call log: one row a request, the effect in the same transaction as the change."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session, Value
    from eleva_cli.sandbox.store import Store

_BUFFERED = 64
_COLUMNS = (
    "t_start, t_end, service, method, template, path, idempotency_key, status, fault,"
    " in_flight, effect, replayed, request_id"
)
_INSERT = f"INSERT INTO calls ({_COLUMNS}) VALUES ({','.join('?' * 13)})"  # noqa: S608


@dataclass(slots=True, kw_only=True)
class Row:
    """What is known of one request; the query is not kept, it may hold an address."""

    service: str
    method: str
    template: str
    path: str
    in_flight: int
    request_id: str
    t_start: float
    idempotency_key: str | None = None
    status: int | None = None
    fault: str | None = None
    effect: list[Json] | None = None
    replayed: bool = False
    seq: int | None = None

    def values(self, t_end: float) -> tuple[Value, ...]:
        """Give the columns of the row."""
        return (
            self.t_start,
            t_end,
            self.service,
            self.method,
            self.template,
            self.path,
            self.idempotency_key,
            self.status,
            self.fault,
            self.in_flight,
            None if self.effect is None else dump(self.effect),
            int(self.replayed),
            self.request_id,
        )


class CallLog:
    """Writes rows in batches; rows with an effect never wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: list[tuple[Row, float]] = []

    def write_effect(self, session: Session, row: Row) -> None:
        """Write a row inside the transaction of its change."""
        row.seq = session.run(_INSERT, row.values(time.time()))

    def finish(self, row: Row) -> None:
        """Note that a request is over."""
        with self._lock:
            self._waiting.append((row, time.time()))
            full = len(self._waiting) >= _BUFFERED
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            rows, self._waiting = self._waiting, []
        if not rows:
            return
        new = [row.values(end) for row, end in rows if row.seq is None]
        ended = [(end, row.status, row.seq) for row, end in rows if row.seq is not None]
        with self._store.write() as session:
            session.run_many(_INSERT, new)
            session.run_many(
                "UPDATE calls SET t_end = ?, status = ? WHERE seq = ?", ended
            )

    def forget(self) -> None:
        """Drop what waits."""
        with self._lock:
            self._waiting.clear()
