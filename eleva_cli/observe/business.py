"""Reads one customer's business as it is now: whose it is, and what is lived on.

WorkOS cannot be asked which organization carries a customer. So the organization that
the customer's own metadata names is read, or those of the users that it names, or one
that carried it when we last looked; only what is seen now counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.errors import MissingError
from eleva_cli.evidence import OrganizationPolicy, home_of, person_of
from eleva_cli.ports import Clock, Customer, Membership, Organization, Ports
from eleva_cli.progress import Progress
from eleva_cli.webhook import Business, Policy
from eleva_cli.webhook.handling import names_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Businesses:
    """
    Reads customers side by side; every method may raise a `RemoteError`.

    `hints` say which organization carried a customer when somebody last looked.
    """

    ports: Ports
    clock: Clock
    progress: Progress
    policy: Policy
    organization_policy: OrganizationPolicy = "sole"
    hints: Mapping[str, str] = field(default_factory=dict)
    threads: int = 32

    def read(self, customers: Sequence[str], take: Callable[[Business], None]) -> None:
        """Give each customer's business to `take`, in the order that they come in."""

        def taken(_customer: str, business: Business) -> list[str]:
            take(business)
            self.progress.advance(1)
            return []

        self.progress.phase("reading customers", len(customers))
        Pool(
            read=self.one,
            take=taken,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(list(customers))

    def one(self, customer_id: str) -> Business:
        """Read one; a customer that is not there counts as deleted."""
        customer = self._customer(customer_id)
        if customer.deleted:
            return Business(customer=customer)
        organization = self._organization(customer)
        if organization is None:
            return Business(customer=customer)
        subscriptions = self._read(
            lambda: self.ports.stripe.subscriptions_of(customer_id)
        )
        members = self._read(
            lambda: self.ports.workos.memberships_of_organization(organization.id)
        )
        active = [row for row in members if row.status == "active"]
        _, users = names_of(customer, self.policy.catalogue)
        return Business(
            customer=customer,
            organization=organization,
            subscriptions=subscriptions,
            memberships=tuple(_whose(active, users)),
            members=len(active),
        )

    def _customer(self, customer_id: str) -> Customer:
        try:
            return self._read(lambda: self.ports.stripe.customer(customer_id))
        except MissingError:
            return Customer(
                id=customer_id,
                created=0,
                email=None,
                livemode=self.policy.is_live,
                metadata={},
                deleted=True,
            )

    def _organization(self, customer: Customer) -> Organization | None:
        """Find whose it is: carrying it counts before being named."""
        named, users = names_of(customer, self.policy.catalogue)
        hint = self.hints.get(customer.id)
        found = [self._seen(one) for one in dict.fromkeys((named, hint)) if one]
        rows = [row for row in found if row is not None]
        for row in rows:
            if row.stripe_customer_id == customer.id:
                return row
        if named is not None:
            return next((row for row in rows if row.id == named), None)
        return self._home(users)

    def _home(self, users: Iterable[str]) -> Organization | None:
        """Find the organization of the one user that a customer names."""
        names = list(users)
        if len(names) != 1:
            return None
        try:
            rows = self._read(lambda: self.ports.workos.memberships_of_user(names[0]))
        except MissingError:
            return None
        home = home_of(rows, self.organization_policy).organization
        return None if home is None else self._seen(home)

    def _seen(self, organization_id: str) -> Organization | None:
        try:
            return self._read(lambda: self.ports.workos.organization(organization_id))
        except MissingError:
            return None

    def _read(self, read: Callable[[], T]) -> T:
        return patiently(read, self.clock)


def _whose(active: Sequence[Membership], users: Sequence[str]) -> list[Membership]:
    """Return whose role it is: the users that are named, else who it belongs to."""
    named = [row for row in active if row.user in users]
    if named:
        return named
    person = person_of(active)
    return [row for row in active if row.user == person]
