"""What has changed since the last look, by the events of both services.

The answer is the names of cases to be looked at again, or why nothing less than a full
look will do: outside the time that events are kept, too many of them, or what is sold
has changed. Attaching a feature to a product makes no event: what is sold is compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.shop import Shop
from eleva_cli.engine.pool import Pool
from eleva_cli.journal.audits import Head, Look
from eleva_cli.observe.chains import AMONG, LINKS, rows_of, stray_homes
from eleva_cli.observe.estimate import estimate, estimate_changes
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

DAY_S = 86_400
STRIPE_DAYS = 30
WORKOS_DAYS = 30
MARGIN_S = 3_600  # what is about to be forgotten may be gone before it is read
SLACK_S = 300  # their clocks are not ours
MOST_PAGES = 50  # of each service's events

STRIPE_TYPES = (
    "customer.deleted",
    "customer.updated",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "entitlements.active_entitlement_summary.updated",
    "price.deleted",
    "price.updated",
    "product.created",
    "product.deleted",
    "product.updated",
)
WORKOS_TYPES = (
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organization_membership.created",
    "organization_membership.deleted",
    "organization_membership.updated",
    "user.deleted",
    "user.updated",
)
# What may change of a product or a price without a word to those who hold it.
HARMLESS = frozenset({
    "description", "images", "marketing_features", "name", "nickname",
    "statement_descriptor", "updated", "url",
})  # fmt: skip
# Of a customer only what it names is looked at.
OF_CUSTOMER = "metadata"

KNOWN_CUSTOMERS = f"""
  select distinct customer as id from audit_subscriptions
  where audit = :a and customer in {AMONG}
  union select customer from audit_organizations
  where audit = :a and customer in {AMONG}
"""
HOMES = f"""
  select distinct organization as id from audit_members
  where audit = :a and user in {AMONG}
"""
FLAWED = "select distinct name as id from audit_flaws where audit = :a"
OURS = """
  select distinct subject as id from steps
  where sent_at >= :since and (subject like 'org\\_%' escape '\\'
    or subject like 'cus\\_%' escape '\\')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """
    The names of cases to look at again, in order; of so many events.

    `full` says why a full look is due instead, "" where it is not.
    """

    names: tuple[str, ...] = ()
    events: int = 0
    full: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of a service's events."""

    service: Service
    after: str | None = None
    page: int = 1


Event = StripeEvent | WorkosEvent


