"""Opens a run of `eleva invite`, without a plan before it, and judges its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites.terms import KIND
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal import runs
from eleva_cli.outcome import Result
from eleva_cli.plan import Action


def begin(
    app: App, lanes: Iterable[tuple[str, Sequence[Action]]], *, kind: str = KIND
) -> str:
    """Return a new run with these lanes; two of one name become one."""
    together: defaultdict[str, list[Action]] = defaultdict(list)
    for lane, actions in lanes:
        together[lane] += actions
    with app.store.write():
        run = runs.begin(
            app.store,
            kind=kind,
            account=app.account.id,
            mode=app.settings.mode,
            plan=None,
            now=app.clock.now(),
        )
        for lane in sorted(together):
            runs.add_steps(app.store, run, lane, together[lane])
    return run


def judged(app: App, run: str, result: Result) -> Result:
    """Let nobody take a held step for done: who asked for it has not got it."""
    if not runs.counts(app.store, run).get("held"):
        return result
    return replace(result, exit_code=worst(result.exit_code, ExitCode.PARTIAL))
