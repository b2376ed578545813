"""What a plan must pass before anything is written.

Caps are on destructive kinds only: 0 unless allowed. Nothing here asks a service.
"""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.commands.runs.beginning import check_understood
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.journal import plans

PILOT_LANES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator allows."""

    expect: str | None = None
    max_overwrites: int = 0
    max_unlinks: int = 0
    events_understood: bool = False


def check_expected(app: App, expect: str | None) -> None:
    """Raise where the reviewed plan is not in this journal or of another account."""
    if expect is None:
        return
    head = plans.head(app.store, expect)
    if head is None:
        raise UsageError(
            f"this journal has no {expect}",
            code="plan-unknown",
            hint="plans are kept where they were made; see: eleva migrate status",
        )
    if (head.account, head.mode) != (app.account.id, app.settings.mode):
        raise SafetyError(
            f"{expect} is of {head.account} ({head.mode})",
            code="plan-of-another-account",
            hint="plan again on this account, and review that",
        )


def check_limits(app: App, plan: str, limits: Limits, ready: int) -> None:
    """Raise `SafetyError` (exit 4) where the plan goes beyond what is allowed."""
    found = plans.destructive(app.store, plan)
    for kind, most, flag in (
        ("overwrite", limits.max_overwrites, "--max-overwrites"),
        ("unlink", limits.max_unlinks, "--max-unlinks"),
    ):
        count = found.get(kind, 0)
        if count > most:
            raise SafetyError(
                f"the plan has {count} {kind}s, and {most} are allowed",
                code=f"too-many-{kind}s",
                hint=f"look at them in the plan, then allow them with {flag} {count}",
            )
    if app.settings.mode == "live" and ready:
        _check_live(app, limits, ready)


def _check_live(app: App, limits: Limits, ready: int) -> None:
    check_understood(app, understood=limits.events_understood)
    facts = app.settings.document.facts
    if facts.backfill_on_link == "unknown" and ready > PILOT_LANES:
        raise SafetyError(
            f"{ready} lanes, and nobody knows yet whether a link brings the "
            "entitlements of a customer that has them already",
            code="pilot-needed",
            hint=f"link at most {PILOT_LANES} with --customers, look at a fresh token, "
            "then set backfill_on_link in eleva.toml under [facts]",
        )
