"""Reads one customer's business as it is now: whose it is, and what is lived on.

WorkOS cannot be asked which organization carries a customer. So the organization that
the customer's own metadata names is read, or those of the users that it names, or one
that carried it when we last looked; only what is seen now counts. Where something
would be linked or taken, whoever else claims the same is looked for, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from eleva_cli.catalog.stamping import of_customer
from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.evidence import OrganizationPolicy, home_of, person_of
from eleva_cli.observe.present import customer_or_gone
from eleva_cli.ports import Clock, Customer, Membership, Organization, Ports
from eleva_cli.progress import Progress
from eleva_cli.webhook import Business, Policy
from eleva_cli.webhook.handling import ALSO, handle, is_weighty, names_of, stands

T = TypeVar("T")
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]{1,128}", re.ASCII)
CARRIED = ("stripe_customer_id", "stripeCustomerId")  # in an organization's metadata


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
        found = Business(
            customer=customer,
            organization=organization,
            subscriptions=subscriptions,
            memberships=tuple(_whose(active, users)),
            members=len(active),
        )
        return self.beside(found)

    def beside(self, found: Business) -> Business:
        """Read who else claims the same, where something would be linked or taken."""
        organization = found.organization
        if organization is None:
            return found
        if not is_weighty(handle(found, self.policy), self.policy):
            return found
        return replace(found, others=self._others(found, organization))

    def _others(self, found: Business, organization: Organization) -> dict[str, bool]:
        """
        Find who else claims the organization, or its user, and whether they subscribe.

        By the address, which is listed as it is now, and by a search, which may be an
        hour behind; and whom the organization itself names.
        """
        users = [row.user for row in found.memberships]
        asked: Sequence[str | None] = users or (None,)
        by_id = {one.id: one for one in self._alike(found.customer)}
        for user in asked:
            for one in self._naming(user, organization.id):
                by_id.setdefault(one.id, one)
        named = set(_names_customers(organization))
        by_id |= {name: self._customer(name) for name in named - by_id.keys()}
        by_id.pop(found.customer.id, None)
        rivals = [
            name
            for name, one in by_id.items()
            if not one.deleted
            and (name in named or self._claims(one, organization.id, users))
        ]
        return {name: self._stands(name) for name in rivals}

    def _alike(self, customer: Customer) -> Sequence[Customer]:
        address = customer.email
        if not address:
            return ()
        return self._read(lambda: self.ports.stripe.customers_with_email(address))

    def _naming(self, user: str | None, organization: str) -> Iterator[Customer]:
        """Search, and read again; where there is no search, the address has to do."""
        names = of_customer(
            self.policy.catalogue, user=user, organization=organization
        ) | dict.fromkeys(ALSO, organization)
        try:
            found = self._read(lambda: self.ports.stripe.customers_naming(names))
        except RejectedError:
            return
        for one in found:
            yield self._customer(one.id)

    def _claims(
        self, customer: Customer, organization: str, users: Sequence[str]
    ) -> bool:
        """Tell whether it names the organization; by its user if it names none."""
        organizations, named = names_of(customer, self.policy.catalogue)
        if organizations:
            return organization in organizations
        return any(user in users for user in named)

    def _stands(self, customer_id: str) -> bool:
        read = self.ports.stripe.subscriptions_of
        return stands(self._read(lambda: read(customer_id)))

    def _customer(self, customer_id: str) -> Customer:
        stripe, is_live = self.ports.stripe, self.policy.is_live
        return self._read(
            lambda: customer_or_gone(stripe, customer_id, is_live=is_live)
        )

    def _organization(self, customer: Customer) -> Organization | None:
        """Find whose it is: carrying it counts before being named."""
        named, users = names_of(customer, self.policy.catalogue)
        hint = self.hints.get(customer.id)
        found = [self._seen(one) for one in dict.fromkeys((*named, hint)) if one]
        rows = [row for row in found if row is not None]
        for row in rows:
            if row.stripe_customer_id == customer.id:
                return row
        if named:  # several that disagree are for a person to settle
            only = named[0] if len(named) == 1 else None
            return next((row for row in rows if row.id == only), None)
        return self._home(users)

    def _home(self, users: Iterable[str]) -> Organization | None:
        """Find the organization of the one user that a customer names."""
        names = list(users)
        if len(names) != 1:
            return None
        try:
            rows = self._read(lambda: self.ports.workos.memberships_of_user(names[0]))
        except (MissingError, RejectedError):
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
    """Return whose role it is: the user that is named, else who it belongs to."""
    if len(users) == 1:
        return [row for row in active if row.user == users[0]]
    person = person_of(active)
    if users and person not in users:
        return []
    return [row for row in active if row.user == person]


def _names_customers(organization: Organization) -> Iterator[str]:
    """Give the customers that an organization's metadata or external id names."""
    told = (organization.external_id, *map(organization.metadata.get, CARRIED))
    for name in told:
        if name and CUSTOMER.fullmatch(name.strip()):
            yield name.strip()
