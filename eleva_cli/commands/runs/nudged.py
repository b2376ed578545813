"""The runs of a nudge have nothing to give back: each ends where it began.

Its item is on its own price again, and its twin is off sale: to reverse one of the four
runs alone would put somebody on a twin that Stripe does not sell any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import SafetyError
from eleva_cli.journal import piloted
from eleva_cli.journal.steps import Run, Step
from eleva_cli.outcome import Result
from eleva_cli.pilot import MARK
from eleva_cli.plan import LinkOrganization, ReviseSubscription, StampCustomer


def nothing_back(app: App, old: Run, found: Sequence[Step]) -> Result | None:
    """
    Say that a nudge's run leaves nothing to take back; `None` for any other run.

    Raises `SafetyError` (exit 4) where an item still stands on a twin.
    """
    links = (LinkOrganization, StampCustomer)
    if old.kind != piloted.KIND or any(isinstance(it.action, links) for it in found):
        return None
    moves = [it.action for it in found if isinstance(it.action, ReviseSubscription)]
    away = sorted({one.customer for one in moves if _is_on_twin(app, one)})
    if away:
        raise SafetyError(
            f"{old.id} is one part of a nudge that is not at its end: "
            f"{', '.join(away)} still on a twin",
            code="undo-of-nudge",
            hint=f"bring it home: eleva pilot nudge --customers {','.join(away)}"
            f"{global_flags(app)}",
        )
    home = "; every item is on its own price" if moves else ""
    return Result(
        command="run undo",
        headline=f"{old.id} is one part of a nudge, which gives back what it takes:"
        f" there is nothing to undo{home}",
    )


def _is_on_twin(app: App, move: ReviseSubscription) -> bool:
    """Look which price the items have now; a twin says whose it is."""
    stripe, clock = app.ports.stripe, app.clock
    found = patiently(lambda: stripe.billed(move.subscription), clock)
    prices = {item.price for item in found.items}
    return any(
        MARK in patiently(partial(stripe.price, one), clock).metadata for one in prices
    )
