"""What must still be true when a byte leaves, asked thread by thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def nothing() -> None:
    """Stand in where nobody wants to be asked."""


class Gate:
    """What must still be true when a byte leaves, asked thread by thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def guarded(self, check: Callable[[], None]) -> Iterator[None]:
        """Have `check` called before each request of this thread; it may raise."""
        outer: Callable[[], None] = getattr(self._local, "check", nothing)
        self._local.check = check
        try:
            yield
        finally:
            self._local.check = outer

    def check(self) -> None:
        """Call what guards this thread, if anything does."""
        check: Callable[[], None] = getattr(self._local, "check", nothing)
        check()
