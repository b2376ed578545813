"""Reads what both services tell of somebody: their events, page by page.

Stripe lists events of the whole account, so pages are bounded; where reading stops is
said. WorkOS can be asked for one organization's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from eleva_cli.chain.story import (
    OF_MEMBERSHIP,
    OF_ORGANIZATION,
    OF_USER,
    STRIPE_TYPES,
    Happening,
    minute,
    of_stripe,
    of_workos,
)
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import ForbiddenError, RejectedError, RemoteError
from eleva_cli.ports import (
    Clock,
    Page,
    Ports,
    Service,
    StripeEvent,
    Window,
    WorkosEvent,
)
from eleva_cli.progress import Progress

DAYS = 30
DAY_S = 86_400
SLACK_S = 300  # their clocks are not ours
MOST_PAGES = 30  # of one list
NAMES = {"stripe": "Stripe", "workos": "WorkOS"}

Event = StripeEvent | WorkosEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Whom the story is about; with `user` other members' events are left out."""

    customers: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    user: str | None = None

    def is_meant(self, event: Event) -> bool:
        """Tell whether an event is about them."""
        if isinstance(event, StripeEvent):
            return event.customer in self.customers
        if event.organization is None:
            return event.user is not None and event.user == self.user
        if self.user is not None and event.user is not None:
            return event.user == self.user
        return event.organization in self.organizations


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of a list of events."""

    service: Service
    types: tuple[str, ...]
    organization: str | None = None
    after: str | None = None
    page: int = 1


@dataclass(slots=True, kw_only=True)
class Events:
    """
    Reads the events of the last 30 days; `notes` say what is not known.

    `error` is what broke it off, if it was no lack of permission.
    """

    ports: Ports
    clock: Clock
    progress: Progress
    subjects: Subjects
    most_pages: int = MOST_PAGES
    found: list[Happening] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: RemoteError | None = None

    def read(self) -> None:
        """Read both services', one after the other: one may be closed to us."""
        self.progress.phase("reading events", None)
        for service in ("stripe", "workos"):
            jobs = [job for job in self._jobs() if job.service == service]
            try:
                self._drain(jobs)
            except (ForbiddenError, RejectedError) as error:
                self.notes.append(f"{NAMES[service]} tells no events: {error}")
            except RemoteError as error:
                self.notes.append(f"{NAMES[service]}'s events were not read: {error}")
                self.error = error
        since = minute(self._since)
        self.notes.insert(
            0,
            f"before {since} UTC the services tell nothing:"
            f" they keep events for {DAYS} days",
        )

    @property
    def _since(self) -> int:
        return int(self.clock.now()) - DAYS * DAY_S

    def _jobs(self) -> Iterator[Job]:
        whom = self.subjects
        if whom.customers:
            yield Job(service="stripe", types=STRIPE_TYPES)
        for name in sorted(whom.organizations):
            types = (*OF_ORGANIZATION, *OF_MEMBERSHIP)
            yield Job(service="workos", types=types, organization=name)
        if whom.user is not None:
            left = () if whom.organizations else tuple(OF_MEMBERSHIP)
            yield Job(service="workos", types=(*OF_USER, *left))

    def _drain(self, jobs: list[Job]) -> None:
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=max(len(jobs), 1),
        ).drain(jobs)

    def _read(self, job: Job) -> Page[Event]:
        if job.service == "stripe":
            window = Window(since=self._since, until=int(self.clock.now()) + SLACK_S)
            return _widen(self.ports.stripe.events(window, job.types, job.after))
        return _widen(
            self.ports.workos.events(
                job.types, self._since, job.after, organization=job.organization
            )
        )

    def _take(self, job: Job, page: Page[Event]) -> list[Job]:
        self.progress.advance(len(page.rows))
        self.found += (_told(row) for row in page.rows if self.subjects.is_meant(row))
        if page.after is None:
            return []
        if job.page >= self.most_pages:
            self._stop(job, page)
            return []
        return [
            Job(
                service=job.service,
                types=job.types,
                organization=job.organization,
                after=page.after,
                page=job.page + 1,
            )
        ]

    def _stop(self, job: Job, page: Page[Event]) -> None:
        """Say from when to when nothing was read: Stripe tells the newest first."""
        last = minute(page.rows[-1].created) if page.rows else minute(self._since)
        way = "before" if job.service == "stripe" else "after"
        self.notes.append(
            f"{NAMES[job.service]}'s events {way} {last} UTC were not read: so many are"
            " of others"
        )


def _told(event: Event) -> Happening:
    return of_stripe(event) if isinstance(event, StripeEvent) else of_workos(event)


def _widen(page: Page[Event] | object) -> Page[Event]:
    """Pages of one kind are pages of any kind: tuples do not change."""
    assert isinstance(page, Page)
    return page
