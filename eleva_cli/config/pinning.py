"""Writes a pinned profile into `eleva.toml`, and leaves the rest of it as it is.

Comments, other tables and their order stay. The file is replaced in one step, so
that whoever reads it meanwhile sees the old one or the new one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, InlineTable

from eleva_cli.config.document import Document, Profile, parse_document, read_text
from eleva_cli.errors import ConfigError, SafetyError
from eleva_cli.ports import Mode
from eleva_cli.replacing import replace_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """Whose keys a profile is for, under the names they have in the file."""

    stripe_account: str
    mode: Mode
    workos_client_id: str
    witness_organization: str


def pin(
    file: Path, name: str, pins: Pins, env_file: Path | None, *, may_replace: bool
) -> bool:
    """
    Write the profile; return whether anything had to change.

    Raise `SafetyError` (exit 4) for pins that differ, unless they may be replaced,
    and `ConfigError` (exit 10) where the file cannot be read or written.
    """
    text = read_text(file) if file.exists() else ""
    before = parse_document(file, text)
    old = before.profiles.get(name, Profile())
    if not may_replace:
        _refuse_other(name, old, pins)
    wanted = asdict(pins) | ({} if env_file is None else {"env_file": str(env_file)})
    if old == old.model_copy(update=wanted | ({"env_file": env_file or old.env_file})):
        return False
    after = _written(file, text, name, wanted)
    _check_rest(file, before, parse_document(file, after), name)
    _replace(file, after)
    return True


def _refuse_other(name: str, old: Profile, pins: Pins) -> None:
    other = [
        f"{field} is {present}, not {value}"
        for field, value in asdict(pins).items()
        if (present := getattr(old, field)) not in (None, value)
    ]
    if other:
        raise SafetyError(
            f"profile {name} is pinned elsewhere: {'; '.join(other)}",
            code="profile-pinned",
            hint=f"take another name: eleva init --profile NAME; or add --force to "
            f"pin {name} anew",
        )


def _written(file: Path, text: str, name: str, wanted: dict[str, str]) -> str:
    try:
        document = tomlkit.parse(text)
        if not text:
            document.add("default_profile", tomlkit.item(name))
            document.add(tomlkit.nl())
        if "profiles" not in document:
            document.add("profiles", tomlkit.table(is_super_table=True))
        profiles = document["profiles"]
        # Typed as any item; a document that parsed has a table there.
        assert isinstance(profiles, AbstractTable | dict)
        if name not in profiles:
            is_inline = isinstance(profiles, InlineTable)
            profiles[name] = tomlkit.inline_table() if is_inline else tomlkit.table()
        for field, value in wanted.items():
            profiles[name][field] = value
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise _unwritable(file, str(error)) from error


def _check_rest(file: Path, before: Document, after: Document, name: str) -> None:
    """Hold what we would write against what was there: only one profile may differ."""
    others = [
        {key: value for key, value in document.profiles.items() if key != name}
        for document in (before, after)
    ]
    rest = [
        document.model_dump(exclude={"profiles", "default_profile"})
        for document in (before, after)
    ]
    if others[0] != others[1] or rest[0] != rest[1]:
        raise _unwritable(file, "its tables are written in a way we cannot add to")


def _replace(file: Path, text: str) -> None:
    try:
        replace_text(file, text)
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error


def _unwritable(file: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{file} cannot be written: {why}; it is as it was",
        code="config-unwritable",
        hint="check its rights and the disk, or add the profile by hand",
    )
