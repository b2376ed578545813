"""Counts the live grants of a free tier, as far as a cap wants to know."""

from __future__ import annotations

from functools import partial

from eleva_cli.engine.pool import patiently
from eleva_cli.invite import Offer
from eleva_cli.invite.ledger import Ledger
from eleva_cli.ports import Clock, StripePort, Subscription


def live_grants(  # noqa: PLR0913 - who, what, how many, by name
    stripe: StripePort,
    clock: Clock,
    ledger: Ledger,
    offer: Offer,
    *,
    price: str,
    most: int,
) -> int:
    """
    Count this tool's grants of an offer that stand, up to `most`.

    What the application gave itself is no grant of ours and under no cap of ours.
    """
    found = 0
    after: str | None = None
    while found < most:
        page = patiently(partial(stripe.subscriptions_on, price, after), clock)
        found += sum(_is_granted(sub, ledger, offer) for sub in page.rows)
        after = page.after
        if after is None:
            break
    return min(found, most)


def _is_granted(sub: Subscription, ledger: Ledger, offer: Offer) -> bool:
    grant = ledger.grant(sub)
    if grant is None or grant.id is None or grant.is_over:
        return False
    return grant.offer.key == offer.key
