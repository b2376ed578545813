"""What an undo would put somebody back on, and Stripe does not sell any more.

Stripe refuses an archived price on an item: each such step would fail by itself, after
the role above it was taken back already. So it is asked first, one call a price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, SafetyError
from eleva_cli.journal.steps import Run
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Action, ReviseSubscription
from eleva_cli.plan.billing import prices_of

TOLD = 5


def refuse_archived(app: App, old: Run, back: Iterable[Action]) -> None:
    """Raise `SafetyError` (exit 4) where a price to go back to is not for sale."""
    places = _given_back(back)
    gone = [price for price in sorted(places) if not _is_for_sale(app, price)]
    if not gone:
        return
    told = ", ".join(
        f"{price} ({count_of(len(places[price]), 'subscription')})"
        for price in gone[:TOLD]
    )
    more = f" and {len(gone) - TOLD} more" if len(gone) > TOLD else ""
    raise SafetyError(
        f"{old.id} cannot be taken back to what is archived in Stripe: {told}{more}",
        code="price-archived",
        hint="make it active again in Stripe (Product catalogue, the price, Unarchive)"
        " and undo again; archive it afterwards, who is on it stays. Those on other"
        f" prices: eleva run undo {old.id} --customers IDS{global_flags(app)}",
    )


def _given_back(back: Iterable[Action]) -> dict[str, set[str]]:
    """Return by price which subscriptions would be put on it."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for action in back:
        if isinstance(action, ReviseSubscription):
            for price in prices_of(action.after).values():
                places[price].add(action.subscription)
    return places


def _is_for_sale(app: App, price: str) -> bool:
    try:
        read = partial(app.ports.stripe.price, price)
        return patiently(read, app.clock).active
    except MissingError:
        return False
