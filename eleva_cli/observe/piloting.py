"""Reads what a pilot needs of both services: few calls, each read again if it fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError
from eleva_cli.pilot import MARK, Facts, Pilot
from eleva_cli.pilot.nudging import LIVING, Allowed, Nudge, choose
from eleva_cli.pilot.surveying import (
    EXAMPLES,
    OVER,
    STATUSES,
    Example,
    facts_of,
    is_example,
)
from eleva_cli.plan import Finding
from eleva_cli.ports import (
    Claim,
    Clock,
    Page,
    Ports,
    StripeEvent,
    StripePrice,
    Subscription,
    Window,
)

T = TypeVar("T")
PAGES = 20  # of subscriptions: enough to meet every status that is not rare
SUMMARY = ("entitlements.active_entitlement_summary.updated",)
KEPT_S = 30 * 86_400  # so long does Stripe show events


@dataclass(frozen=True, slots=True, kw_only=True)
class Piloting:
    """One look of a pilot; raises a `RemoteError` where a read is not possible."""

    ports: Ports
    clock: Clock

    def entitled(self, pilots: Sequence[Pilot]) -> list[Pilot]:
        """Return them with what Stripe says they are entitled to."""
        stripe = self.ports.stripe
        return [
            replace(
                one,
                entitled=frozenset(self._read(stripe.entitlements_of, one.customer)),
            )
            for one in pilots
        ]

    def standing(self, pilots: Sequence[Pilot]) -> list[Pilot]:
        """Return those whose organization still carries the customer."""
        return [one for one in pilots if self._carries(one)]

    def told(self, pilots: Sequence[Pilot], claims: Sequence[Claim]) -> list[Pilot]:
        """
        Return them with when Stripe first told of their entitlements since.

        All events between the oldest link and the newest token that shows a claim are
        read, however many; for a link from before what Stripe keeps, it is not known
        what was told, so it may have been at once.
        """
        shown = {one.organization for one in claims if one.entitlements}
        asked = {
            one.customer: int(one.asked_at or one.linked_at)
            for one in pilots
            if one.organization in shown
        }
        if not asked:
            return list(pilots)
        kept = int(self.clock.now()) - KEPT_S
        first: dict[str, float] = {
            customer: at for customer, at in asked.items() if at < kept
        }
        until = max(one.issued_at for one in claims if one.entitlements) + 1
        sought = {customer: at for customer, at in asked.items() if at >= kept}
        for event in self._summaries(min(sought.values(), default=until), until):
            customer = event.customer or ""
            if event.created >= sought.get(customer, event.created + 1):
                first[customer] = event.created  # newest first
        return [replace(one, told_at=first.get(one.customer)) for one in pilots]

    def users(self, organization: str) -> tuple[str, ...]:
        """Return the active members of an organization."""
        workos = self.ports.workos
        found = self._read(workos.memberships_of_organization, organization)
        return tuple(one.user for one in found if one.status == "active")

    def survey(self) -> Facts:
        """Return which statuses grant, by a few customers of each."""
        now = self.clock.now()
        examples: list[Example] = []
        products: set[str] = set()
        for customer in self._candidates():
            found = self._read(self.ports.stripe.subscriptions_of, customer)
            if is_example(found, now=now):
                living = next(one for one in found if one.status not in OVER)
                keys = self._read(self.ports.stripe.entitlements_of, customer)
                products.add(living.items[0].product)
                examples.append(Example(subscription=living, is_entitled=bool(keys)))
        return facts_of(examples, self._carrying(products))

    def nudge(self, customer: str, *, paid: bool) -> Nudge | Finding:
        """Return what to switch of a customer, or why nothing."""
        found = self._read(self.ports.stripe.subscriptions_of, customer)
        living = [one for one in found if one.status in LIVING]
        items = [item for one in living for item in one.items]
        prices: dict[str, StripePrice] = {}
        for name in {item.price for item in items}:
            prices[name] = self._read(self.ports.stripe.price, name)
            home = prices[name].metadata.get(MARK)
            if home is not None:
                prices[home] = self._read(self.ports.stripe.price, home)
        carrying = self._carrying({item.product for item in items})
        allowed = Allowed(now=self.clock.now(), paid=paid)
        return choose(customer, living, prices, carrying, allowed)

    def billed(self, subscription: str) -> Subscription:
        """Return a subscription as it will be looked at before it is changed."""
        return self._read(self.ports.stripe.billed, subscription)

    def twins(self, price: str) -> tuple[StripePrice | None, str]:
        """Return the twin of a price that is for sale, if any, and a key for one."""
        number = 1
        while True:
            key = f"eleva-pilot-{price}-{number}"
            found = self._read(self.ports.stripe.prices_with_keys, (key,))
            if not found:
                return None, key
            if found[0].active:
                return found[0], key
            number += 1

    def _candidates(self) -> Iterator[str]:
        """Yield customers, some for each status, from the newest subscriptions on."""
        met: defaultdict[str, int] = defaultdict(int)
        customers: set[str] = set()
        for row in self._subscriptions():
            if row.status in STATUSES and met[row.status] < EXAMPLES:
                if row.customer not in customers:
                    met[row.status] += 1
                    customers.add(row.customer)
                    yield row.customer
            elif all(met[status] >= EXAMPLES for status in STATUSES):
                return

    def _subscriptions(self) -> Iterator[Subscription]:
        window = Window(since=0, until=int(self.clock.now()) + 1)
        after: str | None = None
        for _ in range(PAGES):
            page: Page[Subscription] = self._read(
                self.ports.stripe.subscriptions, window, after
            )
            yield from page.rows
            after = page.after
            if after is None:
                return

    def _summaries(self, since: int, until: int) -> Iterator[StripeEvent]:
        if since >= until:
            return
        window = Window(since=since, until=until)
        after: str | None = None
        while True:
            page: Page[StripeEvent] = self._read(
                self.ports.stripe.events, window, SUMMARY, after
            )
            yield from page.rows
            after = page.after
            if after is None:
                return

    def _carries(self, one: Pilot) -> bool:
        try:
            found = self._read(self.ports.workos.organization, one.organization)
        except MissingError:
            return False
        return found.stripe_customer_id == one.customer

    def _carrying(self, products: set[str]) -> frozenset[str]:
        """Return those to which a feature is attached."""
        stripe = self.ports.stripe
        return frozenset(
            one
            for one in products
            if self._read(stripe.product_features, one, None).rows
        )

    def _read(self, read: Callable[..., T], *words: object) -> T:
        return patiently(lambda: read(*words), self.clock)
