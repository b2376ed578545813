"""Reads what is left to users whose grants are over, side by side.

One call a user as a rule; more only for who still has a role that a grant brought: the
organization's link, and what its customer, those of the grants, and any that name the
user or the organization hold now.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eleva_cli.catalog import Catalogue
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError, UsageError
from eleva_cli.invite import Grant
from eleva_cli.invite.lapsing import Lapse, Left, may_lower
from eleva_cli.invite.ledger import Ledger
from eleva_cli.observe.naming import also_naming
from eleva_cli.observe.present import members_beside, membership_in
from eleva_cli.ports import Clock, Membership, Ports, Subscription
from eleva_cli.progress import Progress

J = TypeVar("J", bound=Hashable)
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsing:
    """Reads lapses; every method may raise a `RemoteError`."""

    ports: Ports
    catalogue: Catalogue
    clock: Clock
    progress: Progress
    threads: int = 32

    def grants_of(self, customers: Sequence[str], ledger: Ledger) -> tuple[Grant, ...]:
        """
        Return the grants of some customers, whatever became of them.

        Raises `UsageError` where there never was such a customer.
        """
        found = self._each("reading customers", customers, self._known)
        grants = (ledger.grant(sub) for name in customers for sub in found[name])
        return tuple(grant for grant in grants if grant is not None)

    def left(self, lapses: Sequence[Lapse]) -> tuple[Left, ...]:
        """Return what is left to each, in their order."""
        found = self._each(
            "reading members", range(len(lapses)), lambda n: self._left(lapses[n])
        )
        return tuple(found[number] for number in range(len(lapses)))

    def _left(self, lapse: Lapse) -> Left:
        membership = self._membership(lapse)
        if not may_lower(lapse, membership):
            return Left(membership=membership)
        assert membership is not None, "nobody is lowered without one"
        held = {
            sub.id: sub
            for customer in self._customers(lapse)
            for sub in self._subscriptions(customer)
        }
        return Left(
            membership=membership,
            subscriptions=tuple(held.values()),
            members=members_beside(self.ports.workos, membership),
        )

    def _membership(self, lapse: Lapse) -> Membership | None:
        try:
            rows = self.ports.workos.memberships_of_user(lapse.user)
        except MissingError:
            return None
        return membership_in(rows, lapse.organization)

    def _customers(self, lapse: Lapse) -> tuple[str, ...]:
        """Name those of the grants, the one that is linked now, and who names them."""
        named = also_naming(
            self.ports.stripe,
            self.catalogue,
            user=lapse.user,
            organization=lapse.organization,
        )
        linked = self._linked(lapse.organization)
        return tuple(dict.fromkeys((*lapse.customers, *linked, *named)))

    def _linked(self, organization: str) -> tuple[str, ...]:
        try:
            found = self.ports.workos.organization(organization)
        except MissingError:
            return ()
        return (found.stripe_customer_id,) if found.stripe_customer_id else ()

    def _known(self, customer: str) -> tuple[Subscription, ...]:
        found = self._subscriptions(customer)
        try:
            return found or self._of_none(customer)
        except MissingError as error:
            raise UsageError(
                f"there is no {customer} in this Stripe account",
                code="customers-unknown",
                hint="look at the spelling, and whose keys these are: eleva doctor",
            ) from error

    def _of_none(self, customer: str) -> tuple[Subscription, ...]:
        """Raise `MissingError` for a customer that is not there, not even deleted."""
        self.ports.stripe.customer(customer)
        return ()

    def _subscriptions(self, customer: str) -> tuple[Subscription, ...]:
        try:
            return self.ports.stripe.subscriptions_of(customer)
        except MissingError:
            return ()  # deleted: Stripe has ended them all

    def _each(
        self, phase: str, names: Sequence[J], read: Callable[[J], R]
    ) -> dict[J, R]:
        found: dict[J, R] = {}

        def take(name: J, answer: R) -> list[J]:
            self.progress.advance()
            found[name] = answer
            return []

        self.progress.phase(phase, len(names))
        Pool(
            read=read,
            take=take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(list(names))
        return found
