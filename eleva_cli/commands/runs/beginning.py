"""What must be so before a run of a kind may begin."""

from __future__ import annotations

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.errors import SafetyError
from eleva_cli.journal import runs


def refuse_open_run(app: App, kind: str) -> None:
    """Raise `SafetyError` where a run of this kind and account was not finished."""
    mine = (kind, app.account.id, app.settings.mode)
    for run in runs.listing(app.store, state="open"):
        if (run.kind, run.account, run.mode) == mine:
            raise SafetyError(
                f"{run.id} was not finished",
                code="run-open",
                hint=f"go on with: eleva run resume {run.id}{global_flags(app)}",
            )
