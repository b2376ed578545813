"""Ctrl-C: the first asks for a drain, the second leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import current_thread, main_thread
from types import FrameType

from eleva_cli.errors import ExitCode

LEFT = b"\nleft at once; what was sent is in doubt until: eleva run resume\n"
SHOW_CURSOR = b"\x1b[?25h"


@dataclass(slots=True)
class Stop:
    """
    Says that nothing more may be sent, and how many signals asked for it.

    Plain fields: a signal handler that takes a lock may find it held by the very
    thread that it interrupts.
    """

    is_raised: bool = False
    signals: int = 0


@contextmanager
def stop_on_signal(stop: Stop) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a raised flag for the length of a block."""
    if current_thread() is not main_thread():
        yield
        return

    def first_then_leave(_number: int, _frame: FrameType | None) -> None:
        if stop.signals:
            _leave()
        stop.signals += 1
        stop.is_raised = True

    previous = {
        number: signal.signal(number, first_then_leave)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave() -> None:
    """End the process here and now: `sent` rows say what is in doubt."""
    try:
        os.write(2, (SHOW_CURSOR if os.isatty(2) else b"") + LEFT)
    finally:
        os._exit(ExitCode.INTERRUPTED)
