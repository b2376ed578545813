"""Reads what there is for one subscription: who buys, what is sold, what it would cost.

A dozen calls whatever the account's size. Who could be the customer is looked for as
for a grant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from eleva_cli.catalog import Price
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, RejectedError, SafetyError, UsageError
from eleva_cli.evidence import person_of
from eleva_cli.invite import Rules as Clarity
from eleva_cli.invite import Situation as Found
from eleva_cli.invite import Wish
from eleva_cli.invite.offers import offer_at
from eleva_cli.observe.granting import Goods as Shown
from eleva_cli.observe.granting import Granting, Member
from eleva_cli.ports import (
    Clock,
    Customer,
    Membership,
    Ports,
    Proration,
    Renewal,
    Schedule,
    Subscription,
)
from eleva_cli.subscription import Foretold, Goods, Terms
from eleva_cli.subscription.changing import Change

T = TypeVar("T")
UNASKED = Shown(price=None, attached=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchasing:
    """Every method may raise a `RemoteError`."""

    ports: Ports
    clock: Clock
    rules: Clarity

    @property
    def granting(self) -> Granting:
        """Who reads whom a customer stands for."""
        return Granting(ports=self.ports, clock=self.clock, rules=self.rules)

    def goods(self, price: Price) -> Goods:
        """Read who holds the price's key, and which features its product gives."""
        found = self.granting.goods(self._wish(price))
        return Goods(price=price, sold=found.price, attached=found.attached)

    def roles_there(self) -> frozenset[str]:
        """Read the slugs of the environment's roles."""
        return frozenset(self._read(self.ports.workos.roles))

    def person_in(self, organization: str) -> Member:
        """
        Return whom an organization belongs to: its sole active member, or its owner.

        Raises `UsageError` where there is none of that id, `SafetyError` where nobody
        can tell.
        """
        workos = self.ports.workos
        try:
            rows = self._read(lambda: workos.memberships_of_organization(organization))
        except MissingError as error:
            raise _no_organization(organization) from error
        user = person_of(rows)
        if user is not None:
            return self.granting.member(user)
        active = sorted({row.user for row in rows if row.status == "active"})
        if not active:
            self.carried(organization)  # raises where there is no such organization
        raise SafetyError(
            f"{organization} is not one person's: {', '.join(active) or 'no member'}",
            code="person-ambiguous",
            hint=f"name who pays: eleva subscription create USER --org {organization}",
        )

    def situation(
        self, price: Price, member: Member, membership: Membership, named: str | None
    ) -> Found:
        """Read who could be the customer; `named` is one, or "new", or nothing."""
        return self.granting.situation(
            self._wish(price), member, membership, UNASKED, customer=named
        )

    def first(self, customer: Customer, goods: Goods, currency: str) -> Renewal:
        """Preview the first invoice of a new subscription."""
        sold, stripe = goods.sold, self.ports.stripe
        assert sold is not None, "refused before"
        other = currency if currency != sold.currency else None
        return self._read(
            lambda: stripe.preview_first(customer.id, sold.id, currency=other)
        )

    def billed(self, subscription_id: str) -> Subscription:
        """Read a subscription with its latest invoice."""
        stripe = self.ports.stripe
        try:
            return self._read(lambda: stripe.billed(subscription_id))
        except MissingError as error:
            raise UsageError(
                f"there is no {subscription_id} in this Stripe account",
                code="subscription-unknown",
                hint="see whose keys these are: eleva doctor",
            ) from error

    def ruling(self, sub: Subscription) -> Schedule | None:
        """Read the schedule that rules a subscription, if one does."""
        stripe, name = self.ports.stripe, sub.schedule
        return None if name is None else self._read(lambda: stripe.schedule(name))

    def foretold(self, change: Change) -> Foretold:
        """
        Preview what a change comes to, with nothing where the price stays.

        Raises `SafetyError` where Stripe does not preview it.
        """
        if not change.moves:
            return Foretold()
        try:
            return self._foretold(change, change.terms)
        except RejectedError as error:
            raise SafetyError(
                f"Stripe does not preview the change of {change.subscription.id}:"
                f" {error}",
                code="renewal-unknown",
                hint="look at the subscription in Stripe first",
            ) from error

    def _foretold(self, change: Change, terms: Terms) -> Foretold:
        is_now = terms.proration == "always_invoice"
        stripe, name = self.ports.stripe, change.subscription.id
        wishes = (change.wish,)
        later: Proration = "none" if is_now else terms.proration
        due = None
        if is_now:
            due = self._read(
                lambda: stripe.preview_items(name, wishes, proration="always_invoice")
            )
        return Foretold(
            before=self._read(lambda: stripe.preview_items(name, ())),
            after=self._read(
                lambda: stripe.preview_items(name, wishes, proration=later)
            ),
            due=due,
        )

    def renewal(self, sub: Subscription) -> Renewal | str:
        """Preview the next renewal, or say why there is none."""
        stripe = self.ports.stripe
        try:
            return self._read(lambda: stripe.preview_items(sub.id, ()))
        except RejectedError as error:
            return str(error)

    def carried_by(self, member: Member) -> Iterator[tuple[str, str]]:
        """Give the customers that a user's organizations carry, and which does."""
        active = [row for row in member.memberships if row.status == "active"]
        for name in dict.fromkeys(row.organization for row in active):
            customer = self.carried(name)
            if customer is not None:
                yield customer, name

    def carried(self, organization: str) -> str | None:
        """Return the customer that an organization carries."""
        workos = self.ports.workos
        try:
            found = self._read(lambda: workos.organization(organization))
        except MissingError as error:
            raise _no_organization(organization) from error
        return found.stripe_customer_id

    def held(self, customer: str) -> tuple[Subscription, ...]:
        """Read all subscriptions of a customer."""
        stripe = self.ports.stripe
        try:
            return self._read(lambda: stripe.subscriptions_of(customer))
        except MissingError as error:
            raise UsageError(
                f"there is no {customer} in this Stripe account",
                code="person-unknown",
                hint="see whose keys these are: eleva doctor",
            ) from error

    def _wish(self, price: Price) -> Wish:
        return Wish(offer=offer_at(price, self.rules.catalogue))

    def _read(self, read: Callable[[], T]) -> T:
        return patiently(read, self.clock)


def _no_organization(name: str) -> UsageError:
    return UsageError(
        f"there is no {name} in this WorkOS environment",
        code="organization-unknown",
        hint="see whose keys these are: eleva doctor",
    )
