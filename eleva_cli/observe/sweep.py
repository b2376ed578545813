"""Pages through the lists of both services side by side, to a fixed bound.

Cursor latency, not the limit, is what bounds a large account: Stripe's lists are
split by creation time while there is room; WorkOS has no such filter. Memberships have
no list of all: they are read organization by organization, while the lists go on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.ports import (
    Clock,
    Customer,
    Invoice,
    InvoiceStatus,
    Membership,
    Organization,
    Page,
    Ports,
    Subscription,
    User,
    WebhookEndpoint,
    Window,
)

Kind = Literal[
    "customers",
    "subscriptions",
    "draft invoices",
    "open invoices",
    "endpoints",
    "organizations",
    "users",
]
UNPAID: tuple[Kind, ...] = ("draft invoices", "open invoices")
STATUS: Mapping[Kind, InvoiceStatus] = {
    "draft invoices": "draft",
    "open invoices": "open",
}
Row = (
    Customer
    | Subscription
    | Invoice
    | WebhookEndpoint
    | Organization
    | User
    | Membership
)
STRIPE_BEGAN = 1_262_304_000  # 2010-01-01: no Stripe object is older
PAGE = 100
CURSORS = 8  # of one list at once; 25 pages a second need 5 at 200 ms
WORTH_SPLITTING = 3  # pages left, by the density of the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    The next page of one cursor; `window` is `None` for lists without dates.

    `cut` is a subscription whose other items are to be read instead of a page, `of`
    an organization whose memberships are.
    """

    kind: Kind
    window: Window | None = None
    after: str | None = None
    cut: Subscription | None = None
    of: str | None = None


@dataclass(slots=True, kw_only=True)
class Sweep:
    """
    One pass over some lists; `take` gets every page's rows, on this thread.

    With `joined` the memberships of each listed organization are read as well, and
    handed to it with the organization's id. `left` counts what is still to be read of
    a list, so that an interrupted pass can say what is whole.
    """

    ports: Ports
    clock: Clock
    tick: Callable[[], None]
    take: Callable[[Kind, Sequence[Row]], None]
    threads: int = 32
    joined: Callable[[str, Sequence[Membership]], None] | None = None
    cursors: Counter[str] = field(default_factory=Counter)
    left: Counter[Kind] = field(default_factory=Counter)

    def run(self, kinds: Iterable[Kind], *, bound: int) -> None:
        """Read the named lists; Stripe's up to objects created at `bound`."""
        window = Window(since=STRIPE_BEGAN, until=bound + 1)
        jobs = [Job(kind=kind, window=_window_of(kind, window)) for kind in kinds]
        self.cursors.update(job.kind for job in jobs)
        self.left.update(job.kind for job in jobs)
        Pool(
            read=self._read,
            take=self._take,
            tick=self.tick,
            clock=self.clock,
            threads=self.threads,
            urgent=_is_stripes,
        ).drain(jobs)

    def _read(self, job: Job) -> Page[Row]:
        if job.cut is not None or job.of is not None:
            return Page(rows=self._one_by_one(job), after=None)
        return _widen(self._listed(job))

    def _listed(self, job: Job) -> object:
        stripe, workos = self.ports.stripe, self.ports.workos
        match job.kind:
            case "customers":
                assert job.window
                return stripe.customers(job.window, job.after)
            case "subscriptions":
                assert job.window
                return stripe.subscriptions(job.window, job.after)
            case "draft invoices" | "open invoices":
                return stripe.invoices(STATUS[job.kind], job.after)
            case "endpoints":
                return stripe.webhook_endpoints(job.after)
            case "organizations":
                return workos.organizations(job.after)
            case "users":
                return workos.users(job.after)
            case _:
                assert_never(job.kind)

    def _one_by_one(self, job: Job) -> tuple[Row, ...]:
        if job.of is not None:
            try:
                return self.ports.workos.memberships_of_organization(job.of)
            except MissingError:
                return ()  # deleted since it was listed
        assert job.cut is not None
        return (self.ports.stripe.whole(job.cut),)

    def _take(self, job: Job, page: Page[Row]) -> list[Job]:
        if job.of is not None:
            self._join(job.of, page.rows)
            return []
        self.take(job.kind, [row for row in page.rows if not _is_cut(row)])
        # The next page first: a hundred memberships are waiting while it comes.
        following = self._next(job, page) if job.cut is None else []
        following += self._within(job, page)
        self.left.update(each.kind for each in following if each.of is None)
        self.left[job.kind] -= 1
        return following

    def _join(self, organization: str, rows: Sequence[Row]) -> None:
        assert self.joined is not None
        self.joined(organization, [row for row in rows if isinstance(row, Membership)])

    def _within(self, job: Job, page: Page[Row]) -> Iterator[Job]:
        """Yield what is to be read of the rows of a page, one by one."""
        for row in page.rows if job.cut is None else ():
            if isinstance(row, Subscription) and row.is_cut:
                yield Job(kind=job.kind, cut=row)
            if isinstance(row, Organization) and self.joined is not None:
                yield Job(kind=job.kind, of=row.id)

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


def _is_stripes(job: Job) -> bool:
    """Whether a job is for Stripe: it must not wait behind a thousand memberships."""
    return job.kind not in ("organizations", "users")


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
