"""`migrate plan`: what linking would take, shown and stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import figures
from eleva_cli.commands.migration.request import Request, make_plan
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs import decisions
from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanRow
from eleva_cli.outcome import Result
from eleva_cli.plan import Finding, Severity
from eleva_cli.planning import Planned


def show(
    app: App, request: Request, *, decisions_out: Path | None, check: bool
) -> Result:
    """Plan, store the plan, and return it to be shown."""
    app.progress.say(app.banner())
    planned = make_plan(app, request)
    app.progress.close()
    head = plans.head(app.store, planned.plan)
    assert head is not None
    refused = tuple(refused_findings(app, request, planned))
    held = figures.count_lanes(app, head.id, "held")
    is_left = bool(head.counts.get("ready") or held or refused)
    return Result(
        command="migrate plan",
        headline=headline(head, held),
        exit_code=ExitCode.FINDINGS if check and is_left else ExitCode.DONE,
        summary=figures.summary(head),
        tables=(
            figures.actions_table(app, head),
            figures.held_table(app, head),
            figures.events_table(app, head),
        ),
        findings=refused + figures.findings(app, head),
        next_steps=tuple(_next_steps(app, request, head, decisions_out)),
    )


def headline(head: PlanRow, held: int) -> str:
    """Say the plan in one sentence."""
    counts = head.counts
    if not counts.get("in_scope") and not held:
        return "nothing in scope: no customer has or had a subscription"
    ready = counts.get("ready", 0)
    linked = counts.get("unchanged", 0)
    what = f"{ready} customers to link or stamp" if ready else "nothing to do"
    return f"{what}; {linked} linked already, {held} held for a person"


def refused_findings(app: App, request: Request, planned: Planned) -> list[Finding]:
    """Write decisions that no longer fit to a new file, and name them."""
    if not planned.refused:
        return []
    assert request.decisions is not None
    path = request.decisions.with_suffix(".refused.csv")
    with _writable(path):
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
    app: App, request: Request, head: PlanRow, decisions_out: Path | None
) -> list[str]:
    steps = []
    flags = request.command_line() + global_flags(app)
    held = head.counts.get("held", 0)
    if decisions_out is not None and held:
        _write_decisions(app, head, decisions_out)
        steps.append(
            f"eleva migrate plan{_without_decisions(request, app)} "
            f"--decisions {decisions_out}"
        )
    elif held:
        steps.append(f"eleva migrate plan{flags} --decisions-out decisions.csv")
    if head.counts.get("ready"):
        steps.insert(0, f"eleva migrate apply{flags} --expect {head.id}")
    return steps


def _without_decisions(request: Request, app: App) -> str:
    words = request.command_line()
    if request.decisions is not None:
        words = words.replace(f" --decisions {request.decisions}", "")
    return words + global_flags(app)


def _write_decisions(app: App, head: PlanRow, path: Path) -> None:
    with _writable(path):
        decisions.write(
            path,
            plans.lanes(app.store, head.id, state="held"),
            account=head.account,
            mode=head.mode,
            plan=head.id,
        )


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Name the file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}",
            code="decisions-unwritable",
            hint="name a file in a folder you may write to",
        ) from error
