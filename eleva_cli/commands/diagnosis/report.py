"""All checks in their order, and the answer they make together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eleva_cli.commands.diagnosis import (
    addon,
    groups,
    pins,
    reach,
    rights,
    settled,
    storage,
)
from eleva_cli.commands.diagnosis.check import Check, Verdict, failed_by, unknown
from eleva_cli.commands.diagnosis.line import open_lines
from eleva_cli.config.checks import check_keys, check_live
from eleva_cli.errors import ConfigError, ExitCode, worst
from eleva_cli.outcome import Result, Table
from eleva_cli.plan import Finding, Severity

if TYPE_CHECKING:
    from eleva_cli.bootstrap import App

# Every check, so that all of them are shown where not even the settings can be read.
NAMES = (
    "configuration", "profile pinned",
    "Stripe key", "WorkOS key", "WorkOS client id", "keys of one mode",
    "Stripe reachable", "Stripe key accepted",
    "WorkOS reachable", "WorkOS key accepted",
    "pin: account", "pin: mode", "pin: client id", "pin: witness",
    "clock by Stripe", "clock by WorkOS",
    "read account", "read customers", "read subscriptions",
    "read webhook endpoints", "read products", "read prices",
    "read organizations", "read users", "read roles",
    "write customers", *groups.GROUPS, "write organizations",
    "no Stripe Sandbox",
    addon.PAGE, addon.ENABLED, addon.USED, addon.CONNECTED,
    "journal", "journal private", "room for the journal", "file system",
    "limits of Stripe", "limits of WorkOS",
    "fact backfill_on_link",
)  # fmt: skip


def unreadable(error: ConfigError) -> Result:
    """Return the answer where the configuration keeps all else from being asked."""
    first, *others = NAMES
    why = "the configuration comes first"
    checks = [failed_by(first, error), *(unknown(name, why) for name in others)]
    return _result(checks, requests=0)


def examine(app: App, probe: str | None) -> Result:
    """Make every check; raises `SafetyError` where a probe is not confirmed."""
    settings = app.settings
    may_write = probe is not None and _may_write(app, probe)
    checks = [*settled.configuration(settings), *settled.keys(settings)]
    limits = list(settled.limits(settings))
    lines = open_lines(app)
    stripe, workos = lines["stripe"], lines["workos"]
    for line in (stripe, workos):
        checks += [reach.reached(line), reach.accepted(line)]
    account_check, account = pins.account(settings, stripe)
    checks += pins.all_of(settings, workos, account_check)
    checks += [*reach.clocks(stripe), *reach.clocks(workos)]
    checks += [*rights.reads(stripe), *rights.reads(workos)]
    checks.append(rights.writes_to_stripe(settings.stripe_key))
    checks += groups.rights(stripe, settings.stripe_key)
    if any(check.exit_code is ExitCode.CONFIG for check in checks):
        may_write = False  # these may be somebody else's keys
    told = addon.probe(workos, probe) if probe and may_write else None
    how = "not probed: what fails above comes first" if probe else addon.HOW
    write, *steps = addon.steps(workos, account, told, how=how)
    kind = rights.account_kind(
        stripe, settings.mode, is_elsewhere=settings.is_elsewhere
    )
    checks += [write, kind, *steps]
    checks += storage.journal(settings.journal_path)
    checks += [*limits, *settled.facts(settings), *settled.destinations(settings)]
    return _result(checks, requests=stripe.requests + workos.requests)


def _may_write(app: App, organization: str) -> bool:
    """Ask before anything is sent; bad keys need no answer, they are shown."""
    try:
        check_keys(app.settings)
        check_live(app.settings)
    except ConfigError:
        return False
    app.shell.terminal.say(app.banner())
    app.confirm(f"write the link of {organization} again, with the value it has now?")
    return True


def _result(checks: Sequence[Check], *, requests: int) -> Result:
    bad = [check for check in checks if check.verdict is Verdict.FAIL]
    counts = Counter(check.verdict for check in checks)
    unknowns = f"{counts[Verdict.UNKNOWN]} of {len(checks)} unknown"
    told = f"{len(bad)} failed" if bad else "no check failed"
    rows = tuple((check.name, check.verdict.value, check.evidence) for check in checks)
    return Result(
        command="doctor",
        headline=f"{told}; {unknowns}",
        exit_code=worst(*(check.exit_code for check in bad)),
        summary={
            **{verdict.value: counts[verdict] for verdict in Verdict},
            "requests": requests,
        },
        tables=(
            Table(
                name="checks",
                title="Checks",
                columns=("check", "verdict", "evidence"),
                rows=rows,
            ),
        ),
        findings=tuple(map(_finding, bad)),
    )


def _finding(check: Check) -> Finding:
    return Finding(
        code=check.code,
        severity=Severity.ERROR,
        subject=check.name,
        message=check.evidence,
        hint=check.hint,
    )
