"""`python -m eleva_cli`, and the console script."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Never

from eleva_cli.cli import run
from eleva_cli.errors import ExitCode


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    _fill_closed_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    code = run(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # all is said: leave with the code
    if code == ExitCode.INTERRUPTED:
        _leave(code)
    raise SystemExit(code)


def _leave(code: int) -> Never:
    """End without waiting for reads whose answers nobody wants any more."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _fill_closed_streams() -> None:
    """
    Open what was handed over closed, as nothing.

    Else the first file we open would take its place, and what is said on stderr
    would be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = os.O_RDONLY if number == 0 else os.O_WRONLY
            opened = os.open(os.devnull, mode)
            stream = os.fdopen(opened, "r" if number == 0 else "w", encoding="utf-8")
            setattr(sys, name, stream)


def _interrupt(_number: int, _frame: FrameType | None) -> Never:
    """Take SIGTERM for Ctrl-C where no run is there to drain."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
