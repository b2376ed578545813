"""What subscriptions entitle to, and why Stripe may see it otherwise for a while.

An item keeps the features that its product had when its period began: what is attached
or taken off later reaches it with the next one. Where nobody knows when that was, the
answer is "ambiguous", never drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from eleva_cli.chain import Sub
from eleva_cli.chain.view import GRANTING, Holding, View

# certain: it is as it should not be; the others explain it, or may do so
Why = Literal["certain", "lapsed", "settling", "ambiguous", "pending"]


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The features of one customer: expected, allowed while overdue, found."""

    view: View

    @cached_property
    def known(self) -> frozenset[str]:
        """Give the features that the catalogue names; of others nothing is said."""
        return frozenset(each.key for each in self.view.catalogue.features)

    @cached_property
    def expected(self) -> frozenset[str]:
        """Give what active subscriptions and trials entitle to by today's products.

        What a product carries beyond the catalogue is told of the product, and missed
        by nobody.
        """
        held = self.view.holdings(GRANTING)
        return self._attached_to(held) & self._sold_with(held)

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Give what is no wonder either.

        Whoever is overdue may have it or not, and what is not attached any more may
        be there until the next period; the product's own finding says that.
        """
        held = self.view.holdings()
        return self._attached_to(held) | self._sold_with(held)

    def _attached_to(self, held: Iterable[Holding]) -> frozenset[str]:
        keys = {key for _, item in held for key in self.attached(item.product)}
        return frozenset(keys) & self.known

    def _sold_with(self, held: Iterable[Holding]) -> frozenset[str]:
        products = (self.view.product(item) for _, item in held)
        return frozenset(key for each in products if each for key in each.features)

    def attached(self, product: str) -> frozenset[str]:
        """Give what a product carries today; archived features still grant."""
        if product not in self._seen:
            found = self.view.settled.shop.attached(product)
            self._seen[product] = frozenset(each.key for each in found)
        return self._seen[product]

    @cached_property
    def _seen(self) -> dict[str, frozenset[str]]:
        return {}

    @property
    def is_whole(self) -> bool:
        """Whether every live product is known, so that nothing else can grant."""
        return not self.view.strangers

    def providers(self, key: str) -> list[Holding]:
        """Give the items whose products carry a feature today."""
        held = self.view.holdings(GRANTING)
        return [pair for pair in held if key in self.attached(pair[1].product)]

    def why_missing(self, key: str) -> Why:
        """Explain a feature that is expected and not there: the weightiest reason."""
        reasons = {self._why_not(key, pair) for pair in self.providers(key)}
        order: tuple[Why, ...] = ("certain", "settling", "ambiguous", "pending")
        return next((why for why in order if why in reasons), "certain")

    def _why_not(self, key: str, pair: Holding) -> Why:
        sub, item = pair
        settled = self.view.settled
        since = settled.attached_since.get((item.product, key))
        start = item.period_start
        if since is not None and start is not None and since > start:
            return "pending"
        if self.view.is_fresh(sub.created, start):
            return "settling"
        return "certain" if self._is_told(since, start) else "ambiguous"

    def _is_told(self, since: int | None, start: int | None) -> bool:
        """Whether it is known that nothing was attached or detached in the period."""
        if start is None:
            return False
        if since is not None:
            return True
        known_since = self.view.settled.attachments_known_since
        return known_since is not None and known_since <= start

    def why_extra(self, key: str) -> Why:
        """
        Explain a feature that is there and not expected.

        What ended within the period of a live product says more than what that product
        may have carried; what ended before says less.
        """
        held = self.view.holdings()
        over = next(self.over(key), None)
        starts = [item.period_start for _, item in held if item.period_start]
        is_recent = over is not None and (over.ended_at or 0) >= min(starts, default=0)
        reasons = {self._why_still(key, pair) for pair in held}
        order: tuple[Why, ...] = ("pending", "settling", "ambiguous")
        why: Why = next((each for each in order if each in reasons), "certain")
        if over is not None and why != "pending" and (is_recent or why == "certain"):
            return self._since_over(over)
        return why

    def _since_over(self, sub: Sub) -> Why:
        if self.view.is_fresh(sub.ended_at):
            return "settling"
        return "lapsed" if self._was_grant(sub) else "certain"

    def over(self, key: str) -> Iterator[Sub]:
        """Give the ended subscriptions that brought a feature, the latest first."""
        for sub in self.view.ended():
            products = [self.view.product(item) for item in sub.items]
            carried = {key for item in sub.items for key in self.attached(item.product)}
            sold = {key for each in products if each for key in each.features}
            if key in carried | sold:
                yield sub

    def _was_grant(self, sub: Sub) -> bool:
        return any(self.view.is_grant(item) for item in sub.items)

    def _why_still(self, key: str, pair: Holding) -> Why:
        sub, item = pair
        since = self.view.settled.detached_since.get((item.product, key))
        start = item.period_start
        if self.is_kept(key, pair):
            return "pending"
        if self.view.is_fresh(sub.created, start):
            return "settling"
        return "certain" if self._is_told(since, start) else "ambiguous"

    def is_kept(self, key: str, pair: Holding) -> bool:
        """Whether an item has a feature until its next period, by what events tell."""
        since = self.view.settled.detached_since.get((pair[1].product, key))
        start = pair[1].period_start
        return since is not None and start is not None and since > start

    def due(self, pairs: Iterable[Holding]) -> int | None:
        """Return when the next of some periods begins, and brings the change."""
        ends = [item.period_end for _, item in pairs if item.period_end is not None]
        return min(ends, default=None)


def listed(keys: Iterable[str]) -> str:
    """Write features for people, in an order that never changes."""
    return ", ".join(sorted(keys)) or "nothing"
