"""Whose role outlived a grant: decides what is taken back once a grant is over.

Only what a lapsed grant of this tool brought is taken, and only while nothing live
brings it. So a user who was granted again, or pays by now, is left as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from eleva_cli.catalog import Catalogue
from eleva_cli.invite import Grant, Rules
from eleva_cli.invite.roles import held_by, role_left
from eleva_cli.member_role import stranger_of
from eleva_cli.plan import Finding, Lane, Severity
from eleva_cli.ports import Membership, Subscription
from eleva_cli.roles import rank, role_for

REASON = "invite expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """
    A user in one organization whose grants are over; the latest grant comes first.

    `customers` are those that held them.
    """

    user: str
    organization: str
    grants: tuple[Grant, ...]

    @property
    def customers(self) -> tuple[str, ...]:
        """Name the customers that held the grants, each once."""
        return tuple(dict.fromkeys(grant.customer for grant in self.grants))

    @property
    def roles(self) -> frozenset[str]:
        """Name the roles that the grants brought."""
        return frozenset(one.offer.role for one in self.grants if one.offer.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """
    What is left to a user: the membership, what their customers hold now.

    `membership` is `None` where the user left the organization. `members` counts the
    active ones, `None` where it was not asked.
    """

    membership: Membership | None
    subscriptions: tuple[Subscription, ...] = ()
    members: int | None = None


def lapses(grants: Iterable[Grant]) -> tuple[Lapse, ...]:
    """
    Gather the lapsed grants of this tool that brought a role, by whom they were for.

    Whoever has a live one of at least that rank has lost nothing.
    """
    over: defaultdict[tuple[str, str], list[Grant]] = defaultdict(list)
    live: defaultdict[tuple[str, str], int] = defaultdict(int)
    for grant in grants:
        if grant.user is None or grant.organization is None:
            continue
        whose = (grant.user, grant.organization)
        if grant.is_live:
            live[whose] = max(live[whose], grant.offer.rank)
        elif grant.id is not None and grant.is_over and grant.offer.role:
            over[whose].append(grant)
    return tuple(
        Lapse(
            user=user,
            organization=organization,
            grants=tuple(sorted(held, key=_newest_first)),
        )
        for (user, organization), held in sorted(over.items())
        if max(one.offer.rank for one in held) > live[user, organization]
    )


def nameless(grants: Iterable[Grant]) -> tuple[Finding, ...]:
    """Tell of lapsed grants that do not say any more for whom they were."""
    return tuple(
        Finding(
            code="grant-names-nobody",
            severity=Severity.WARNING,
            subject=grant.subscription,
            message=f"the lapsed grant {grant.subscription} of {grant.customer} does"
            " not name its user and organization any more",
            hint="look at the roles of whoever it was for: eleva explain "
            + grant.customer,
        )
        for grant in grants
        if grant.id is not None
        and grant.is_over
        and grant.offer.role
        and (grant.user is None or grant.organization is None)
    )


def may_lower(lapse: Lapse, membership: Membership | None) -> bool:
    """Tell whether a member still has a role that a lapsed grant brought."""
    return (
        membership is not None
        and membership.status == "active"
        and not lapse.roles.isdisjoint(membership.every_role)
    )


def decide(lapse: Lapse, found: Left, rules: Rules) -> Lane:
    """Return what becomes of the role of one whose grants are over."""
    lane = Lane(id=lapse.customers[0], organization=lapse.organization)
    membership = found.membership
    if membership is None or not may_lower(lapse, membership):
        return lane
    if not _outlived(lapse, membership, found.subscriptions, rules.catalogue):
        return lane
    if stranger := stranger_of(found.subscriptions, rules.catalogue):
        return replace(lane, findings=(_unsure(membership, stranger),))
    change = role_left(membership, found.subscriptions, found.members, rules)
    actions = tuple(replace(one, reason=REASON) for one in change.actions)
    return replace(lane, actions=actions, findings=change.findings)


def _outlived(
    lapse: Lapse,
    membership: Membership,
    subscriptions: Iterable[Subscription],
    catalogue: Catalogue,
) -> bool:
    """Tell whether a role of the grants is worth more than what is lived on now."""
    policy = catalogue.roles
    worth = rank(role_for(held_by(subscriptions), catalogue), policy) or 0
    outlived = lapse.roles & set(membership.every_role)
    return any((rank(role, policy) or 0) > worth for role in outlived)


def _unsure(membership: Membership, stranger: str) -> Finding:
    return Finding(
        code="role-left",
        severity=Severity.WARNING,
        subject=membership.user,
        message=f"the role stays {' and '.join(membership.every_role)}: {stranger} is"
        " live and holds a product that the catalogue does not name",
        hint="name the product in the catalogue",
    )


def _newest_first(grant: Grant) -> tuple[int, str]:
    return -(grant.ended_at or grant.created), grant.subscription
