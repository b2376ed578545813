"""The key of the e-mail hashes: beside the journal, so that the journal can be lent."""

from __future__ import annotations

import secrets
from pathlib import Path

from eleva_cli.errors import ConfigError
from eleva_cli.journal.files import keep_private, made_whole

BYTES = 32


def pseudonym_key(folder: Path) -> bytes:
    """Return this folder's key, made on first use; 0600."""
    path = folder / "pseudonyms.key"
    try:
        made_whole(path, _write)
        keep_private(path)
        return _read(path)
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}",
            code="state-unwritable",
            hint="make the folder writable or set ELEVA_STATE_DIR to another",
        ) from error


def _write(path: Path) -> None:
    path.write_bytes(secrets.token_bytes(BYTES))


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != BYTES:
        raise ConfigError(
            f"{path} is damaged",
            code="state-damaged",
            hint="delete it: e-mails are hashed anew at the next plan",
        )
    return key
