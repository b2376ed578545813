"""`catalog apply`: compare again, gate, ask, apply, read back, tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.changes import Change
from eleva_cli.commands.catalogue import chosen, differing, moving
from eleva_cli.commands.catalogue.moving import Asked
from eleva_cli.commands.catalogue.planned import observe, unadopted
from eleva_cli.commands.catalogue.running import (
    KIND,
    Allowed,
    carry_out,
    refuse_open_run,
)
from eleva_cli.errors import ExitCode, SafetyError
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity

LATER_S = (0.0, 1.0, 4.0)


def apply(
    app: App, allowed: Allowed, asked: Asked, *, strict: bool, prune: bool
) -> Result:
    """Make the account as the catalogue says, as far as no person has to decide."""
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    wishes = moving.wishes(catalogue, asked)
    with app.lock(KIND):
        refuse_open_run(app, KIND)
        observed = observe(app, catalogue, prune=prune)
        for finding in unadopted(app, catalogue, observed.shop):
            raise SafetyError(finding.message, code=finding.code, hint=finding.hint)
        difference = observed.difference
        _refuse_breaking(difference.changes, allowed)
        moves = moving.look(app, catalogue, observed.shop, difference, wishes)
        result = carry_out(
            app,
            (*lanes(difference, catalogue, observed.shop), *moves.lanes),
            command="catalog apply",
            allowed=allowed,
            strict=strict,
            preface=(differing.headline(difference), *moves.said),
        )
        if result.exit_code is ExitCode.DONE and "run" in result.summary:
            result = _proved(app, catalogue, result, prune=prune)
    figures = differing.figures(difference)
    return replace(
        result,
        summary={**result.summary, "conflicts": figures["conflicts"]},
        findings=(*result.findings, *difference.findings, *moves.findings),
    )


def _proved(app: App, catalogue: Catalogue, result: Result, *, prune: bool) -> Result:
    """
    Plan once more: what a run left undone, or made twice, shows there.

    A list may be some seconds old, so it is read again before anything is said.
    """
    held = {str(row[0]) for table in result.tables for row in table.rows}
    left: set[str] = set()
    for wait_s in LATER_S:
        app.clock.sleep(wait_s)
        again = observe(app, catalogue, prune=prune)
        found = lanes(again.difference, catalogue, again.shop)
        left = {lane.id for lane in found if lane.actions} - held
        if not left:
            app.progress.close()
            return result
    app.progress.close()
    finding = Finding(
        code="differs-still",
        severity=Severity.WARNING,
        subject=app.account.id,
        message=f"after the run there is more to do: {', '.join(sorted(left)[:5])}",
        hint="somebody else may be at work, or a list be late; plan again",
    )
    return replace(
        result,
        exit_code=ExitCode.PARTIAL,
        findings=(*result.findings, finding),
        next_steps=(f"eleva catalog plan{global_flags(app)}", *result.next_steps),
    )


def _refuse_breaking(changes: Iterable[Change], allowed: Allowed) -> None:
    count = sum(change.risk == "breaking" for change in changes)
    if count > allowed.max_breaking:
        raise SafetyError(
            f"{count_of(count, 'change')} would take from subscribers what they have,"
            f" and {allowed.max_breaking} are allowed",
            code="too-many-breaking",
            hint="look at them in the plan, then allow them with"
            f" --max-breaking {count}",
        )
