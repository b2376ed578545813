"""Reads who is on an old price, and previews each next renewal before and after.

Pages of subscriptions, then two previews an item, side by side. Who stays anyway is
not previewed. One small value a subscription is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from eleva_cli.catalog.movers import Mover, Target, movers
from eleva_cli.catalog.staying import obstacle
from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.errors import RejectedError
from eleva_cli.ports import (
    Clock,
    Page,
    Renewal,
    StripePort,
    StripePrice,
    Subscription,
)
from eleva_cli.progress import Progress

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The next page of those on an old price."""

    target: Target
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One preview of an item: with the price it has, or the one it would get."""

    mover: Mover
    side: Side


Job = Listing | Preview
Told = Page[Subscription] | Renewal | str


@dataclass(slots=True, kw_only=True)
class Renewals:
    """One look at everybody on old prices; `found` is by item."""

    stripe: StripePort
    clock: Clock
    progress: Progress
    threads: int = 32
    found: dict[str, Mover] = field(default_factory=dict)

    def look(self, targets: Sequence[Target]) -> tuple[Mover, ...]:
        """Read and preview; raises a `RemoteError` where that is not possible."""
        self.progress.phase("previewing renewals", None)
        pool: Pool[Job, Told] = Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        )
        pool.drain([Listing(target=target) for target in targets])
        return tuple(self.found[item] for item in sorted(self.found))

    def _read(self, job: Job) -> Told:
        if isinstance(job, Listing):
            page = self.stripe.subscriptions_on(job.target.price, job.after)
            return replace(page, rows=tuple(self._whole(row) for row in page.rows))
        return self._preview(job.mover, job.side)

    def _whole(self, subscription: Subscription) -> Subscription:
        return self.stripe.whole(subscription) if subscription.is_cut else subscription

    def _preview(self, mover: Mover, side: Side) -> Renewal | str:
        """Return the renewal, or why Stripe does not say it: that holds one item."""
        price = mover.target.price if side == "before" else mover.target.after
        try:
            return self.stripe.preview_renewal(
                mover.subscription,
                mover.item.id,
                price,
                quantity=mover.item.quantity,
            )
        except RejectedError as error:
            return str(error)

    def _take(self, job: Job, told: Told) -> list[Job]:
        self.progress.advance(1)
        match job, told:
            case Listing(), Page():
                return list(self._following(job, told))
            case Preview(mover=mover), (Renewal() | str()):
                item = mover.item.id
                self.found[item] = _noted(self.found[item], job.side, told)
            case _:  # pragma: no cover - each job has its own answer
                raise AssertionError(job)
        return []

    def _following(self, job: Listing, page: Page[Subscription]) -> Iterator[Job]:
        for subscription in page.rows:
            for mover in movers(subscription, job.target):
                if mover.item.id in self.found:  # it moved between two pages
                    continue
                self.found[mover.item.id] = mover
                if obstacle(mover) is None:
                    yield Preview(mover=mover, side="before")
                    yield Preview(mover=mover, side="after")
        if page.after is not None:
            yield replace(job, after=page.after)


def off_sale(
    stripe: StripePort, clock: Clock, products: Iterable[str]
) -> Iterator[StripePrice]:
    """Give the prices of these products that are not for sale any more."""
    for product in products:
        after: str | None = None
        while True:
            page = patiently(_reading(stripe, product, after), clock)
            yield from page.rows
            if (after := page.after) is None:
                break


def _reading(
    stripe: StripePort, product: str, after: str | None
) -> Callable[[], Page[StripePrice]]:
    return lambda: stripe.prices_of(product, after, active=False)


def _noted(mover: Mover, side: Side, told: Renewal | str) -> Mover:
    if isinstance(told, str):
        return replace(mover, refused=told)
    if side == "before":
        return replace(mover, before=told)
    return replace(mover, after=told)
