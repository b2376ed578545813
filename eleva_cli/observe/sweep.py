"""Pages through the lists of both services side by side, to a fixed bound.

Cursor latency, not the limit, is what bounds a large account: Stripe's lists are
split by creation time while there is room; WorkOS has no such filter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from eleva_cli.engine.pool import Pool
from eleva_cli.ports import (
    Clock,
    Customer,
    Organization,
    Page,
    Ports,
    Subscription,
    User,
    WebhookEndpoint,
    Window,
)

Kind = Literal["customers", "subscriptions", "endpoints", "organizations", "users"]
Row = Customer | Subscription | WebhookEndpoint | Organization | User
STRIPE_BEGAN = 1_262_304_000  # 2010-01-01: no Stripe object is older
PAGE = 100
CURSORS = 8  # of one list at once; 25 pages a second need 5 at 200 ms
WORTH_SPLITTING = 3  # pages left, by the density of the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    The next page of one cursor; `window` is `None` for lists without dates.

    `cut` is a subscription whose other items are to be read instead of a page.
    """

    kind: Kind
    window: Window | None = None
    after: str | None = None
    cut: Subscription | None = None


@dataclass(slots=True, kw_only=True)
class Sweep:
    """One pass over some lists; `take` gets every page's rows, on this thread."""

    ports: Ports
    clock: Clock
    tick: Callable[[], None]
    take: Callable[[Kind, Sequence[Row]], None]
    threads: int = 32
    cursors: Counter[str] = field(default_factory=Counter)

    def run(self, kinds: Iterable[Kind], *, bound: int) -> None:
        """Read the named lists; Stripe's up to objects created at `bound`."""
        window = Window(since=STRIPE_BEGAN, until=bound + 1)
        jobs = [Job(kind=kind, window=_window_of(kind, window)) for kind in kinds]
        self.cursors.update(job.kind for job in jobs)
        Pool(
            read=self._read,
            take=self._take,
            tick=self.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(jobs)

    def _read(self, job: Job) -> Page[Row]:
        stripe, workos = self.ports.stripe, self.ports.workos
        if job.cut is not None:
            return Page(rows=(stripe.whole(job.cut),), after=None)
        match job.kind:
            case "customers":
                assert job.window
                return _widen(stripe.customers(job.window, job.after))
            case "subscriptions":
                assert job.window
                return _widen(stripe.subscriptions(job.window, job.after))
            case "endpoints":
                return _widen(stripe.webhook_endpoints(job.after))
            case "organizations":
                return _widen(workos.organizations(job.after))
            case "users":
                return _widen(workos.users(job.after))
            case _:
                assert_never(job.kind)

    def _take(self, job: Job, page: Page[Row]) -> list[Job]:
        whole = [row for row in page.rows if not _is_cut(row)]
        self.take(job.kind, whole)
        if job.cut is not None:
            return []
        cut = [row for row in page.rows if isinstance(row, Subscription) and row.is_cut]
        return [Job(kind=job.kind, cut=row) for row in cut] + self._next(job, page)

    def _next(self, job: Job, page: Page[Row]) -> list[Job]:
        if page.after is None:
            self.cursors[job.kind] -= 1
            return []
        if job.window is None:
            return [Job(kind=job.kind, after=page.after)]
        return self._go_on(job, job.window, page)

    def _go_on(self, job: Job, window: Window, page: Page[Row]) -> list[Job]:
        """Follow the cursor; hand the older half to another one if there is room."""
        oldest, newest = _created(page.rows[-1]), _created(page.rows[0])
        density = len(page.rows) / max(1, newest - oldest)
        pages_left = (oldest - window.since) * density / PAGE
        if self.cursors[job.kind] >= CURSORS or pages_left < WORTH_SPLITTING:
            return [Job(kind=job.kind, window=window, after=page.after)]
        self.cursors[job.kind] += 1
        middle = _middle(window, oldest, newest)
        newer = Window(since=middle, until=window.until)
        older = Window(since=window.since, until=middle)
        return [
            Job(kind=job.kind, window=newer, after=page.after),
            Job(kind=job.kind, window=older),
        ]


def _middle(window: Window, oldest: int, newest: int) -> int:
    """
    Choose where to split what is left of a window, in Unix seconds.

    Nobody knows how old an account is: the first split lies between the span of a
    page and all of Stripe's age, on a logarithmic scale. Later ones are halves.
    """
    left = oldest - window.since
    if window.since > STRIPE_BEGAN:
        return window.since + left // 2
    return oldest - math.isqrt(left * max(1, newest - oldest))


def _is_cut(row: Row) -> bool:
    return isinstance(row, Subscription) and row.is_cut


def _widen(page: Page[Row] | object) -> Page[Row]:
    """Pages of one kind are pages of any kind: tuples do not change."""
    assert isinstance(page, Page)
    return page


def _window_of(kind: Kind, window: Window) -> Window | None:
    return window if kind in ("customers", "subscriptions") else None


def _created(row: Row) -> int:
    assert isinstance(row, Customer | Subscription)
    return row.created
