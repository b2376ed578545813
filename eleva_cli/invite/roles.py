"""Which role a member has once a grant stands, and once it is over.

A grant never lowers a role, and its end never lowers it below what remains.
"""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.invite import Offer, Rules, Situation
from eleva_cli.member_role import RoleChange, held_by, role_change
from eleva_cli.ports import Membership, Subscription
from eleva_cli.roles import Held, role_for

__all__ = ["RoleChange", "held_by", "role_after", "role_left"]


def role_after(offer: Offer, found: Situation, rules: Rules) -> RoleChange:
    """Return what a grant does to the user's role; an add-on does nothing."""
    if offer.role is None:
        return RoleChange(role=found.membership.role)
    granted = Held(status="active", product=offer.product)
    wanted = role_for((*held_by(found.subscriptions), granted), rules.catalogue)
    return role_change(
        found.membership,
        wanted,
        members=found.members,
        policy=rules.catalogue.roles,
        ownership=rules.ownership,
        may_lower=False,
        reason="invite grant",
    )


def role_left(
    membership: Membership,
    subscriptions: Iterable[Subscription],
    members: int | None,
    rules: Rules,
) -> RoleChange:
    """Return what is left of a role once a grant is over: what else is lived on."""
    return role_change(
        membership,
        role_for(held_by(subscriptions), rules.catalogue),
        members=members,
        policy=rules.catalogue.roles,
        ownership=rules.ownership,
        may_lower=True,
        reason="grant over",
    )
