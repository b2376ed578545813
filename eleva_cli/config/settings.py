"""Reads settings once: flags, environment, the profile's env file, `eleva.toml`.

`Keys` says what may come from outside; `resolve` turns it into one frozen value
that the rest of the tool gets. Keys never show in its text form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from eleva_cli.config import environment, state_dir
from eleva_cli.config.checks import (
    CLIENT_NAME,
    NAMES,
    check_bases,
    check_keys,
    check_live,
    check_notify,
)
from eleva_cli.config.destinations import destinations_of, known_names
from eleva_cli.config.document import (
    FILE,
    Document,
    Profile,
    find_file,
    nearest,
    read_document,
)
from eleva_cli.config.receiving import EVERY, Secrets, secrets_of
from eleva_cli.errors import ConfigError
from eleva_cli.ports import Destination, Mode

__all__ = [
    "FILE",
    "Document",
    "Flags",
    "Profile",
    "Settings",
    "check_keys",
    "check_live",
    "check_notify",
    "profile_name",
    "resolve",
    "resolve_as",
]

STRIPE_HOST = "https://api.stripe.com"
WORKOS_HOST = "https://api.workos.com"
OF_THE_SANDBOX = "sandbox"
PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Keys(BaseSettings):
    """What may come from the environment or an env file, under the vendors' names."""

    model_config = SettingsConfigDict(
        env_prefix="ELEVA_",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    stripe_secret_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("STRIPE_SECRET_KEY")
    )
    workos_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("WORKOS_API_KEY")
    )
    workos_client_id: str | None = Field(
        default=None, validation_alias=AliasChoices("WORKOS_CLIENT_ID")
    )
    stripe_api_base: str | None = None
    workos_api_base: str | None = None
    state_dir: Path | None = None
    catalog: Path | None = None
    profile: str | None = None
    notify_url: SecretStr | None = None
    step_summary: Path | None = Field(
        default=None, validation_alias=AliasChoices("GITHUB_STEP_SUMMARY")
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then the env file; no secret folders."""
        del settings_cls, file_secret_settings
        return init_settings, env_settings, dotenv_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The global flags of a command line."""

    profile: str | None = None
    sandbox: bool = False
    live: bool = False
    yes: bool = False
    rate: float | None = None
    leave: float | None = None
    log_file: Path | None = None
    quiet: bool = False
    show_pii: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a command may need to know, resolved."""

    profile_name: str
    profile: Profile
    document: Document
    file: Path | None
    stripe_key: str = field(repr=False)
    workos_key: str = field(repr=False)
    workos_client_id: str
    stripe_base: str
    workos_base: str
    state_dir: Path
    sources: Mapping[str, str]
    flags: Flags
    catalog: Path | None = None
    step_summary: Path | None = None
    notify_url: str = field(default="", repr=False)
    destinations: tuple[Destination, ...] = ()
    webhook_secrets: Secrets = field(default_factory=dict, repr=False)

    @property
    def mode(self) -> Mode:
        """Test or live, by the Stripe key: nothing else tells before a call."""
        return mode_of(self.stripe_key) or "test"

    @property
    def workos_mode(self) -> Mode | None:
        """The mode that the WorkOS key tells, `None` where it does not."""
        return mode_of(self.workos_key)

    @property
    def leave(self) -> float:
        """The share of every limit that is left to others, from 0 up to 1."""
        for value in (self.flags.leave, self.profile.leave):
            if value is not None:
                return value
        return 0.5 if self.mode == "live" else 0.0

    @property
    def journal_path(self) -> Path:
        """One journal for each profile."""
        return self.state_dir / self.profile_name / "journal.db"

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether the base addresses are not the vendors' own."""
        return (self.stripe_base, self.workos_base) != (STRIPE_HOST, WORKOS_HOST)

    @property
    def stand_in(self) -> str | None:
        """Return who answers in Stripe's place, `None` where it does itself."""
        return self.stripe_base if self.stripe_base != STRIPE_HOST else None


def mode_of(key: str) -> Mode | None:
    """Read the mode off a key of either service, `None` where it does not tell."""
    parts = key.split("_")
    return parts[1] if len(parts) > 2 and parts[1] in ("test", "live") else None  # type: ignore[return-value]


def resolve(
    flags: Flags, folder: Path, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """
    Return the settings of one command.

    `overrides` are values for `Keys` that win over everything, as the sandbox
    sets them. Raises `ConfigError` (exit 10) where they contradict.
    """
    file = find_file(folder)
    document = read_document(file)
    if overrides is not None:
        name, profile = OF_THE_SANDBOX, Profile()
    else:
        name = profile_name(flags, document)
        profile = _profile(flags, document, name)
    return resolve_as(
        flags,
        file=file,
        document=document,
        name=name,
        profile=profile,
        overrides=overrides,
    )


def resolve_as(  # noqa: PLR0913 - the parts, all by name
    flags: Flags,
    *,
    file: Path | None,
    document: Document,
    name: str,
    profile: Profile,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings under a profile that may not stand in the file yet."""
    env_file = _env_file(profile, file)
    keys = _keys(env_file, overrides or {})
    sources = _sources(env_file, overrides or {})
    if keys.workos_client_id is None and profile.workos_client_id:
        sources[CLIENT_NAME] = str(file)
    secrets = _secrets(profile, env_file, sources)
    settings = Settings(
        profile_name=name,
        profile=profile,
        document=document,
        file=file,
        stripe_key=_secret(keys.stripe_secret_key),
        workos_key=_secret(keys.workos_api_key),
        workos_client_id=(
            keys.workos_client_id or profile.workos_client_id or ""
        ).strip(),
        stripe_base=_first_base(
            keys.stripe_api_base, profile.stripe_api_base, STRIPE_HOST
        ),
        workos_base=_first_base(
            keys.workos_api_base, profile.workos_api_base, WORKOS_HOST
        ),
        state_dir=keys.state_dir or state_dir(),
        sources=sources,
        flags=flags,
        catalog=_catalog(keys.catalog, document, file),
        step_summary=keys.step_summary,
        notify_url=_secret(keys.notify_url),
        destinations=destinations_of(profile, secrets),
        webhook_secrets=secrets_of(secrets),
    )
    check_bases(settings.stripe_base, settings.workos_base)
    return settings


def profile_name(flags: Flags, document: Document) -> str:
    """Return the profile asked for; raises `ConfigError` for what cannot be a name."""
    name = flags.profile or Keys().profile or document.default_profile
    # It names a folder of the journal; the sandbox has its own there.
    if PROFILE_NAME.fullmatch(name) and name != OF_THE_SANDBOX:
        return name
    raise ConfigError(
        f"{name!r} cannot be a profile's name",
        code="profile-name",
        hint="use letters, digits, dots, dashes; sandbox is taken: it is --sandbox",
    )


def _profile(flags: Flags, document: Document, name: str) -> Profile:
    if name in document.profiles:
        return document.profiles[name]
    is_named = bool(flags.profile or Keys().profile)
    if not is_named and "default_profile" not in document.model_fields_set:
        return Profile()
    known = sorted(document.profiles)
    near = nearest(name, known)
    raise ConfigError(
        f"there is no profile {name}",
        code="profile-unknown",
        hint=(f"did you mean {near}? " if near else "")
        + (f"known: {', '.join(known)}; " if known and not near else "")
        + f"a new one is written by: eleva init --profile {name}",
    )


def _catalog(named: Path | None, document: Document, file: Path | None) -> Path | None:
    """Return the catalogue's file, `None` for the packaged one."""
    if named is not None or document.catalog is None:
        return named and named.expanduser()
    folder = Path() if file is None else file.parent
    return folder / document.catalog.expanduser()


def _env_file(profile: Profile, file: Path | None) -> Path | None:
    if profile.env_file is None:
        return None
    folder = Path() if file is None else file.parent
    path = folder / profile.env_file.expanduser()
    if path.is_file():
        return path
    raise ConfigError(
        f"the profile's env file {path} is not there",
        code="env-file-missing",
        hint="write it, or take env_file out of the profile",
    )


def _keys(env_file: Path | None, overrides: Mapping[str, Any]) -> Keys:
    try:
        return Keys(_env_file=env_file, **overrides)  # type: ignore[call-arg]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(
            f"the profile's env file {env_file} cannot be read: {why}",
            code="env-file-unreadable",
            hint="make it a text file that you can read",
        ) from error


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value().strip()


def _first_base(*choices: str | None) -> str:
    return next(it.strip() for it in choices if it is not None).rstrip("/")


def _sources(env_file: Path | None, overrides: Mapping[str, Any]) -> dict[str, str]:
    """Tell for each key where it came from, for the banner."""
    if overrides:
        return dict.fromkeys(NAMES, "the sandbox")
    outer = {name.upper() for name, value in environment().items() if value}
    in_file = _names_in(env_file)
    found = {}
    for name in NAMES:
        if name in outer:
            found[name] = "environment"
        elif name in in_file:
            found[name] = str(env_file)
    return found


def _secrets(
    profile: Profile, env_file: Path | None, sources: dict[str, str]
) -> dict[str, str]:
    """Return the secrets of webhooks by name, and note where each came from."""
    outer = {name.upper(): value for name, value in environment().items()}
    inner = _values_in(env_file)
    found = {}
    for name in (*known_names(profile), *EVERY):
        for place, values in (("environment", outer), (str(env_file), inner)):
            if name not in found and (value := values.get(name, "").strip()):
                found[name], sources[name] = value, place
    return found


def _names_in(env_file: Path | None) -> set[str]:
    return set(_values_in(env_file))


def _values_in(env_file: Path | None) -> dict[str, str]:
    """Return what an env file sets, by upper-case name."""
    if env_file is None:
        return {}
    source = DotEnvSettingsSource(Keys, env_file=env_file)
    return {name.upper(): value for name, value in source.env_vars.items() if value}
