"""`pilot start`: link a few customers, note the moment, say which tokens to bring."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration import figures
from eleva_cli.commands.migration.bringing import Bringing
from eleva_cli.commands.migration.request import Request, make_plan
from eleva_cli.commands.pilots.naming import few, look_command
from eleva_cli.commands.runs.beginning import check_understood, refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal import piloted, plans, runs
from eleva_cli.journal.plans import PlanRow
from eleva_cli.observe.piloting import Piloting
from eleva_cli.outcome import Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.pilot import Pilot
from eleva_cli.plan import Finding, Severity, describe

COMMAND = "pilot start"
SHOWN = 12


def start(app: App, customers: str, *, understood: bool) -> Result:
    """Link and stamp the customers as a run of pilots; nothing else is touched."""
    named = few(customers)
    request = Request(customers=customers, bringing=Bringing(only="links"))
    app.progress.say(app.banner())
    with app.lock(piloted.KIND):
        refuse_open_run(app, piloted.KIND)
        head = plans.head(app.store, make_plan(app, request, None).plan)
        assert head is not None
        ready = figures.count_lanes(app, head.id, "ready")
        if not ready:
            return _nothing(app, head, named)
        check_understood(app, understood=understood)
        _ask(app, head, ready)
        # the same lanes, as a run of their own kind: by it a look knows whom to expect
        run = runs.begin_from_plan(
            app.store, replace(head, kind=piloted.KIND), now=app.clock.now()
        )
        result = end_run(app, run, command=COMMAND)
    return _with_users(app, head, result, named)


def _ask(app: App, head: PlanRow, ready: int) -> None:
    app.progress.close()
    flags = app.settings.flags
    if not (flags.quiet and flags.yes):
        for _, email, action in figures.actions(app, head, SHOWN):
            app.shell.terminal.say(
                f"  {describe(action)}" + (f" ({email})" if email else "")
            )
    app.confirm(
        f"link {count_of(ready, 'customer')} of {head.account} ({head.mode}),"
        " who agreed to take part?"
    )


def _nothing(app: App, head: PlanRow, named: tuple[str, ...]) -> Result:
    """Say why nobody could be linked: held, or linked already."""
    held = figures.count_lanes(app, head.id, "held")
    others = _linked_by_others(app, head, named)
    said = f"{held} held" if held else "all of them are linked and stamped already"
    return Result(
        command=COMMAND,
        headline=f"nothing linked: {said}",
        exit_code=ExitCode.PARTIAL if held or others else ExitCode.DONE,
        tables=tuple(figures.held_tables(app, head)),
        findings=(*figures.findings(app, head), *others),
        next_steps=() if held or others else (look_command(app),),
    )


def _linked_by_others(
    app: App, head: PlanRow, named: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Name who is linked, but by no pilot of this journal."""
    told = {one.subject for one in figures.findings(app, head)}
    ready = {customer for customer, _, _ in figures.actions(app, head, SHOWN)}
    mine = piloted.pilots(app.store, app.account.id, app.settings.mode)
    known = told | ready | {one.customer for one in mine}
    return tuple(
        Finding(
            code="pilot-linked-before",
            severity=Severity.WARNING,
            subject=one,
            message="it was linked, but by no pilot of this journal: when is not known,"
            " so a token proves nothing of its link",
            hint="name one that is not linked yet",
        )
        for one in named
        if one not in known
    )


def _with_users(
    app: App, head: PlanRow, result: Result, named: tuple[str, ...]
) -> Result:
    """Add who is to sign in now, and what their tokens should show."""
    mine = (app.account.id, app.settings.mode)
    linked = [one for one in piloted.pilots(app.store, *mine) if one.customer in named]
    piloting = Piloting(ports=app.ports, clock=app.clock)
    pilots = piloting.entitled(linked)
    done = result.exit_code is ExitCode.DONE
    step = (look_command(app),) if linked and done else result.next_steps
    others = _linked_by_others(app, head, named)
    is_left = others or figures.count_lanes(app, head.id, "held")
    code = worst(result.exit_code, ExitCode.PARTIAL) if is_left else result.exit_code
    return replace(
        result,
        exit_code=code,
        headline=f"{result.headline}; now have these users sign in or refresh, collect"
        " their access tokens (docs/pilot.md), and look",
        tables=(
            *result.tables,
            _table(piloting, pilots),
            *figures.held_tables(app, head),
        ),
        findings=(*result.findings, *figures.findings(app, head), *others),
        next_steps=step,
    )


def _table(piloting: Piloting, pilots: list[Pilot]) -> Table:
    rows = tuple(
        (
            one.customer,
            one.organization,
            ", ".join(piloting.users(one.organization)),
            ", ".join(sorted(one.entitled)),
        )
        for one in pilots
    )
    return Table(
        name="pilots",
        title="Whose tokens to bring, and what Stripe grants them",
        columns=("customer", "organization", "users", "entitlements"),
        rows=rows,
    )
