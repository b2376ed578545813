"""What may stand in `eleva.toml`, and how a mistake in it is told.

It reads the file and decides nothing about which profile is used. Keys never stand
there: a table has no name for them, and an unknown name is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eleva_cli.errors import ConfigError
from eleva_cli.evidence import OrganizationPolicy
from eleva_cli.journal.snapshots import Names
from eleva_cli.ports import Mode, Service
from eleva_cli.roles import Ownership

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FILE = "eleva.toml"
Fact = Literal["unknown", "yes", "no"]
ENOUGH_S = 600  # so long a wait for a claim is as good as a no, for who migrates
SECRET_NAMES = ("key", "secret", "token", "password")


class Closed(BaseModel):
    """A table of `eleva.toml`: an unknown name is an error, not a silent nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DestinationTable(Closed):
    """An endpoint of the application that takes events of one service."""

    url: str
    service: Service = "stripe"


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
    destinations: Mapping[str, DestinationTable] = Field(default_factory=dict)

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
    """
    What a pilot has proved about the two services; `unknown` until then.

    No look proves a `no` of a link or nudge: `backfill_unseen_s` and `nudge_unseen_s`
    say how long a claim was waited for in vain, and a `no` is a person's word.
    `claim_delay_s` is an upper bound: the first token with the claim was so old a link.
    `seen` is the day of each, by its name; `seen_at` the address of who answered, where
    that was not Stripe itself: what a stand-in does proves nothing of the real ones.
    """

    backfill_on_link: Fact = "unknown"
    backfill_unseen_s: int | None = Field(default=None, ge=0)
    nudge_brings_claim: Fact = "unknown"
    nudge_unseen_s: int | None = Field(default=None, ge=0)
    claim_delay_s: int | None = Field(default=None, ge=0)
    empty_claim: Literal["unknown", "absent", "empty"] = "unknown"
    free_is_active_at_once: Fact = "unknown"
    grants_while_active: Fact = "unknown"
    grants_while_trialing: Fact = "unknown"
    grants_while_past_due: Fact = "unknown"
    grants_while_incomplete: Fact = "unknown"
    grants_while_unpaid: Fact = "unknown"
    grants_while_paused: Fact = "unknown"
    seen: Mapping[str, date] = Field(default_factory=dict)
    seen_at: str | None = None

    def hold_at(self, base: str | None) -> bool:
        """Tell whether they were seen where we are; `None` is Stripe itself."""
        return self.seen_at in (None, base)

    def here(self, base: str | None) -> FactsTable:
        """Return what is known where we are: nothing, if it was seen elsewhere."""
        return self if self.hold_at(base) else FactsTable()

    @property
    def link_brings(self) -> Fact:
        """Tell what to reckon with: waited for long enough in vain is as good as no."""
        is_waited = (self.backfill_unseen_s or 0) >= ENOUGH_S
        return (
            "no"
            if self.backfill_on_link == "unknown" and is_waited
            else (self.backfill_on_link)
        )

    @property
    def is_anything(self) -> bool:
        """Tell whether anything is known at all."""
        return self != FactsTable(seen=self.seen, seen_at=self.seen_at)


class TokensTable(Closed):
    """
    Who may issue the access tokens, beside WorkOS under its own names.

    `lifetime_s` is how long one may be used, as the WorkOS Dashboard says.
    """

    issuers: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/]\S*$")], ...] = ()
    lifetime_s: int = Field(default=300, ge=1)


class RolesTable(Closed):
    """What becomes of an owner whose organization has no other member."""

    sole_owner: Ownership | None = None


class InvitesTable(Closed):
    """How many live grants a free tier may have, by its name: community, top."""

    caps: Mapping[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class VerifyTable(Closed):
    """
    What `eleva verify` may take, and bears with.

    `monthly_reads` are calls in 30 days; Stripe allows everybody 10,000. `grace_days`
    is how long a payment may be overdue.
    """

    monthly_reads: int | None = Field(default=None, ge=1)
    grace_days: int = Field(default=21, ge=0)


class Document(Closed):
    """The whole of `eleva.toml`."""

    default_profile: str = "default"
    catalog: Path | None = None
    profiles: Mapping[str, Profile] = Field(default_factory=dict)
    scope: ScopeTable = ScopeTable()
    metadata: MetadataTable = MetadataTable()
    facts: FactsTable = FactsTable()
    tokens: TokensTable = TokensTable()
    roles: RolesTable = RolesTable()
    invites: InvitesTable = InvitesTable()
    verify: VerifyTable = VerifyTable()
    limits: Mapping[str, float] = Field(default_factory=dict)


def find_file(folder: Path) -> Path | None:
    """Return `eleva.toml` in a folder, else the user's own, else none."""
    places = (folder / FILE, platformdirs.user_config_path("eleva") / FILE)
    return next((place for place in places if place.is_file()), None)


def read_document(file: Path | None) -> Document:
    """Read `eleva.toml`; raises `ConfigError` naming the table and the name."""
    return Document() if file is None else parse_document(file, read_text(file))


def read_text(file: Path) -> str:
    """Return the text of `eleva.toml`; raises `ConfigError` where there is none."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: byte {error.start} is not UTF-8",
            code="config-syntax",
            hint="save the file as UTF-8",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror or error}",
            code="config-unreadable",
            hint="make the file readable for you, or take it away",
        ) from error


def parse_document(file: Path, text: str) -> Document:
    """Return what a text says; raises `ConfigError` under the file's name."""
    try:
        return Document.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: {error}", code="config-syntax", hint="mend the file there"
        ) from error
    except ValidationError as error:
        # `from None`: pydantic's own text may hold what stands in the file.
        raise _wrong(file, error.errors(include_input=False)[0]) from None


def _wrong(file: Path, detail: ErrorDetails) -> ConfigError:
    path = tuple(str(part) for part in detail["loc"])
    where = ".".join(path)
    if detail["type"] != "extra_forbidden":
        return ConfigError(
            f"{file}: {where}: {detail['msg']}",
            code="config-value",
            hint="see docs/configuration.md for what may stand there",
        )
    name, known = path[-1], _known_beside(path)
    if any(word in name.casefold() for word in SECRET_NAMES):
        hint = "keys never stand in it: export them, or put them into an env_file"
    elif near := nearest(name, known):
        hint = f"did you mean {near}?"
    else:
        hint = f"known there: {', '.join(known)}"
    return ConfigError(
        f"{file}: there is no {where}", code="config-unknown-name", hint=hint
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, `None` where none is near."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.5)), None)


def _known_beside(path: tuple[str, ...]) -> list[str]:
    tables: Mapping[str, type[Closed]] = {
        "profiles": Profile,
        "scope": ScopeTable,
        "metadata": MetadataTable,
        "facts": FactsTable,
        "tokens": TokensTable,
        "roles": RolesTable,
        "invites": InvitesTable,
        "verify": VerifyTable,
    }
    model = tables.get(path[0], Document) if len(path) > 1 else Document
    if model is Profile and path[2:3] == ("destinations",) and len(path) > 4:
        model = DestinationTable
    return list(model.model_fields)
