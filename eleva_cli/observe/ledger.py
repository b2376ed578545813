"""Reads the ledger: every grant of the account, over or not, and who pays since.

Pages side by side, of the prices that are or were free tiers. What was begun and not
finished stands on customers only, which no list can be asked for: Stripe's search is,
as a hint, and each hint is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.catalog.shop import OWNER
from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.errors import (
    ForbiddenError,
    MissingError,
    RemoteError,
    UnauthorizedError,
)
from eleva_cli.invite import Grant, Rules
from eleva_cli.invite.ledger import Ledger, intent_name
from eleva_cli.invite.standing import promises
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Clock, Customer, Page, Ports, StripePrice, Subscription
from eleva_cli.progress import Progress
from eleva_cli.roles import LIVE

KEYS_A_CALL = 10  # Stripe takes no more lookup keys in one list call
Sort = Literal["keys", "prices", "free", "paid", "named", "promised"]
Found = Page[StripePrice] | Page[Subscription] | Page[Customer] | tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """
    What stands of grants: by subscription, then those that have none yet.

    `paid_since` has, for a customer and a family, when its newest live subscription to
    a paid price was made. `is_searched` is false where half-done ones could not be
    looked for.
    """

    grants: tuple[Grant, ...]
    paid_since: Mapping[tuple[str, str], int]
    is_searched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One read: `of` is a key, product, price, metadata name or customer."""

    sort: Sort
    of: str
    after: str | None = None
    active: bool = True
    cut: Subscription | None = None


