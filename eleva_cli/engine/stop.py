"""Ctrl-C: the first asks for a drain, the second leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

from eleva_cli.errors import ExitCode


@contextmanager
def stop_on_signal(stop: Event, tell: Callable[[], None]) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a raised flag for the length of a block."""
    if current_thread() is not main_thread():
        yield
        return

    def first_then_leave(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(ExitCode.INTERRUPTED)  # `sent` rows say what is in doubt
        stop.set()
        tell()

    previous = {
        number: signal.signal(number, first_then_leave)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
