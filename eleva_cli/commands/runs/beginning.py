"""What must be so before a run of a kind may begin, and how one begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.errors import SafetyError
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Run
from eleva_cli.plan import Action


def open_runs(app: App, kind: str) -> Iterator[Run]:
    """Yield the runs of this kind and account that were not finished."""
    mine = (kind, app.account.id, app.settings.mode)
    for run in runs.listing(app.store, state="open"):
        if (run.kind, run.account, run.mode) == mine:
            yield run


def unfinished(app: App, run: Run) -> SafetyError:
    """Say that a run was not finished, and how it goes on."""
    return SafetyError(
        f"{run.id} was not finished",
        code="run-open",
        hint=f"go on with: eleva run resume {run.id}{global_flags(app)}",
    )


def refuse_open_run(app: App, kind: str) -> None:
    """Raise `SafetyError` where a run of this kind and account was not finished."""
    for run in open_runs(app, kind):
        raise unfinished(app, run)


def check_understood(
    app: App,
    *,
    understood: bool,
    message: str = "others will hear of these writes",
    look: str = "read the plan's list of receivers",
) -> None:
    """Raise `SafetyError` in live mode, unless somebody knows who will hear of it."""
    if app.settings.mode == "live" and not understood:
        raise SafetyError(
            message,
            code="events-not-understood",
            hint=f"{look}, then add --events-understood",
        )


def begin_lanes(
    app: App, lanes: Iterable[tuple[str, Sequence[Action]]], *, kind: str
) -> str:
    """Return a new run with these lanes, without a plan; two of one name become one."""
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
