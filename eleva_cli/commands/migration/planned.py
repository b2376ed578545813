"""`migrate plan`: what linking would take, shown and stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import amounts, figures, outfiles
from eleva_cli.commands.migration.outfiles import Out
from eleva_cli.commands.migration.request import Request, make_plan, rules_for
from eleva_cli.errors import ExitCode
from eleva_cli.inputs import decisions, prices
from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanRow
from eleva_cli.moves import Rules
from eleva_cli.outcome import Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.planning import Planned


def show(app: App, request: Request, *, out: Out, check: bool) -> Result:
    """Plan, store the plan, and return it to be shown."""
    outfiles.check(request, out)
    app.progress.say(app.banner())
    rules = rules_for(app, request)
    planned = make_plan(app, request, rules)
    app.progress.close()
    head = plans.head(app.store, planned.plan)
    assert head is not None
    refused = tuple(refused_findings(app, request, planned))
    held = figures.count_lanes(app, head.id, "held")
    is_left = any(head.counts.get(name) for name in ("ready", "stopped"))
    return Result(
        command="migrate plan",
        headline=headline(head, held),
        exit_code=ExitCode.FINDINGS
        if check and (is_left or held or refused)
        else ExitCode.DONE,
        summary={**figures.summary(head), **_by(app, rules)},
        tables=tuple(_tables(app, head, planned)),
        findings=refused + figures.findings(app, head),
        next_steps=tuple(_next_steps(app, request, head, planned, out)),
    )


def _by(app: App, rules: Rules | None) -> dict[str, Json]:
    """Name the catalogue that prices and roles go by, where they are planned."""
    file = app.settings.catalog or "the packaged one"
    return {} if rules is None else {"catalogue": str(file)}


def _tables(app: App, head: PlanRow, planned: Planned) -> Iterator[Table]:
    yield figures.actions_table(app, head)
    if money := amounts.of_plan(head.counts):
        yield amounts.money_table(money)
    if planned.old_prices:
        yield amounts.old_prices_table(planned.old_prices, figures.most_rows(app))
    yield from figures.held_tables(app, head)
    yield figures.events_table(app, head)


def headline(head: PlanRow, held: int) -> str:
    """Say the plan in one sentence."""
    counts = head.counts
    if not counts.get("in_scope") and not held:
        return "nothing in scope: no customer has or had a subscription"
    ready = counts.get("ready", 0)
    linked = counts.get("unchanged", 0)
    who = count_of(ready, "customer")
    what = f"{who} to bring in" if ready else "nothing to do"
    stops = counts.get("stopped", 0)
    part = f" ({stops} of them in part)" if stops else ""
    return f"{what}{part}; {linked} as they should be, {held} held for a person"


def refused_findings(app: App, request: Request, planned: Planned) -> list[Finding]:
    """Write decisions that no longer fit to a new file, and name them."""
    if not planned.refused:
        return []
    assert request.decisions is not None
    path = outfiles.refused_path(request.decisions)
    with outfiles.writable(path, "decisions"):
        decisions.write_refused(
            path, planned.refused, account=app.account.id, mode=app.settings.mode
        )
    return [
        Finding(
            code="decision-stale",
            severity=Severity.WARNING,
            subject=row.customer,
            message=why,
            hint=f"the row is in {path}, with the facts of now",
        )
        for row, _, why in planned.refused
    ]


def _next_steps(
    app: App, request: Request, head: PlanRow, planned: Planned, out: Out
) -> list[str]:
    """Return what to type next; writes the files that were asked for."""
    steps = []
    flags = request.command_line() + global_flags(app)
    filled = request
    if head.counts.get("ready"):
        steps.append(f"eleva migrate apply{flags} --expect {head.id}")
    if out.prices is not None:
        _write_prices(head, planned, out.prices)
        bringing = replace(request.bringing, prices=out.prices)
        filled = replace(filled, bringing=bringing)
    elif _has_unreviewed(request, planned):
        name = _unused("prices", request.bringing.prices)
        steps.append(f"eleva migrate plan{flags} --prices-out {name}")
    if out.decisions is not None and head.counts.get("held"):
        _write_decisions(app, head, out.decisions)
        filled = replace(filled, decisions=out.decisions)
    elif _is_decidable(app, head):
        name = _unused("decisions", request.decisions)
        steps.append(f"eleva migrate plan{flags} --decisions-out {name}")
    if filled != request:
        steps.append(f"eleva migrate plan{filled.command_line()}{global_flags(app)}")
    return steps


def _unused(noun: str, read: Path | None) -> str:
    """Name a file to write, another one than the one that is read."""
    return f"{noun}.csv" if read is None else f"{noun}.new.csv"


def _has_unreviewed(request: Request, planned: Planned) -> bool:
    is_moving = "subscriptions" in request.bringing.parts()
    return is_moving and any(old.row is None for old in planned.old_prices)


def _is_decidable(app: App, head: PlanRow) -> bool:
    """Tell whether anybody waits for what a decision can settle."""
    sql = """
      select 1 from plan_lanes
      where plan = ? and state = 'held' and options != '[]' limit 1
    """
    return app.store.one(sql, head.id) is not None


def _write_prices(head: PlanRow, planned: Planned, path: Path) -> None:
    with outfiles.writable(path, "prices"):
        prices.write(
            path,
            planned.old_prices,
            account=head.account,
            mode=head.mode,
            plan=head.id,
        )


def _write_decisions(app: App, head: PlanRow, path: Path) -> None:
    with outfiles.writable(path, "decisions"):
        decisions.write(
            path,
            plans.lanes(app.store, head.id, state="held"),
            account=head.account,
            mode=head.mode,
            plan=head.id,
        )
