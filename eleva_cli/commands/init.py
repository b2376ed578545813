"""`eleva init`: whose keys these are, written down as a pinned profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eleva_cli.errors import (
    ConfigError,
    ExitCode,
    MissingError,
    SafetyError,
    UsageError,
)
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Json, Result

if TYPE_CHECKING:
    from eleva_cli.bootstrap import App
    from eleva_cli.ports import Account, Organization, Ports
    from eleva_cli.shell import Shell

app = group("Write a profile pinned to the account of your keys.")


@app.command(epilog=exits(ExitCode.FAILED, ExitCode.REFUSED, ExitCode.UNCHECKED))
def init(
    ctx: typer.Context,
    *,
    witness: Annotated[
        str | None,
        typer.Option(
            help="the organization that must answer; the oldest, if left out",
            metavar="ORG",
        ),
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(help="a file with the keys, named in the profile", metavar="FILE"),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="pin a profile anew that is pinned elsewhere"),
    ] = False,
) -> Result:
    """Pin a profile in ./eleva.toml to the account and environment of your keys.

    Reads both services, writes to neither. No key is ever written.
    """
    from eleva_cli.commands.links.single import ORGANIZATION

    if witness is not None and not ORGANIZATION.fullmatch(witness):
        raise UsageError(
            f"{witness!r} is no organization id",
            code="organization-id",
            hint="organization ids begin with org_",
        )
    opened = _open(ctx.obj, env_file)
    _check(opened)
    ports = opened.open_ports()
    account = ports.stripe.account()
    organization = _witness(
        ports, witness or opened.settings.profile.witness_organization
    )
    return _pinned(opened, account, organization, env_file, may_replace=force)


def _open(shell: Shell, env_file: Path | None) -> App:
    """Resolve the settings under the profile as it would be, were it written."""
    from eleva_cli.bootstrap import App, flags_of
    from eleva_cli.clock import SystemClock
    from eleva_cli.config import document, settings

    flags = flags_of(shell)
    if flags.sandbox:
        raise UsageError(
            "the embedded sandbox needs no profile",
            code="sandbox-unpinned",
            hint="use --sandbox with any other command as it is",
        )
    file = Path.cwd() / document.FILE
    written = document.read_document(file if file.exists() else None)
    name = settings.profile_name(flags, written)
    profile = written.profiles.get(name, document.Profile())
    if env_file is not None:
        profile = profile.model_copy(update={"env_file": env_file})
    resolved = settings.resolve_as(
        flags, file=file, document=written, name=name, profile=profile
    )
    return App(shell=shell, settings=resolved, clock=SystemClock())


def _check(opened: App) -> None:
    from eleva_cli.config.checks import check_keys, client_problem

    settings = opened.settings
    check_keys(settings)
    if problem := client_problem(settings):
        raise problem
    if settings.mode == "live" and not settings.flags.live:
        raise SafetyError(
            "these are live keys",
            code="live-guard",
            hint="add --live if you mean to pin the live business; init only reads",
        )


def _witness(ports: Ports, wanted: str | None) -> Organization:
    """Return the organization asked for, else the oldest one."""
    if wanted is None:
        oldest = ports.workos.organizations(None).rows[:1]
        if oldest:
            return oldest[0]
        raise ConfigError(
            "this WorkOS environment has no organization that could be the witness",
            code="no-organizations",
            hint="check that the key is of the right environment; else create one",
        )
    try:
        return ports.workos.organization(wanted)
    except MissingError as error:
        raise ConfigError(
            f"the witness {wanted} is not in this WorkOS environment",
            code="witness-missing",
            hint="these may be the keys of another environment; or name another "
            "organization with --witness",
        ) from error


def _pinned(
    opened: App,
    account: Account,
    organization: Organization,
    env_file: Path | None,
    *,
    may_replace: bool,
) -> Result:
    from eleva_cli.config.pinning import Pins, pin

    settings = opened.settings
    assert settings.file is not None
    name, mode = settings.profile_name, settings.mode
    pins = Pins(
        stripe_account=account.id,
        mode=mode,
        workos_client_id=settings.workos_client_id,
        witness_organization=organization.id,
    )
    is_new = pin(settings.file, name, pins, env_file, may_replace=may_replace)
    so_far = "" if is_new else "nothing changed: "
    summary: dict[str, Json] = {
        "profile": name,
        "account": account.id,
        "account_name": account.name,
        "mode": mode,
        "client_id": settings.workos_client_id,
        "witness": organization.id,
        "witness_name": organization.name,
        "file": str(settings.file),
        "keys_from": ", ".join(sorted(set(settings.sources.values()))),
        "written": is_new,
    }
    if settings.is_elsewhere:
        summary["at"] = settings.stripe_base
    named = "" if name == settings.document.default_profile else f" --profile {name}"
    return Result(
        command="init",
        headline=f"{so_far}profile {name} is pinned to {account.name} ({account.id}), "
        f"{mode} mode",
        summary=summary,
        next_steps=(f"eleva doctor{named}",),
    )
