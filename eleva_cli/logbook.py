"""The log file of `--log-file`: one line a request, scrubbed, private to its owner."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from time import gmtime

from eleva_cli.errors import UsageError
from eleva_cli.output.mask import scrub

NAME = "eleva"
FORM = "%(asctime)s.%(msecs)03dZ %(threadName)s %(message)s"
TIME = "%Y-%m-%dT%H:%M:%S"


class Scrubbing(logging.Formatter):
    """Takes keys and e-mails out of every line, whoever wrote it; times in UTC."""

    converter = staticmethod(gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be kept."""
        return scrub(super().format(record))


def open_log(path: Path) -> Callable[[], None]:
    """
    Begin to log to a file, made 0600 where it is new; return what ends it.

    Raise `UsageError` where it cannot be written.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}",
            code="log-unwritable",
            hint="name a file in a folder you may write to",
        ) from error
    handler.setFormatter(Scrubbing(FORM, TIME))
    logger = logging.getLogger(NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False

    def close() -> None:
        logger.removeHandler(handler)
        handler.close()

    return close