@dataclass(slots=True, kw_only=True)
class Bookkeeping:
    """
    One look at all grants; every method may raise a `RemoteError`.

    `only_grants` leaves out who pays since, and what was begun and not finished.
    """

    ports: Ports
    clock: Clock
    progress: Progress
    rules: Rules
    only_grants: bool = False
    threads: int = 32
    _grants: dict[str, Grant] = field(default_factory=dict)
    _promised: dict[str, Customer] = field(default_factory=dict)
    _paid: dict[tuple[str, str], int] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _is_searched: bool = True

    @property
    def _ledger(self) -> Ledger:
        return Ledger.of(self.rules.catalogue)

    def read(self) -> Books:
        """Read every grant, and what was promised and not made."""
        self.progress.phase("reading grants", None)
        self._drain(list(self._jobs()))
        self._drain(list(self._hinted()))
        return Books(
            grants=tuple(sorted(self._grants.values(), key=_order)),
            paid_since=self._paid,
            is_searched=self._is_searched,
        )

    def _drain(self, jobs: list[Job]) -> None:
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(jobs)

    def _jobs(self) -> Iterator[Job]:
        offers = self._ledger.offers
        families = dict.fromkeys(offer.family_name for offer in offers)
        for family in () if self.only_grants else families:
            yield Job(sort="named", of=intent_name(family))
        keys = [offer.key for offer in offers]
        for start in range(0, len(keys), KEYS_A_CALL):
            yield Job(sort="keys", of=" ".join(keys[start : start + KEYS_A_CALL]))
        for product in dict.fromkeys(p for offer in offers for p in offer.family):
            for active in (True, False):
                yield Job(sort="prices", of=product, active=active)

    def _hinted(self) -> Iterator[Job]:
        """Give whom search found, and whose promise no subscription carries."""
        carried = {grant.id for grant in self._grants.values()}
        for customer in self._promised.values():
            if any(one.id not in carried for one in self._promises_of(customer)):
                yield Job(sort="promised", of=customer.id)
        self._promised.clear()

    def _promises_of(self, customer: Customer) -> tuple[Grant, ...]:
        return promises(customer, self.rules.catalogue, self._ledger.offers)

    def _read(self, job: Job) -> Found | None:
        stripe = self.ports.stripe
        if job.sort == "named":
            return self._search(job)
        if job.sort == "promised":
            return self._again(job.of)
        if job.sort == "prices":
            return self._prices(job)
        if job.sort == "keys":
            return Page(rows=stripe.prices_with_keys(job.of.split(" ")), after=None)
        return self._subscriptions(job)

    def _subscriptions(self, job: Job) -> Page[Subscription]:
        stripe = self.ports.stripe
        if job.cut is not None:
            return Page(rows=(stripe.whole(job.cut),), after=None)
        if job.sort == "paid":
            return stripe.subscriptions_on(job.of, job.after)
        return stripe.subscriptions_to(job.of, job.after)

    def _prices(self, job: Job) -> Page[StripePrice]:
        try:
            return self.ports.stripe.prices_of(job.of, job.after, active=job.active)
        except MissingError:  # a product that is not made yet has no prices
            return Page(rows=(), after=None)

    def _search(self, job: Job) -> Page[Customer] | None:
        """Search; `None` where the service cannot, which is no reason to stop."""
        try:
            return patiently(
                lambda: self.ports.stripe.customers_with_name(job.of, job.after),
                self.clock,
            )
        except (UnauthorizedError, ForbiddenError):
            raise
        except RemoteError:
            return None

    def _again(self, customer_id: str) -> tuple[Grant, ...]:
        """Read a hint again, and return the promises that nobody has kept."""
        stripe = self.ports.stripe
        customer = stripe.customer(customer_id)
        made = self._promises_of(customer)
        if customer.deleted or not made:
            return ()
        held = stripe.subscriptions_of(customer_id)
        # what is paid for by now still bears the name that it was granted under
        carried = {sub.metadata.get(GRANT) for sub in held}
        return tuple(one for one in made if one.id not in carried)

    def _take(self, job: Job, found: Found | None) -> list[Job]:
        if found is None:
            self._is_searched = False
            return []
        if isinstance(found, tuple):
            self._grants.update((f"{one.id} of {one.customer}", one) for one in found)
            return []
        self.progress.advance(len(found.rows))
        following: list[Job] = []
        for row in found.rows:
            following += self._took(job, row)
        if found.after is not None:
            following.append(
                Job(sort=job.sort, of=job.of, after=found.after, active=job.active)
            )
        return following

    def _took(self, job: Job, row: StripePrice | Subscription | Customer) -> list[Job]:
        match row:
            case StripePrice():
                return self._sold(row)
            case Customer():
                self._promised[row.id] = row
                return []
            case Subscription() if job.sort == "paid":
                self._note_paid(job.of, row)
                return []
            case Subscription() if row.is_cut:
                return [Job(sort="free", of=row.id, cut=row)]
            case Subscription():
                grant = self._ledger.grant(row)
                if grant is not None:
                    self._grants[row.id] = grant
                return []

    def _sold(self, price: StripePrice) -> list[Job]:
        """Tell a free tier's price, now or once, from one that asks something."""
        offers = self._ledger.offers
        keys = {offer.key for offer in offers}
        is_named = price.key in keys or price.metadata.get(OWNER) in keys
        is_offered = price.product in {offer.product for offer in offers}
        is_of_family = any(price.product in offer.family for offer in offers)
        if price.id in self._asked:
            return []
        self._asked.add(price.id)
        if price.amount == 0:
            is_free = is_named or is_offered
            return [Job(sort="free", of=price.id)] if is_free else []
        is_asked = is_of_family and not self.only_grants
        return [Job(sort="paid", of=price.id)] if is_asked else []

    def _note_paid(self, price: str, row: Subscription) -> None:
        if row.status not in LIVE:
            return
        products = {item.product for item in row.items if item.price == price}
        for offer in self._ledger.offers:
            if products & set(offer.family):
                name = row.customer, offer.family_name
                self._paid[name] = max(self._paid.get(name, 0), row.created)


def _order(grant: Grant) -> tuple[int, str, str]:
    """Order by when it was granted, promises last; the same on every machine."""
    return grant.created or 1 << 62, grant.subscription, grant.customer
