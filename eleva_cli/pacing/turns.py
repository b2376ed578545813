"""One thread at a time, where what the first one finds is there for all others."""

from __future__ import annotations

import threading
from types import TracebackType


class Turn:
    """A block that one thread is in at a time; it is not for waiting on a service."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
