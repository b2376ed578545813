"""Opens a run of `eleva invite`, without a plan before it, and judges its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites.terms import KIND
from eleva_cli.commands.runs.beginning import begin_lanes
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal import runs
from eleva_cli.outcome import Result
from eleva_cli.plan import Action


def begin(
    app: App, lanes: Iterable[tuple[str, Sequence[Action]]], *, kind: str = KIND
) -> str:
    """Return a new run of grants with these lanes."""
    return begin_lanes(app, lanes, kind=kind)


def judged(app: App, run: str, result: Result) -> Result:
    """Let nobody take a held step for done: who asked for it has not got it."""
    if not runs.counts(app.store, run).get("held"):
        return result
    return replace(result, exit_code=worst(result.exit_code, ExitCode.PARTIAL))
