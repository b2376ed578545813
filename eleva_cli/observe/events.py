"""Reads the events of a window from the services, many pages side by side.

Stripe's list is split by time while there is room, as other lists are; WorkOS has one
cursor, or one for each organization. Only values are kept: texts are let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial

from eleva_cli.chain.story import OF_MEMBERSHIP, OF_ORGANIZATION, OF_USER
from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.errors import MissingError
from eleva_cli.observe.sweep import CURSORS, PAGE, WORTH_SPLITTING
from eleva_cli.ports import (
    Clock,
    Page,
    Ports,
    RawEvent,
    Service,
    WebhookEndpoint,
    Window,
)
from eleva_cli.progress import Progress
from eleva_cli.webhook import Event, Wanted
from eleva_cli.webhook.choosing import in_order, is_meant
from eleva_cli.webhook.reading import read

WORKOS_TYPES = (*OF_ORGANIZATION, *OF_MEMBERSHIP, *OF_USER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of one cursor."""

    service: Service
    window: Window
    after: str | None = None
    organization: str | None = None


@dataclass(slots=True, kw_only=True)
class Events:
    """Reads what is wanted of the last 30 days; methods may raise a `RemoteError`."""

    ports: Ports
    clock: Clock
    progress: Progress
    wanted: Wanted
    threads: int = 32
    seen: int = 0
    _found: list[Event] = field(default_factory=list)
    _cursors: int = 1

    def read(self, services: Sequence[Service]) -> list[Event]:
        """Return those that are meant, oldest first, each once."""
        self.progress.phase("reading events", None)
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain([job for service in services for job in self._jobs(service)])
        return in_order(self._found)

    def _jobs(self, service: Service) -> Iterator[Job]:
        window = Window(since=self.wanted.since, until=self.wanted.until)
        if service == "stripe":
            yield Job(service=service, window=window)
        elif workos_types(self.wanted.types):
            for name in sorted(self.wanted.organizations) or (None,):
                yield Job(service=service, window=window, organization=name)

    def _read(self, job: Job) -> Page[RawEvent]:
        if job.service == "stripe":
            waiting = self.wanted.waiting
            return self.ports.stripe.raw_events(
                job.window,
                job.after,
                type_=one_pattern(self.wanted.types),
                delivered=None if waiting is None else not waiting,
            )
        return self.ports.workos.raw_events(
            workos_types(self.wanted.types),
            job.window,
            job.after,
            organization=job.organization,
        )

    def _take(self, job: Job, page: Page[RawEvent]) -> list[Job]:
        self.seen += len(page.rows)
        self.progress.advance(len(page.rows))
        events = (read(row) for row in page.rows)
        self._found += [event for event in events if is_meant(event, self.wanted)]
        if page.after is None:
            self._cursors -= job.service == "stripe"
            return []
        if job.service == "stripe" and page.rows:
            return self._go_on(job, page)
        return [_following(job, page, job.window)]

    def _go_on(self, job: Job, page: Page[RawEvent]) -> list[Job]:
        """Follow the cursor; hand the older half to another one if there is room."""
        oldest, newest = page.rows[-1].created, page.rows[0].created
        density = len(page.rows) / max(1, newest - oldest)
        pages_left = (oldest - job.window.since) * density / PAGE
        if self._cursors >= CURSORS or pages_left < WORTH_SPLITTING:
            return [_following(job, page, job.window)]
        self._cursors += 1
        middle = oldest - (oldest - job.window.since) // 2
        older = Window(since=job.window.since, until=middle)
        newer = Window(since=middle, until=job.window.until)
        return [_following(job, page, newer), Job(service=job.service, window=older)]


def _following(job: Job, page: Page[RawEvent], window: Window) -> Job:
    return Job(
        service=job.service,
        window=window,
        after=page.after,
        organization=job.organization,
    )


def one_pattern(types: Sequence[str]) -> str | None:
    """Return the pattern that Stripe can be asked for; the rest is filtered here."""
    if len(types) != 1:
        return None
    name = types[0].removesuffix(".*")
    is_plain = name.replace(".", "").replace("_", "").isalnum()
    return types[0] if is_plain and name.isascii() else None


def workos_types(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return WorkOS's types that are meant: it must be asked for each by name."""
    return tuple(
        name
        for name in WORKOS_TYPES
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    )


def carried_by(ports: Ports, names: Iterable[str], clock: Clock) -> frozenset[str]:
    """Return the customers that organizations carry; one that is gone has none."""
    found: set[str] = set()
    for name in names:
        try:
            carrier = patiently(partial(ports.workos.organization, name), clock)
        except MissingError:
            continue
        if carrier.stripe_customer_id:
            found.add(carrier.stripe_customer_id)
    return frozenset(found)


def endpoints(ports: Ports, clock: Clock) -> tuple[WebhookEndpoint, ...]:
    """Return all registered endpoints of Stripe's."""
    rows: list[WebhookEndpoint] = []
    after: str | None = None
    while True:
        page = patiently(partial(ports.stripe.webhook_endpoints, after), clock)
        rows += page.rows
        if (after := page.after) is None:
            return tuple(rows)
