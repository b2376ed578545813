"""Reads settings once: flags, environment, the profile's env file, `eleva.toml`.

The model says what may be set and where; `resolve` turns it into one frozen value
that the rest of the tool gets. Keys never show in its text form.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from eleva_cli.config import environment
from eleva_cli.errors import ConfigError, SafetyError
from eleva_cli.evidence import OrganizationPolicy
from eleva_cli.journal.snapshots import Names
from eleva_cli.ports import Mode

STRIPE_HOST = "https://api.stripe.com"
WORKOS_HOST = "https://api.workos.com"
FILE = "eleva.toml"
Fact = Literal["unknown", "yes", "no"]


class Closed(BaseModel):
    """A table of `eleva.toml`: an unknown name is an error, not a silent nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(Closed):
    """One account and environment, pinned by `eleva init`."""

    stripe_account: str | None = None
    mode: Mode | None = None
    workos_client_id: str | None = None
    witness_organization: str | None = None
    env_file: Path | None = None
    organization_policy: OrganizationPolicy = "sole"
    stripe_api_base: str | None = None
    workos_api_base: str | None = None
    leave: float | None = Field(default=None, ge=0, lt=1)

    @property
    def is_pinned(self) -> bool:
        """Tell whether the profile names whose keys it is for."""
        return bool(self.stripe_account and self.mode and self.witness_organization)


class ScopeTable(Closed):
    """Which customers a migration looks at."""

    exclude_products: tuple[str, ...] = ()


class MetadataTable(Closed):
    """The metadata names that count as evidence, and those that are stamped."""

    organization: tuple[str, ...] = Names().organization
    user: tuple[str, ...] = Names().user
    customer: tuple[str, ...] = Names().customer
    stamp_organization: tuple[str, ...] = Names().stamp_organization
    stamp_user: tuple[str, ...] = Names().stamp_user

    def names(self) -> Names:
        """Return the names as the journal takes them."""
        return Names(**self.model_dump())


class FactsTable(Closed):
    """What a pilot has proved about the two services; `unknown` until then."""

    backfill_on_link: Fact = "unknown"


class Document(Closed):
    """The whole of `eleva.toml`."""

    default_profile: str = "default"
    profiles: Mapping[str, Profile] = Field(default_factory=dict)
    scope: ScopeTable = ScopeTable()
    metadata: MetadataTable = MetadataTable()
    facts: FactsTable = FactsTable()
    limits: Mapping[str, float] = Field(default_factory=dict)


class Keys(BaseSettings):
    """What may come from the environment or an env file, under the vendors' names."""

    model_config = SettingsConfigDict(
        env_prefix="ELEVA_", extra="ignore", populate_by_name=True
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

    @property
    def mode(self) -> Mode:
        """Test or live, by the Stripe key: nothing else tells before a call."""
        return mode_of(self.stripe_key) or "test"

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


def mode_of(key: str) -> Mode | None:
    """Read the mode off a key of either service, `None` where it does not tell."""
    parts = key.split("_")
    return parts[1] if len(parts) > 2 and parts[1] in ("test", "live") else None  # type: ignore[return-value]


def state_dir() -> Path:
    """Return the folder of journals: ELEVA_STATE_DIR, or this user's own."""
    return Keys().state_dir or platformdirs.user_state_path("eleva", appauthor=False)


def find_file(folder: Path) -> Path | None:
    """Return `eleva.toml` in a folder, else the user's own, else none."""
    places = (folder / FILE, platformdirs.user_config_path("eleva") / FILE)
    return next((place for place in places if place.is_file()), None)


def read_document(file: Path | None) -> Document:
    """Read `eleva.toml`; raises `ConfigError` naming the table and the name."""
    if file is None:
        return Document()
    try:
        return Document.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file}: {error}", code="config-syntax", hint="mend the file"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}",
            code="config-unreadable",
            hint="check its rights",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{file}: {where}: {first['msg']}",
            code="config-value",
            hint="see docs/configuration.md for what may stand there",
        ) from error


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
    outer = Keys()
    name = flags.profile or outer.profile or document.default_profile
    if overrides is not None:
        name, profile = "sandbox", Profile()
    else:
        profile = _profile(
            document, name, is_named=bool(flags.profile or outer.profile)
        )
    env_file = _env_file(profile, file)
    keys = Keys(_env_file=env_file, **(overrides or {}))  # type: ignore[call-arg]
    settings = Settings(
        profile_name=name,
        profile=profile,
        document=document,
        file=file,
        stripe_key=_secret(keys.stripe_secret_key),
        workos_key=_secret(keys.workos_api_key),
        workos_client_id=keys.workos_client_id or profile.workos_client_id or "",
        stripe_base=keys.stripe_api_base or profile.stripe_api_base or STRIPE_HOST,
        workos_base=keys.workos_api_base or profile.workos_api_base or WORKOS_HOST,
        state_dir=keys.state_dir or state_dir(),
        sources=_sources(env_file, overrides or {}),
        flags=flags,
    )
    _check_bases(settings)
    return settings


