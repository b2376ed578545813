"""Reads what there is for one grant: the user, the organization, the customer.

A dozen calls whatever the account's size. The customer is looked for where a second one
could come from: the organization's link, the user's address, and whoever names the user
or the organization. Search only hints: what it finds is read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from eleva_cli.engine.pool import patiently
from eleva_cli.errors import (
    ForbiddenError,
    MissingError,
    RemoteError,
    SafetyError,
    UnauthorizedError,
    UsageError,
)
from eleva_cli.invite import Rules, Situation, Wish
from eleva_cli.invite.ledger import Ledger
from eleva_cli.observe.naming import identity, names_any, names_other
from eleva_cli.observe.present import customer_or_gone, members_beside, membership_in
from eleva_cli.ports import (
    Clock,
    Customer,
    Membership,
    Organization,
    Ports,
    Renewal,
    StripePrice,
    Subscription,
)

T = TypeVar("T")
USER = re.compile(r"user_[A-Za-z0-9]+")
NEW = "new"
MOST_HINTS = 5
SEARCHES = 3  # what does not answer by then may be unable to


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user and all of the user's memberships; `email` is private."""

    user: str
    email: str
    email_verified: bool
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What a grant of one offer needs to be on sale."""

    price: StripePrice | None
    attached: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """Reads situations; every method may raise a `RemoteError`."""

    ports: Ports
    clock: Clock
    rules: Rules

    def member(self, name: str) -> Member:
        """
        Find a user by id or e-mail.

        Raises `UsageError` where there is none, `SafetyError` where several users have
        the address, written with other capitals.
        """
        check_name(name)
        if USER.fullmatch(name):
            return self._member_by_id(name)
        return self._member_by_email(name)

    def _member_by_id(self, user_id: str) -> Member:
        """Ask for the memberships: the user's address comes with them."""
        try:
            found = self._read(lambda: self.ports.workos.memberships_of_user(user_id))
        except MissingError:
            found = ()
        told = next((row for row in found if row.email), None)
        if told is not None and told.email:
            return Member(
                user=user_id,
                email=told.email,
                email_verified=told.email_verified,
                memberships=found,
            )
        try:
            user = self._read(lambda: self.ports.workos.user(user_id))
        except MissingError as error:
            raise _unknown("of this id") from error
        return Member(
            user=user.id,
            email=user.email,
            email_verified=user.email_verified,
            memberships=found,
        )

    def _member_by_email(self, email: str) -> Member:
        users = self._read(lambda: self.ports.workos.users_with_email(email))
        if not users:
            raise _unknown("with this e-mail")
        if len(users) > 1:
            raise SafetyError(
                f"{len(users)} users have this e-mail, in other capitals:"
                f" {', '.join(user.id for user in users)}",
                code="user-ambiguous",
                hint="name one by its id",
            )
        user = users[0]
        return Member(
            user=user.id,
            email=user.email,
            email_verified=user.email_verified,
            memberships=self._read(
                lambda: self.ports.workos.memberships_of_user(user.id)
            ),
        )

    def goods(self, wish: Wish) -> Goods:
        """Read who holds the offer's key, and which features its product gives."""
        offer, stripe = wish.offer, self.ports.stripe
        held = self._read(lambda: stripe.prices_with_keys((offer.key,)))
        price = next(iter(held), None)
        if price is None:
            return Goods(price=None, attached=frozenset())
        return Goods(price=price, attached=frozenset(self._attached(offer.product)))

    def _attached(self, product: str) -> Iterable[str]:
        after: str | None = None
        while True:
            read = _bound(self.ports.stripe.product_features, product, after)
            try:
                page = self._read(read)
            except MissingError:
                return
            yield from (row.key for row in page.rows if row.active)
            after = page.after
            if after is None:
                return

    def situation(
        self,
        wish: Wish,
        member: Member,
        membership: Membership,
        goods: Goods,
        *,
        customer: str | None = None,
    ) -> Situation:
        """
        Read what there is for a wish in one organization.

        `customer` is the one that the admin named, or "new" for one of its own.
        """
        organization = self._organization(membership.organization)
        found = Situation(
            user=member.user,
            email_verified=member.email_verified,
            organization=organization,
            membership=membership,
            members=self._read(lambda: members_beside(self.ports.workos, membership)),
            customer=None,
            may_create=customer == NEW,
            price=goods.price,
            attached=goods.attached,
        )
        found = self._with_customer(found, member, customer)
        if found.customer is None or found.customer.deleted:
            return found
        whose = found.customer.id
        try:
            subs = self._read(lambda: self.ports.stripe.subscriptions_of(whose))
        except MissingError:
            return replace(found, customer=replace(found.customer, deleted=True))
        found = replace(found, subscriptions=subs)
        return replace(found, first=self._first(wish, found))

    def _organization(self, organization_id: str) -> Organization:
        try:
            return self._read(lambda: self.ports.workos.organization(organization_id))
        except MissingError as error:
            raise UsageError(
                f"there is no {organization_id}",
                code="organization-unknown",
                hint="name one of the user's organizations with --org",
            ) from error

    def _with_customer(
        self, found: Situation, member: Member, named: str | None
    ) -> Situation:
        linked = found.organization.stripe_customer_id
        if named not in (None, NEW, linked) and linked is not None:
            raise SafetyError(
                f"{found.organization.id} is linked to {linked}",
                code="organization-linked-elsewhere",
                hint="leave --customer out, or change the link first: eleva link set",
            )
        if linked is not None:
            return replace(found, customer=self._customer(linked))
        if named not in (None, NEW):
            return replace(found, customer=self._customer(named))
        return self._searched(found, member)

    def _customer(self, customer_id: str) -> Customer:
        """Read a customer; one that is not there is as good as deleted."""
        stripe, is_live = self.ports.stripe, self.rules.is_live
        return self._read(
            lambda: customer_or_gone(stripe, customer_id, is_live=is_live)
        )

    def _searched(self, found: Situation, member: Member) -> Situation:
        """Find who could be the customer: by the user's address, and by its names."""
        names = identity(self.rules.catalogue, member.user, found.organization.id)
        by_id: dict[str, Customer] = {}
        for address in dict.fromkeys((member.email, member.email.casefold())):
            read = _bound(self.ports.stripe.customers_with_email, address)
            by_id |= {one.id: one for one in self._read(read)}
        hints = [one for one in self._hints(names, member.email) if one not in by_id]
        for hint in hints[:MOST_HINTS]:
            by_id[hint] = self._customer(hint)
        every = [one for one in by_id.values() if not one.deleted]
        theirs = [
            one
            for one in every
            if names_any(one, names) and not names_other(one, names)
        ]
        if len(theirs) == 1:
            return replace(found, customer=theirs[0])
        shared = [
            one for one in every if names_any(one, names) and names_other(one, names)
        ]
        alike = [
            one
            for one in every
            if (one.email or "").casefold() == member.email.casefold()
            and not any(map(one.metadata.get, names))
        ]
        if found.may_create:
            shared = []
        return replace(found, rivals=tuple(theirs or shared), alike=tuple(alike))

    def _hints(self, names: dict[str, str], email: str) -> Sequence[str]:
        """Search, also for other capitals; where it cannot, the address has to do."""
        try:
            found = patiently(
                lambda: self.ports.stripe.customers_naming(names, email=email),
                self.clock,
                most=SEARCHES,
            )
        except (UnauthorizedError, ForbiddenError):
            raise
        except RemoteError:
            return ()
        return [one.id for one in found]

    def _first(self, wish: Wish, found: Situation) -> Renewal | None:
        """Preview the first invoice, where a grant would make one."""
        customer, price = found.customer, found.price
        if customer is None or price is None or price.amount != 0:
            return None
        if customer.currency not in (None, price.currency, *price.also_in):
            return None  # refused for that; Stripe would not even preview it
        own = _own(wish, found.subscriptions, Ledger.of(self.rules.catalogue))
        stripe = self.ports.stripe
        if own is not None:
            grant_item, sub = own
            if grant_item == price.id:
                return None
            item = next(one for one in sub.items if one.price == grant_item)
            return self._read(
                lambda: stripe.preview_renewal(
                    sub.id, item.id, price.id, quantity=item.quantity
                )
            )
        other = customer.currency in price.also_in
        currency = customer.currency if other else None
        return self._read(
            lambda: stripe.preview_first(customer.id, price.id, currency=currency)
        )

    def _read(self, read: Callable[[], T]) -> T:
        return patiently(read, self.clock)


