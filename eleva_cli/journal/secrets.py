"""The key of the e-mail hashes: beside the journal, so that the journal can be lent."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from eleva_cli.errors import ConfigError

BYTES = 32


def pseudonym_key(folder: Path) -> bytes:
    """Return this folder's key, made on first use; 0600."""
    path = folder / "pseudonyms.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return _read(path)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
        return _read(path)
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}",
            code="state-unwritable",
            hint="make the folder writable or set ELEVA_STATE_DIR to another",
        ) from error


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != BYTES:
        raise ConfigError(
            f"{path} is damaged",
            code="state-damaged",
            hint="delete it: e-mails are hashed anew at the next plan",
        )
    return key
