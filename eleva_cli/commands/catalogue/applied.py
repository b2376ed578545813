"""`catalog apply`: compare again, gate, ask, apply, read back, tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from eleva_cli.bootstrap import App
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
from eleva_cli.errors import SafetyError
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of


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
        for finding in unadopted(app, observed.shop):
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
    figures = differing.figures(difference)
    return replace(
        result,
        summary={**result.summary, "conflicts": figures["conflicts"]},
        findings=(*result.findings, *difference.findings, *moves.findings),
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
