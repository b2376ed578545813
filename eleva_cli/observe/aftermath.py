"""Reads what has happened since a run: events of both services, and the links now.

Lists are read once. What looks wrong is read alone before anything is said of it: a
list may be stale, and of an event only names are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar, assert_never

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.written import Written
from eleva_cli.ports import (
    Clock,
    Customer,
    Organization,
    Page,
    Ports,
    StripeEvent,
    Window,
    WorkosEvent,
)
from eleva_cli.progress import Progress
from eleva_cli.standing.aftermath import Happening, Restamped, Span, Unlinked

J = TypeVar("J")
R = TypeVar("R")
Kind = Literal["since", "before", "deleted", "organizations"]

RENEWAL_FAILED = "invoice.payment_failed"
UPDATED = "customer.subscription.updated"
ENDED = "customer.subscription.deleted"
CUSTOMER = "customer.updated"
GONE = "organization.deleted"
# An invoice that renews; others are first ones, or written by hand.
RENEWS = (None, "subscription_cycle")
# A rehearsal on the sandbox may have its clock ahead of ours.
AHEAD_S = 2 * 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of one list."""

    kind: Kind
    after: str | None = None


Row = StripeEvent | WorkosEvent | Organization


@dataclass(slots=True, kw_only=True)
class After:
    """Finds out what became of what a run wrote, and of those whom it touched."""

    ports: Ports
    clock: Clock
    progress: Progress
    span: Span
    written: Written
    happenings: list[Happening] = field(default_factory=list)
    failed_before: list[Happening] = field(default_factory=list)
    newest: int = 0
    _failed: dict[str, StripeEvent] = field(default_factory=dict)
    _suspects: dict[str, int] = field(default_factory=dict)
    _deleted: dict[str, int] = field(default_factory=dict)
    _carried: dict[str, str | None] = field(default_factory=dict)

    def read(self) -> None:
        """Read the lists; what they say is then in `happenings`."""
        self.progress.phase("reading events and organizations", None)
        kinds: tuple[Kind, ...] = ("since", "before", "deleted", "organizations")
        self._drain([Job(kind=kind) for kind in kinds], self._read, self._take)
        for event in self._failed.values():
            self._note_failed(event)

    def unlinked(self) -> tuple[Unlinked, ...]:
        """Read alone what does not carry its customer by the list."""
        links = self.written.links
        names = [name for name in links if self._carried.get(name) != links[name]]
        found: list[Unlinked] = []

        def take(name: str, now: Organization | None) -> list[str]:
            if now is None or now.stripe_customer_id != links[name]:
                found.append(self._unlinked(name, now))
            return []

        self._drain(names, self._organization, take)
        return tuple(sorted(found, key=lambda one: one.organization))

    def restamped(self) -> tuple[Restamped, ...]:
        """Read alone the customers of whom an event says that a stamp was changed."""
        found: list[Restamped] = []

        def take(name: str, now: Customer | None) -> list[str]:
            wrong = _wrong(self.written.stamps[name], now)
            if wrong:
                at = self._suspects[name]
                found.append(Restamped(customer=name, names=wrong, at=at))
            return []

        self._drain(sorted(self._suspects), self._customer, take)
        return tuple(sorted(found, key=lambda one: one.customer))

    def _read(self, job: Job) -> Page[Row]:
        stripe, workos, span = self.ports.stripe, self.ports.workos, self.span
        match job.kind:
            case "since":
                window = Window(since=span.since, until=span.now + AHEAD_S)
                types = (RENEWAL_FAILED, UPDATED, ENDED, CUSTOMER)
                return _widen(stripe.events(window, types, job.after))
            case "before":
                window = Window(since=span.before, until=span.began)
                if window.since >= window.until:
                    return Page(rows=(), after=None)
                return _widen(stripe.events(window, (RENEWAL_FAILED,), job.after))
            case "deleted":
                return _widen(workos.events((GONE,), span.since, job.after))
            case "organizations":
                return _widen(workos.organizations(job.after))
            case _:
                assert_never(job.kind)

    def _take(self, job: Job, page: Page[Row]) -> list[Job]:
        self.progress.advance(len(page.rows))
        for row in page.rows:
            match row:
                case StripeEvent():
                    self._note(row)
                case WorkosEvent(organization=str(name)):
                    self._deleted[name] = row.created
                case Organization() if row.id in self.written.links:
                    self._carried[row.id] = row.stripe_customer_id
        return [] if page.after is None else [Job(kind=job.kind, after=page.after)]

    def _note(self, event: StripeEvent) -> None:
        self.newest = max(self.newest, event.created)
        match event.type:
            case "invoice.payment_failed" if event.reason in RENEWS:
                first = self._failed.setdefault(event.object, event)
                if event.created < first.created:
                    self._failed[event.object] = event
            case "customer.subscription.updated":
                if "status" in event.changed and event.status == "past_due":
                    self._happened("past_due", event)
            case "customer.subscription.deleted":
                self._happened("canceled", event)
            case "customer.updated" if event.customer is not None:
                stamps = self.written.stamps.get(event.customer, {})
                is_later = event.created > self.span.ended  # the others are our own
                if is_later and stamps.keys() & set(event.changed_metadata):
                    last = self._suspects.get(event.customer, 0)
                    self._suspects[event.customer] = max(last, event.created)

    def _happened(
        self, what: Literal["past_due", "canceled"], event: StripeEvent
    ) -> None:
        self.happenings.append(
            Happening(what=what, at=event.created, customer=event.customer or "")
        )

    def _note_failed(self, event: StripeEvent) -> None:
        """An invoice that is tried again is one renewal, on its first day."""
        failed = Happening(
            what="failed_renewals", at=event.created, customer=event.customer or ""
        )
        if event.created < self.span.began:
            self.failed_before.append(failed)
        elif event.created >= self.span.since:
            self.happenings.append(failed)

    def _unlinked(self, name: str, now: Organization | None) -> Unlinked:
        if now is None:
            found, at = "it is deleted", self._deleted.get(name)
        else:
            carries = now.stripe_customer_id
            found = f"it carries {carries}" if carries else "it carries none"
            at = now.changed_at
        is_told = at is not None and at >= self.span.since
        return Unlinked(
            organization=name,
            customer=self.written.links[name],
            found=found,
            at=at if is_told else None,
        )

    def _organization(self, name: str) -> Organization | None:
        try:
            return self.ports.workos.organization(name)
        except MissingError:
            return None

    def _customer(self, name: str) -> Customer | None:
        try:
            return self.ports.stripe.customer(name)
        except MissingError:
            return None

    def _drain(
        self, jobs: list[J], read: Callable[[J], R], take: Callable[[J, R], list[J]]
    ) -> None:
        Pool(read=read, take=take, tick=self.progress.tick, clock=self.clock).drain(
            jobs
        )


def _wrong(written: Mapping[str, str | None], now: Customer | None) -> tuple[str, ...]:
    """Name what is not as it was written; a deleted customer is no matter of stamps."""
    if now is None or now.deleted:
        return ()
    return tuple(
        name
        for name, value in sorted(written.items())
        if now.metadata.get(name) != value
    )


def _widen(page: Page[Row] | object) -> Page[Row]:
    """Pages of one kind are pages of any kind: tuples do not change."""
    assert isinstance(page, Page)
    return page


def in_order(happenings: Sequence[Happening]) -> tuple[Happening, ...]:
    """Sort them by time, so that two looks at the same events are equal."""
    return tuple(sorted(happenings, key=lambda one: (one.at, one.customer, one.what)))