def _profile(document: Document, name: str, *, is_named: bool) -> Profile:
    if name in document.profiles:
        return document.profiles[name]
    if is_named and document.profiles:
        raise ConfigError(
            f"there is no profile {name}",
            code="profile-unknown",
            hint=f"one of {', '.join(sorted(document.profiles))}; or run: eleva init",
        )
    return Profile()


def _env_file(profile: Profile, file: Path | None) -> Path | None:
    if profile.env_file is None or file is None:
        return None
    path = file.parent / profile.env_file
    if not path.is_file():
        raise ConfigError(
            f"the profile's env file {path} is not there",
            code="env-file-missing",
            hint="write it, or take env_file out of the profile",
        )
    return path


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value().strip()


NAMES = ("STRIPE_SECRET_KEY", "WORKOS_API_KEY", "WORKOS_CLIENT_ID")


def _sources(env_file: Path | None, overrides: Mapping[str, Any]) -> dict[str, str]:
    """Tell for each key where it came from, for the banner."""
    found = {}
    in_file = _names_in(env_file)
    outer = environment()
    for name in NAMES:
        if overrides:
            found[name] = "the sandbox"
        elif name in outer:
            found[name] = "environment"
        elif name.lower() in in_file:
            found[name] = str(env_file)
    return found


def _names_in(env_file: Path | None) -> set[str]:
    if env_file is None:
        return set()
    source = DotEnvSettingsSource(Keys, env_file=env_file)
    return {name.lower() for name in source.env_vars}


def _check_bases(settings: Settings) -> None:
    moved = [
        settings.stripe_base != STRIPE_HOST,
        settings.workos_base != WORKOS_HOST,
    ]
    if any(moved) and not all(moved):
        raise ConfigError(
            "only one of the two base addresses is overridden",
            code="base-contradiction",
            hint="set both ELEVA_STRIPE_API_BASE and ELEVA_WORKOS_API_BASE, or none",
        )
    for base in (settings.stripe_base, settings.workos_base):
        if not base.startswith(("http://", "https://")):
            raise ConfigError(
                f"{base!r} is no http address",
                code="base-malformed",
                hint="write it with http:// or https://",
            )


def check_keys(settings: Settings) -> None:
    """Raise `ConfigError` where keys are missing, malformed or of two modes."""
    stripe, workos = settings.stripe_key, settings.workos_key
    missing = [
        name for name, value in zip(NAMES, (stripe, workos), strict=False) if not value
    ]
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} not set",
            code="key-missing",
            hint="export it, name an env_file in the profile, or use --sandbox",
        )
    for name, value, heads in (
        (NAMES[0], stripe, ("sk_", "rk_")),
        (NAMES[1], workos, ("sk_",)),
    ):
        if not value.startswith(heads) or not value.isascii() or " " in value:
            raise ConfigError(
                f"{name} (from {settings.sources.get(name)}) is no secret key",
                code="key-malformed",
                hint=f"it begins with {' or '.join(heads)}; copy it again",
            )
    if mode_of(stripe) is None:
        raise ConfigError(
            "STRIPE_SECRET_KEY does not tell test from live",
            code="key-malformed",
            hint="it begins with sk_test_, rk_test_, sk_live_ or rk_live_",
        )
    if mode_of(workos) not in (None, mode_of(stripe)):
        raise ConfigError(
            f"the Stripe key is {mode_of(stripe)}, the WorkOS key {mode_of(workos)}",
            code="keys-of-two-modes",
            hint="use both keys of the same mode",
        )


def check_live(settings: Settings) -> None:
    """Raise where live keys are used without a pinned profile and `--live`."""
    pinned = settings.profile.mode
    if pinned and pinned != settings.mode:
        raise ConfigError(
            f"profile {settings.profile_name} is {pinned}, the key is {settings.mode}",
            code="mode-contradiction",
            hint="use the profile's own key, or another profile",
        )
    if settings.mode != "live":
        return
    if not settings.profile.is_pinned:
        raise ConfigError(
            "live keys need a pinned profile",
            code="profile-unpinned",
            hint="write one with: eleva init --live",
        )
    if not settings.flags.live:
        raise SafetyError(
            "these are live keys",
            code="live-guard",
            hint="add --live if you mean the live business",
        )
