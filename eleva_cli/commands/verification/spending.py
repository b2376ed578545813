"""What a look costs in calls: told before it begins, and held against a budget.

Stripe allows reads in proportion to an account's transactions, and 10,000 a month to
everybody; a nightly look at a large account may use that up.
"""

from __future__ import annotations

from eleva_cli.bootstrap import App
from eleva_cli.commands.verification.request import Request
from eleva_cli.errors import SafetyError
from eleva_cli.journal.audits import flawed, heads, last_whole
from eleva_cli.observe.estimate import CASE_CALLS, estimate

MONTH_S = 30 * 86_400.0


def announce(app: App, request: Request) -> None:
    """Say what the look will take; raises `SafetyError` where that is too much."""
    expected = _expected(app, request)
    if expected is None:
        app.progress.say("the first look at this account: its cost is not known yet")
        return
    app.progress.say(f"about {expected} calls")
    budget = app.settings.document.verify.monthly_reads
    spent = _spent(app)
    if budget is None or request.over_budget or spent + expected <= budget:
        return
    raise SafetyError(
        f"about {expected} calls, {spent} made in 30 days, and {budget} are allowed",
        code="read-budget",
        hint="look with --since last, or raise monthly_reads under [verify] in"
        " eleva.toml, or add --over-budget",
    )


def _expected(app: App, request: Request) -> int | None:
    if request.names:
        return len(request.names) * CASE_CALLS
    last = last_whole(app.store, app.account.id, app.settings.mode)
    if last is None:
        return None
    if request.since:
        return None if not last.counts else CASE_CALLS
    exact = last.depth.get("exact", request.sample)
    if request.depth == "exact":
        exact = last.counts.get("customers", 0)
    again = flawed(app.store, last.id) if request.again_after_s > 0 else 0
    return estimate(last.counts, exact=exact).total + again * CASE_CALLS


def _spent(app: App) -> int:
    since = app.clock.now() - MONTH_S
    past = heads(app.store, app.account.id, app.settings.mode)
    return sum(head.calls for head in past if head.began_at >= since)
