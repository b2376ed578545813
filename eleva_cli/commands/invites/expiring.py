"""`invite expire`: takes back the roles that outlived their grants, as one run.

Whom it meets is decided afresh each time. So a run of it that broke off is not gone on
with but closed, and begun anew: somebody may have been granted again since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.invites.carrying import begin, judged
from eleva_cli.commands.invites.terms import rules_for
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.commands.runs.beginning import open_runs, refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, SafetyError
from eleva_cli.invite import Rules
from eleva_cli.invite.lapsing import decide, lapses, nameless
from eleva_cli.invite.ledger import Ledger
from eleva_cli.journal import runs
from eleva_cli.observe.lapsing import Lapsing
from eleva_cli.observe.ledger import Bookkeeping
from eleva_cli.outcome import Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Lane, SetRole, describe

# Not the kind of single grants: one of those that broke off is no reason to wait.
KIND = "expire"
COMMAND = "invite expire"
SHOWN = 50
COLUMNS = ("customer", "user", "organization", "role", "becomes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The flags as given."""

    customers: str | None = None
    max_lowered: int = 50
    check: bool = False


def expire(app: App, wanted: Wanted) -> Result:
    """Say whose role outlived its grant; unless only that is asked, take it back."""
    only = parse_customers(wanted.customers)
    app.progress.say(app.banner())
    rules = rules_for(app)
    if wanted.check:
        return _said(app, *_lanes(app, rules, only))
    with app.lock(KIND):
        _close_broken_off(app)
        lanes, findings = _lanes(app, rules, only)
        app.progress.close()
        if not lanes:
            return Result(
                command=COMMAND,
                headline="nothing to do; nothing written",
                findings=findings,
            )
        _gate(app, lanes, wanted.max_lowered)
        _ask(app, lanes)
        run = begin(app, [(lane.id, lane.actions) for lane in lanes], kind=KIND)
        result = judged(app, run, end_run(app, run, command=COMMAND))
    return replace(
        result,
        tables=(_table(lanes), *result.tables),
        findings=(*result.findings, *findings),
    )


def _lanes(
    app: App, rules: Rules, only: Sequence[str]
) -> tuple[tuple[Lane, ...], tuple[Finding, ...]]:
    """Read and decide; return who is lowered, and what a person must see."""
    reading = Lapsing(
        ports=app.ports,
        catalogue=rules.catalogue,
        clock=app.clock,
        progress=app.progress,
    )
    if only:
        grants = reading.grants_of(only, Ledger.of(rules.catalogue))
    else:
        grants = (
            Bookkeeping(
                ports=app.ports,
                clock=app.clock,
                progress=app.progress,
                rules=rules,
                only_grants=True,
            )
            .read()
            .grants
        )
    over = lapses(grants)
    left = reading.left(over)
    decided = [decide(one, found, rules) for one, found in zip(over, left, strict=True)]
    findings = [finding for lane in decided for finding in lane.findings]
    return (
        tuple(lane for lane in decided if lane.actions),
        (*findings, *nameless(grants)),
    )


def _said(app: App, lanes: Sequence[Lane], findings: tuple[Finding, ...]) -> Result:
    app.progress.close()
    many = count_of(len(lanes), "role")
    return Result(
        command=COMMAND,
        headline=f"{many} outlived a grant; nothing written"
        if lanes
        else "no role outlived its grant",
        exit_code=ExitCode.FINDINGS if lanes else ExitCode.DONE,
        tables=(_table(lanes),),
        findings=findings,
        next_steps=(f"eleva {COMMAND}{global_flags(app)}",) if lanes else (),
    )


def _close_broken_off(app: App) -> None:
    """Close runs that broke off, but no undo: that would be lowered again."""
    for run in list(open_runs(app, KIND)):
        if run.undo_of:
            continue
        now = app.clock.now()
        runs.take_over(app.store, run.id, now=now, retry_failed=False)
        runs.finish(app.store, run.id, "partial", now=now, note="begun anew")
    refuse_open_run(app, KIND)


def _gate(app: App, lanes: Sequence[Lane], most: int) -> None:
    count = len(lanes)
    if count > most:
        raise SafetyError(
            f"{count_of(count, 'role')} would be lowered, and {most} are allowed",
            code="too-many-lowered",
            hint=f"look at them with: eleva {COMMAND} --check{global_flags(app)}; then"
            f" allow them with --max-lowered {count}",
        )


def _ask(app: App, lanes: Sequence[Lane]) -> None:
    """Show on stderr who is lowered, and ask."""
    flags = app.settings.flags
    actions = [action for lane in lanes for action in lane.actions]
    if not (flags.quiet and flags.yes):
        say = app.shell.terminal.say
        for action in actions[:SHOWN]:
            say(f"  {describe(action)}")
        if len(actions) > SHOWN:
            say(f"  and {len(actions) - SHOWN} more")
    many = count_of(len(actions), "role")
    app.confirm(f"lower {many} on {app.account.id} ({app.settings.mode})?")


def _table(lanes: Sequence[Lane]) -> Table:
    return Table(
        name="lowered",
        title="Roles that outlived a grant",
        columns=COLUMNS,
        rows=tuple(
            (
                lane.id,
                action.user,
                action.organization,
                " and ".join(action.before),
                " and ".join(action.after),
            )
            for lane in lanes
            for action in lane.actions
            if isinstance(action, SetRole)
        ),
    )
