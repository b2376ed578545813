"""`sandbox seed --from-run`: the operator's own business, as a plan observed it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eleva_cli.bootstrap import App, flags_of
from eleva_cli.clock import SystemClock
from eleva_cli.commands.migration.standing import moment
from eleva_cli.config.settings import resolve
from eleva_cli.outcome import Table
from eleva_cli.rehearsal import Observed, Rehearsal, observed_by, rehearsal_of
from eleva_cli.shell import Shell


def of_run(shell: Shell, run: str) -> tuple[Observed, Rehearsal]:
    """Read this profile's journal; no service is asked, so no key is needed."""
    flags = flags_of(shell)
    settings = resolve(flags, Path.cwd(), {} if flags.sandbox else None)
    app = App(shell=shell, settings=settings, clock=SystemClock())
    observed = observed_by(app.store, run)
    names = settings.document.metadata.names()
    return observed, rehearsal_of(app.store, observed, names)


def headline(observed: Observed) -> str:
    """Say whose business it is, and of when."""
    plan = observed.plan
    mode = "" if plan.mode == "test" else "; its live data is test data here"
    return (
        f"filled with what {plan.id} observed of {plan.account} at "
        f"{moment(observed.at)} UTC{mode}"
    )


def tables(made: Rehearsal) -> tuple[Table, ...]:
    """Tell what was made up, and what could not be had."""
    return (
        _table(
            "stand_ins", "Made up, as the snapshot does not hold it", made.stand_ins
        ),
        _table("left_out", "Left out", made.left_out),
    )


def _table(name: str, title: str, counts: Mapping[str, int]) -> Table:
    rows = tuple((what, counts[what]) for what in sorted(counts) if counts[what])
    return Table(name=name, title=title, columns=("what", "count"), rows=rows)
