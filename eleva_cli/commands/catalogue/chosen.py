"""Which catalogue a command works with: the one that is configured, or the packaged."""

from __future__ import annotations

from pathlib import Path

from eleva_cli.bootstrap import App, flags_of
from eleva_cli.catalog import Catalogue
from eleva_cli.config.settings import resolve
from eleva_cli.errors import ConfigError
from eleva_cli.inputs import catalogue as inputs
from eleva_cli.shell import Shell


def path(shell: Shell) -> Path | None:
    """Return the file that the settings name, `None` for the packaged one."""
    flags = flags_of(shell)
    overrides: dict[str, str] | None = {} if flags.sandbox else None
    return resolve(flags, Path.cwd(), overrides).catalog


def title(file: Path | None) -> str:
    """Return how the file is called in what is said about it."""
    return inputs.PACKAGED if file is None else str(file)


def place(file: Path | None) -> str:
    """Return where the file is, the packaged one too: it is there to be copied."""
    return str(inputs.packaged_path() if file is None else file)


def text(file: Path | None) -> str:
    """Return the text of the file."""
    return inputs.packaged() if file is None else inputs.read_text(file)


def catalogue(file: Path | None) -> Catalogue:
    """Return what the file says; raises `UsageError` where it is wrong."""
    return inputs.read(file)


def for_account(app: App) -> Catalogue:
    """
    Return the catalogue in use, if it is for the account of these keys.

    Raises `ConfigError` where it names another one; whose keys these are is the only
    thing that was asked by then.
    """
    found = catalogue(app.settings.catalog)
    if found.account is not None and found.account != app.account.id:
        raise ConfigError(
            f"{title(app.settings.catalog)} is for {found.account}, and these keys are"
            f" of {app.account.id}",
            code="catalog-of-another-account",
            hint="use the keys of that account; for another one take a copy without"
            " the line account, and adopt there",
        )
    return found
