"""What a plan must pass before anything is written.

Caps are on destructive kinds only: 0 unless allowed. Nothing here asks a service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog.money import shown
from eleva_cli.commands.runs.beginning import check_understood
from eleva_cli.config.document import FactsTable
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.journal import plans
from eleva_cli.moves import Rules
from eleva_cli.plan import ReviseSubscription, load_action

PILOT_LANES = 25
NAMED = 3  # customers, of those whom a limit keeps back


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator allows."""

    expect: str | None = None
    max_overwrites: int = 0
    max_unlinks: int = 0
    max_lowered: int = 0
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


def check_limits(
    app: App, plan: str, limits: Limits, ready: int, rules: Rules | None = None
) -> None:
    """Raise `SafetyError` (exit 4) where the plan goes beyond what is allowed."""
    found = plans.destructive(app.store, plan)
    for kind, what, most, flag in (
        ("overwrite", "overwrites", limits.max_overwrites, "--max-overwrites"),
        ("unlink", "unlinks", limits.max_unlinks, "--max-unlinks"),
        ("lower", "lowered", limits.max_lowered, "--max-lowered"),
    ):
        count = found.get(kind, 0)
        if count > most:
            words = "roles to lower" if kind == "lower" else what
            raise SafetyError(
                f"the plan has {count} {words}, and {most} are allowed:"
                f" {_whom(app, plan, kind, count)}",
                code=f"too-many-{what}",
                hint=f"look at them in the plan, then allow them with {flag} {count}",
            )
    _check_money(app, plan, found, rules)
    if app.settings.mode == "live" and ready:
        check_understood(app, understood=limits.events_understood)
        if rules is None or "links" in rules.parts:
            _check_pilot(app, ready)


def _whom(app: App, plan: str, kind: str, count: int) -> str:
    """Name the first customers whose lanes do such a thing."""
    sql = """
      select distinct a.lane from plan_actions a join plan_lanes l
      on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? and a.destruction = ? order by 1 limit ?
    """
    named = [row[0] for row in app.store.rows(sql, plan, kind, NAMED)]
    return ", ".join(named) + (" and others" if count > len(named) else "")


def _check_money(
    app: App, plan: str, found: Mapping[str, int], rules: Rules | None
) -> None:
    """Refuse what the planner should have held already."""
    if found.get("cancel"):
        raise SafetyError(
            "the plan would end subscriptions, and a migration never does",
            code="migration-cancels",
            hint="this is a fault of the tool; nothing was done",
        )
    sql = """
      select a.action from plan_actions a join plan_lanes l
      on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? and a.destruction = 'charge'
    """
    for row in app.store.rows(sql, plan) if found.get("charge") else ():
        action = load_action(row[0])
        if isinstance(action, ReviseSubscription) and _is_beyond(action, rules):
            rise = shown(_rise(action), action.currency)
            due = shown(action.due_now, action.currency)
            raise SafetyError(
                f"{action.subscription} would pay {rise} more at its next renewal and"
                f" {due} now",
                code="charge-beyond",
                hint="allow it with --max-rise and --max-due-today, or leave its price",
            )


def _is_beyond(action: ReviseSubscription, rules: Rules | None) -> bool:
    is_ours = rules is not None and action.currency == rules.currency
    most_rise = rules.max_rise if rules is not None and is_ours else 0
    most_due = rules.max_due if rules is not None and is_ours else 0
    return _rise(action) > most_rise or action.due_now > most_due


def _rise(action: ReviseSubscription) -> int:
    return (action.renewal_after or 0) - (action.renewal_before or 0)


def _check_pilot(app: App, ready: int) -> None:
    stated = app.settings.document.facts
    facts = stated.here(app.settings.stand_in)
    if facts.link_brings == "unknown":
        if ready <= PILOT_LANES:
            return
        waited = facts.backfill_unseen_s
        where = "" if facts is stated else f" ([facts] is of {stated.seen_at})"
        where = where if waited is None else f" (nothing within {waited} s is too soon)"
        raise SafetyError(
            f"{ready} lanes, and nobody knows yet whether a link brings the "
            f"entitlements of a customer that has them already{where}",
            code="pilot-needed",
            hint="prove it on a few who agree: eleva pilot start --customers IDS"
            f"{global_flags(app)} (docs/pilot.md); or link at most {PILOT_LANES}",
        )
    if facts.link_brings == "no":
        app.progress.say(_without_backfill(facts))


def _without_backfill(facts: FactsTable) -> str:
    """Say what brings the claim where a link does not; the plan stays as it is."""
    waited = facts.backfill_unseen_s
    alone = "a link alone brings no claim ([facts])"
    if facts.backfill_on_link == "unknown":
        alone = f"a link alone brought no claim within {waited} s ([facts])"
    if facts.nudge_brings_claim == "yes":
        return (
            f"{alone}; another price does: who moves gets it with the move, who stays"
            " with the next change of the subscription"
        )
    return (
        f"{alone}, and nothing is proved that does: reckon with users who get it when"
        " their entitlements change next"
    )