@dataclass(slots=True, kw_only=True)
class Since:
    """Finds out what has changed since a look, whose tables are still there."""

    ports: Ports
    clock: Clock
    progress: Progress
    last: Look
    catalogue: Catalogue
    stripe_days: float = STRIPE_DAYS
    workos_days: float = WORKOS_DAYS
    most_pages: int = MOST_PAGES
    _head: Head = field(init=False)
    _sure: set[str] = field(init=False, default_factory=set)
    _homes: set[str] = field(init=False, default_factory=set)
    _maybe: set[str] = field(init=False, default_factory=set)
    _events: int = field(init=False, default=0)
    _full: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self._head = self.last.head()

    def changes(self, shop: Shop | None = None) -> Changes:
        """Read the events; with what is sold now, compare that as well."""
        full = self._outside() or self._sold_otherwise(shop)
        if full:
            return Changes(full=full)
        self.progress.phase("reading events", None)
        services: tuple[Service, ...] = ("stripe", "workos")
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=len(services),
        ).drain([Job(service=each) for each in services])
        names = () if self._full else tuple(sorted(self._names()))
        return Changes(
            names=names,
            events=self._events,
            full=self._full or self._too_many(len(names)),
        )

    def _outside(self) -> str:
        age_s = self.clock.now() - self._head.began_at + MARGIN_S
        days = min(self.stripe_days, self.workos_days)
        if age_s > days * DAY_S:
            return f"the last look is too old: events are kept for {days:g} days"
        return ""

    def _sold_otherwise(self, shop: Shop | None) -> str:
        if shop is None or shop_text(shop, self.catalogue) == self._head.shop:
            return ""
        return "what is sold has changed"

    def _read(self, job: Job) -> Page[Event]:
        since = int(self._head.began_at) - SLACK_S
        if job.service == "stripe":
            window = Window(since=since, until=int(self.clock.now()) + SLACK_S)
            return _widen(self.ports.stripe.events(window, STRIPE_TYPES, job.after))
        return _widen(self.ports.workos.events(WORKOS_TYPES, since, job.after))

    def _take(self, job: Job, page: Page[Event]) -> list[Job]:
        self._events += len(page.rows)
        self.progress.advance(len(page.rows))
        for event in page.rows:
            if isinstance(event, StripeEvent):
                self._note_stripes(event)
            else:
                self._note_workos(event)
        if page.after is None or self._full:
            return []
        if job.page >= self.most_pages:
            self._full = "too much has changed: a full look costs less"
            return []
        return [Job(service=job.service, after=page.after, page=job.page + 1)]

    def _note_stripes(self, event: StripeEvent) -> None:
        subject, _, what = event.type.rpartition(".")
        if subject in ("product", "price"):
            is_told = what != "updated" or set(event.changed) - HARMLESS
            if is_told and self._is_sold(event.object):
                self._full = f"{subject} {event.object} has changed"
        elif event.customer is None:
            return
        elif subject == "customer":
            if what == "deleted" or OF_CUSTOMER in event.changed:
                self._maybe.add(event.customer)
        else:
            self._sure.add(event.customer)

    def _is_sold(self, name: str) -> bool:
        """Whether it is of the catalogue: a shop's other prices come and go."""
        if self.catalogue.product(name) is not None or not self._head.shop:
            return True
        return any(name in row for row in json.loads(self._head.shop)["prices"])

    def _note_workos(self, event: WorkosEvent) -> None:
        if event.organization is not None:
            self._sure.add(event.organization)
        elif event.user is not None:
            self._homes.add(event.user)

    def _names(self) -> set[str]:
        """Name the cases that all these belong to, and those flawed last time."""
        known = self._ids(KNOWN_CUSTOMERS, ids=json.dumps(sorted(self._maybe)))
        ours = self._ids(OURS, since=self._head.began_at)
        touched = self._sure | known | ours
        linked = rows_of(self.last, LINKS, ids=json.dumps(sorted(touched)))
        touched -= {row["customer"] for row in linked}
        unlinked = stray_homes(self.last).items()
        paid_for = {home for home, customer in unlinked if customer in touched}
        touched -= {customer for home, customer in unlinked}
        homes = self._ids(HOMES, ids=json.dumps(sorted(self._homes)))
        organizations = {row["id"] for row in linked} | homes | paid_for
        return touched | organizations | self._ids(FLAWED)

    def _ids(self, sql: str, **values: object) -> set[str]:
        return {row["id"] for row in rows_of(self.last, sql, **values)}

    def _too_many(self, cases: int) -> str:
        full = estimate(self._head.counts).total if self._head.counts else 0
        if full and estimate_changes(cases, self._events) > full:
            return "too much has changed: a full look costs less"
        return ""


def _widen(page: Page[Event] | object) -> Page[Event]:
    """Pages of one kind are pages of any kind: tuples do not change."""
    assert isinstance(page, Page)
    return page


def shop_text(shop: Shop, catalogue: Catalogue) -> str:
    """
    Write down what is sold, as far as it says who may use what.

    Only of the catalogue's products and without names: others may be somebody's.
    """
    ours = {each.id for each in catalogue.products}
    parts: Mapping[str, Sequence[Sequence[object]]] = {
        "attachments": [
            (each.product, each.key, each.feature, each.active)
            for each in shop.attachments
            if each.product in ours
        ],
        "prices": [
            (each.id, each.product, each.key, each.active)
            for each in shop.prices
            if each.product in ours
        ],
        "products": [
            (each.id, each.active) for each in shop.products if each.id in ours
        ],
    }
    ordered = {name: sorted(rows, key=str) for name, rows in parts.items()}
    return json.dumps(ordered, sort_keys=True, separators=(",", ":"))
