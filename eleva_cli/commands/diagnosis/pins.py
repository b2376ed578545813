"""Whether these are the keys that the profile was pinned to."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.commands.diagnosis.line import Line
from eleva_cli.commands.diagnosis.reach import FIRST
from eleva_cli.config.checks import CLIENT_NAME, key_problem
from eleva_cli.config.settings import Settings
from eleva_cli.errors import ExitCode, MissingError, RemoteError
from eleva_cli.ports import Account, Organization


def account(settings: Settings, line: Line) -> tuple[Check, Account | None]:
    """Hold the account that the key belongs to against the pin."""
    name = "pin: account"
    first = line.readings.get(FIRST["stripe"])
    if first is None or first.status != 200:
        why = line.closed or "the key could not read its account"
        return unknown(name, why), None
    found = line.ask(lambda ports: ports.stripe.account())
    if found is None:
        return unknown(name, line.closed or "was not asked"), None
    if isinstance(found, RemoteError):
        return failed_by(name, found), None
    shown = f"{found.id}, {found.name}"
    return _compared(name, settings.profile.stripe_account, found.id, shown), found


def mode(settings: Settings) -> Check:
    """Hold the key's mode against the pin."""
    if key_problem(settings, "stripe"):
        return unknown("pin: mode", "needs a Stripe key that tells its mode")
    return _compared("pin: mode", settings.profile.mode, settings.mode, settings.mode)


def client_id(settings: Settings) -> Check:
    """Hold the client id against the pin; no call tells whose it is."""
    name, given = "pin: client id", settings.workos_client_id
    pinned = settings.profile.workos_client_id
    if not given:
        return unknown(name, f"{CLIENT_NAME} is not set")
    if pinned and settings.sources.get(CLIENT_NAME) == str(settings.file):
        return unknown(name, f"{CLIENT_NAME} is not set; the pin itself is used")
    return _compared(name, pinned, given, given)


def witness(settings: Settings, line: Line) -> Check:
    """See that the pinned organization answers."""
    name, wanted = "pin: witness", settings.profile.witness_organization
    if not wanted:
        return unknown(name, "no organization is pinned")
    found = line.ask(lambda ports: ports.workos.organization(wanted))
    if isinstance(found, Organization):
        return passed(name, f"{found.id} answers: {found.name}")
    if found is None:
        return unknown(name, line.closed or "was not asked")
    if isinstance(found, MissingError):
        return _mismatch(name, f"{wanted} is not in this WorkOS environment")
    return failed_by(name, found)


def all_of(settings: Settings, line: Line, account_check: Check) -> Iterator[Check]:
    """Yield the four pins in order."""
    yield account_check
    yield mode(settings)
    yield client_id(settings)
    yield witness(settings, line)


def _compared(name: str, pinned: str | None, found: str, shown: str) -> Check:
    if not pinned:
        return unknown(name, f"{shown}; nothing is pinned to hold it against")
    if pinned == found:
        return passed(name, shown)
    return _mismatch(name, f"{shown}; pinned is {pinned}")


def _mismatch(name: str, evidence: str) -> Check:
    return failed(
        name,
        evidence,
        code="pin-mismatch",
        hint="use the profile's own keys, or another profile; if it moved for good: "
        "eleva init --force",
        exit_code=ExitCode.CONFIG,
    )
