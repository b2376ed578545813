"""Shows what one subscription comes to, asks, runs it as one lane, judges its end."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue.hearing import receivers_table
from eleva_cli.commands.invites.asking import lay_out
from eleva_cli.commands.invites.carrying import begin, judged
from eleva_cli.commands.migration.figures import LISTENERS
from eleva_cli.commands.runs.beginning import check_understood
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.commands.subscriptions.beginning import KIND, refuse
from eleva_cli.errors import ExitCode
from eleva_cli.outcome import Result
from eleva_cli.plan import Action, Finding
from eleva_cli.subscription.telling import told, told_by_workos

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    One lane as it was decided: what is shown of it, and what is asked.

    `refused` is what costs more than was allowed: it is shown, and not done.
    """

    command: str
    lane: str
    actions: Sequence[Action]
    rows: Rows
    question: str
    again: tuple[str, ...]
    understood: bool = False
    refused: Finding | None = None


def carry_out(app: App, job: Job) -> tuple[str, Result]:
    """Show, ask, run and read back; return the run and its answer."""
    heard = tuple(_heard(app, job)) if app.settings.mode == "live" else ()
    lay_out(app, (*job.rows, *heard), job.actions)
    refuse(job.refused)
    check_understood(
        app, understood=job.understood, look="read who will hear of it, above"
    )
    app.confirm(f"{job.question} on {app.account.id} ({app.settings.mode})?")
    run = begin(app, [(job.lane, job.actions)], kind=KIND)
    result = judged(app, run, end_run(app, run, command=job.command))
    if result.exit_code is ExitCode.DONE:
        return run, replace(result, tables=(), summary={"run": run}, next_steps=())
    resumes = [one for one in result.next_steps if one.startswith("eleva run")]
    again = shlex.join(("eleva", *job.again)) + global_flags(app)
    return run, replace(result, next_steps=(*resumes, again))


def _heard(app: App, job: Job) -> Iterator[tuple[str, str]]:
    """Say who will hear of what is written."""
    for event, receiver, _times in receivers_table(app, told(job.actions)).rows:
        yield "tells", f"{event}: {receiver}"
    for event in told_by_workos(job.actions):
        yield "tells", f"{event}: {LISTENERS}"
