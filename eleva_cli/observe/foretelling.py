"""Asks Stripe what the next renewals would be, before anything is decided on money.

Two previews a subscription: as things are, and as they would be. What Stripe refuses
to preview is an answer, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import RejectedError
from eleva_cli.moves import Previewed, Wish
from eleva_cli.ports import Clock, Renewal, StripePort
from eleva_cli.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretelling:
    """Reads previews side by side."""

    stripe: StripePort
    clock: Clock
    progress: Progress
    threads: int = 32

    def read(self, wishes: Sequence[Wish]) -> dict[str, Previewed]:
        """Return what was said of each subscription; raises where Stripe fails."""
        found: dict[str, Previewed] = {}

        def take(wish: Wish, previewed: Previewed) -> list[Wish]:
            found[wish.subscription] = previewed
            self.progress.advance()
            return []

        if wishes:
            Pool(
                read=self.preview,
                take=take,
                tick=self.progress.tick,
                clock=self.clock,
                threads=self.threads,
            ).drain(list(wishes))
        return found

    def preview(self, wish: Wish) -> Previewed:
        """Preview one subscription as it is, and as it is wished."""
        before: Renewal | None = None
        try:
            before = self.stripe.preview_items(wish.subscription, ())
            if not wish.items:
                return Previewed(before=before, after=before)
            after = self.stripe.preview_items(wish.subscription, wish.items)
        except RejectedError as error:
            return Previewed(before=before, refused=str(error))
        return Previewed(before=before, after=after)
