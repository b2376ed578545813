"""Fills a snapshot from the lists of both services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.observe.sweep import Kind, Row, Sweep
from eleva_cli.output.mask import mask_email
from eleva_cli.ports import (
    Clock,
    Customer,
    Invoice,
    Organization,
    Ports,
    Subscription,
    User,
    WebhookEndpoint,
)
from eleva_cli.progress import Progress


@dataclass(slots=True, kw_only=True)
class Scan:
    """One observation; `keep` sees customers before their e-mails are masked."""

    snapshot: Snapshot
    ports: Ports
    clock: Clock
    progress: Progress
    threads: int = 32
    keep: Callable[[Customer], None] = lambda _customer: None
    rows: Counter[str] = field(default_factory=Counter)

    def run(self, kinds: tuple[Kind, ...], *, bound: int) -> None:
        """Read the named lists; Stripe's up to objects created at `bound`."""
        Sweep(
            ports=self.ports,
            clock=self.clock,
            tick=self.progress.tick,
            take=self._take,
            threads=self.threads,
        ).run(kinds, bound=bound)

    def _take(self, kind: Kind, rows: Sequence[Row]) -> None:
        self.rows[kind] += len(rows)
        if rows:
            self._store(rows)
        self.progress.advance(len(rows))

    def _store(self, rows: Sequence[Row]) -> None:
        """Write one page; the rows of a page are of one kind."""
        snapshot = self.snapshot
        match rows[0]:
            case Customer():
                customers = [row for row in rows if isinstance(row, Customer)]
                for customer in customers:
                    self.keep(customer)
                masks = [mask_email(c.email) if c.email else "" for c in customers]
                snapshot.add_customers(customers, masks)
            case Subscription():
                snapshot.add_subscriptions(
                    row for row in rows if isinstance(row, Subscription)
                )
            case Invoice():
                snapshot.add_unpaid(row for row in rows if isinstance(row, Invoice))
            case Organization():
                snapshot.add_organizations(
                    row for row in rows if isinstance(row, Organization)
                )
            case User():
                snapshot.add_users(row for row in rows if isinstance(row, User))
            case WebhookEndpoint():
                endpoints = [row for row in rows if isinstance(row, WebhookEndpoint)]
                hosts = [urlsplit(row.url).netloc for row in endpoints]
                snapshot.add_endpoints(endpoints, hosts)
