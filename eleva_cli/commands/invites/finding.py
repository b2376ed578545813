"""Finds the grant that a command is about: by its subscription's id, or of a user.

A user's grants are looked for in the user's organizations; what was begun and never
finished counts, too. Where several could be meant nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, SafetyError, UsageError
from eleva_cli.invite import Grant, Offer, Rules, Situation, Wish
from eleva_cli.invite.changing import Target
from eleva_cli.invite.ledger import Ledger
from eleva_cli.invite.standing import PROMISED, promises
from eleva_cli.observe.granting import Goods, Granting, Member, check_name
from eleva_cli.observe.naming import also_naming
from eleva_cli.observe.present import members_beside, membership_in
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Clock, Membership, Ports, Subscription

T = TypeVar("T")
SUBSCRIPTION = re.compile(r"sub_[A-Za-z0-9_]+")
ORGANIZATION = re.compile(r"org_[A-Za-z0-9]+")
NOTHING_ON_SALE = Goods(price=None, attached=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What was named: a user or a subscription; the rest tells several apart."""

    name: str
    offer: Offer | None = None
    organization: str | None = None

    @property
    def is_subscription(self) -> bool:
        """Whether it is a subscription's id."""
        return SUBSCRIPTION.fullmatch(self.name) is not None


def check_named(name: str, organization: str | None) -> None:
    """Raise `UsageError` where these can be no such names, before any call."""
    if not SUBSCRIPTION.fullmatch(name):
        check_name(name)
    if organization is not None and not ORGANIZATION.fullmatch(organization):
        raise UsageError(
            f"{organization!r} is no organization id",
            code="organization-id",
            hint="organization ids begin with org_",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Reads grants; every method may raise a `RemoteError`."""

    ports: Ports
    clock: Clock
    rules: Rules

    def find(self, named: Named) -> Target:
        """
        Return the one grant that is meant.

        Raises `UsageError` where there is none, `SafetyError` where there are several,
        or where what was named is no grant.
        """
        if named.is_subscription:
            return self._by_id(named.name)
        granting = Granting(ports=self.ports, clock=self.clock, rules=self.rules)
        member = granting.member(named.name)
        every: list[Target] = []
        for membership in _memberships(member, named.organization):
            found = granting.situation(
                self._any_wish(), member, membership, NOTHING_ON_SALE
            )
            every += self._in(found)
        target = _meant(every, named, member.user)
        elsewhere = set(self._naming(target.grant)) - {target.grant.customer}
        held = [sub for customer in sorted(elsewhere) for sub in self._held(customer)]
        return replace(target, others=(*target.others, *held))

    def _any_wish(self) -> Wish:
        """Return a wish: what is on sale for it is not asked."""
        return Wish(offer=self._ledger.offers[0])

    @property
    def _ledger(self) -> Ledger:
        found = Ledger.of(self.rules.catalogue)
        if not found.offers:
            raise UsageError(
                "the catalogue has no free tier",
                code="tier-unknown",
                hint="mark its price with invite = true in the catalogue",
            )
        return found

    def _in(self, found: Situation) -> Iterator[Target]:
        """Give the grants of an organization's customer, and what it was promised."""
        ledger, subs = self._ledger, found.subscriptions
        carried = {sub.metadata.get(GRANT) for sub in subs}
        for sub in subs:
            grant = ledger.grant(sub)
            if grant is not None:
                yield _target(found, grant, sub)
        if found.customer is None or found.customer.deleted:
            return
        for promise in promises(found.customer, self.rules.catalogue, ledger.offers):
            if promise.id not in carried:
                yield _target(found, promise, None)

    def _by_id(self, subscription_id: str) -> Target:
        found = self._subscription(subscription_id)
        grant = self._ledger.grant(found)
        if grant is None:
            raise _no_grant(found)
        membership = self._membership(grant)
        return Target(
            grant=grant,
            subscription=found,
            others=self._others(grant),
            membership=membership,
            members=self._members(membership),
            is_named=True,
        )

    def _subscription(self, subscription_id: str) -> Subscription:
        try:
            return self._read(lambda: self.ports.stripe.subscription(subscription_id))
        except MissingError as error:
            raise UsageError(
                f"there is no {subscription_id} in this Stripe account",
                code="subscription-unknown",
                hint="see all grants: eleva invite list",
            ) from error

    def _membership(self, grant: Grant) -> Membership | None:
        user = grant.user
        if user is None or grant.organization is None:
            return None
        try:
            rows = self._read(lambda: self.ports.workos.memberships_of_user(user))
        except MissingError:
            return None
        return membership_in(rows, grant.organization)

    def _members(self, membership: Membership | None) -> int | None:
        if membership is None:
            return None
        return self._read(lambda: members_beside(self.ports.workos, membership))

    def _others(self, grant: Grant) -> tuple[Subscription, ...]:
        """Return what else is lived on, also by whoever is linked or named now."""
        whose = {grant.customer, *self._linked(grant), *self._naming(grant)}
        held = {s.id: s for customer in sorted(whose) for s in self._held(customer)}
        held.pop(grant.subscription, None)
        return tuple(held.values())

    def _linked(self, grant: Grant) -> tuple[str, ...]:
        organization = grant.organization
        if organization is None:
            return ()
        try:
            found = self._read(lambda: self.ports.workos.organization(organization))
        except MissingError:
            return ()
        return (found.stripe_customer_id,) if found.stripe_customer_id else ()

    def _naming(self, grant: Grant) -> tuple[str, ...]:
        user, organization = grant.user, grant.organization
        if user is None or organization is None:
            return ()
        stripe, catalogue = self.ports.stripe, self.rules.catalogue
        return self._read(
            lambda: also_naming(stripe, catalogue, user=user, organization=organization)
        )

    def _held(self, customer: str) -> tuple[Subscription, ...]:
        try:
            return self._read(lambda: self.ports.stripe.subscriptions_of(customer))
        except MissingError:
            return ()  # deleted: Stripe has ended them all

    def _read(self, read: Callable[[], T]) -> T:
        return patiently(read, self.clock)


def _memberships(member: Member, organization: str | None) -> list[Membership]:
    """Return one membership for each organization that is meant."""
    rows = [
        row for row in member.memberships if organization in (None, row.organization)
    ]
    if organization is not None and not rows:
        raise UsageError(
            f"{member.user} does not belong to {organization}",
            code="not-a-member",
            hint="name the subscription instead: eleva invite list --org "
            + organization,
        )
    best: dict[str, Membership] = {}
    for row in sorted(rows, key=lambda row: row.status == "active"):
        best[row.organization] = row
    return [best[organization] for organization in sorted(best)]


def _target(found: Situation, grant: Grant, sub: Subscription | None) -> Target:
    return Target(
        grant=grant,
        subscription=sub,
        others=tuple(one for one in found.subscriptions if one != sub),
        membership=found.membership,
        members=found.members,
    )


def _meant(every: Sequence[Target], named: Named, user: str) -> Target:
    """Return the one that is meant: what stands, else what was begun, else the last."""
    theirs = [one for one in every if one.grant.user in (None, user)]
    if named.offer is not None:
        theirs = [one for one in theirs if one.grant.offer.key == named.offer.key]
    ours = [one for one in theirs if one.grant.id is not None]
    standing = [one for one in ours if not one.grant.is_over]
    given = [one for one in theirs if one.grant.id is None and not one.grant.is_over]
    if len(standing) > 1:
        raise _several(standing, user)
    if found := standing or given:
        return found[0]
    if ours:
        return max(ours, key=lambda one: one.grant.created)
    others = sorted({one.grant.user for one in every if one.grant.user} - {user})
    raise UsageError(
        f"nothing is granted to {user} where the user is a member now"
        + (f"; in the same organization: {', '.join(others)}" if others else ""),
        code="grant-unknown",
        hint="see all grants: eleva invite list",
    )


def _several(found: Sequence[Target], user: str) -> SafetyError:
    told = ", ".join(_told(one.grant) for one in found)
    return SafetyError(
        f"{user} has {len(found)} grants: {told}",
        code="grant-ambiguous",
        hint="say which: --tier TIER, --org ORG, or the subscription's id",
    )


def _told(grant: Grant) -> str:
    name = "begun" if grant.status == PROMISED else grant.subscription
    return f"{grant.offer.tier} ({name} in {grant.organization})"


def _no_grant(found: Subscription) -> SafetyError:
    asking = [item for item in found.items if item.unit_amount != 0]
    if asking:
        return SafetyError(
            f"{found.id} asks something for {asking[0].product}: it is no grant",
            code="subscription-pays",
            hint="what is paid for is changed in Stripe, never here",
        )
    return SafetyError(
        f"{found.id} is to no free tier of the catalogue",
        code="no-grant",
        hint="see all grants: eleva invite list",
    )