def check_name(name: str) -> None:
    """Raise `UsageError` where this can be no user's id and no e-mail."""
    if not USER.fullmatch(name) and "@" not in name:
        raise UsageError(
            f"{name!r} is neither a user's id nor an e-mail",
            code="user-name",
            hint="user ids begin with user_",
        )


def _unknown(how: str) -> UsageError:
    return UsageError(
        f"there is no user {how} in this WorkOS environment",
        code="user-unknown",
        hint="look at the spelling, and whose keys these are: eleva doctor",
    )


def _bound(call: Callable[..., T], *args: object) -> Callable[[], T]:
    return lambda: call(*args)


def _own(
    wish: Wish, subscriptions: Iterable[Subscription], ledger: Ledger
) -> tuple[str, Subscription] | None:
    """Find the grant of the same family that stands, and its price."""
    for sub in subscriptions:
        for grant in ledger.grants(sub):
            is_ours = grant.id is not None and not grant.is_over
            if is_ours and grant.offer.family_name == wish.offer.family_name:
                return grant.price, sub
    return None


def membership_of(
    member: Member, organization: str | None
) -> Membership | tuple[str, ...]:
    """
    Return the membership that is meant, or the organizations to choose from.

    Raises `UsageError` where the user belongs to none, or not to the one named.
    """
    rows = member.memberships
    if organization is not None:
        own = membership_in(rows, organization)
        if own is None:
            raise UsageError(
                f"{member.user} does not belong to {organization}",
                code="not-a-member",
                hint="see whose it is: eleva explain " + member.user,
            )
        return own
    active = [row for row in rows if row.status == "active"]
    if len(active) == 1:
        return active[0]
    if active:
        return tuple(sorted(row.organization for row in active))
    if len(rows) == 1:
        return rows[0]  # refused later, with what is wrong with it
    raise UsageError(
        f"{member.user} belongs to no organization"
        if not rows
        else f"{member.user} has no active membership",
        code="no-organization",
        hint="make the user a member of an organization first",
    )
