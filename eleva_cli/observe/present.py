"""Small reads that several observers share: a member, who else is there, a customer."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.errors import MissingError
from eleva_cli.ports import Customer, Membership, StripePort, WorkosPort
from eleva_cli.roles import OWNER


def membership_in(rows: Iterable[Membership], organization: str) -> Membership | None:
    """Return a user's membership of an organization, the active one if there is one."""
    own = [row for row in rows if row.organization == organization]
    return min(own, key=lambda row: row.status != "active", default=None)


def members_beside(workos: WorkosPort, membership: Membership) -> int | None:
    """
    Count active members where it matters: an owner who is alone may change.

    `None` for anybody else, without a call. Raises a `RemoteError`.
    """
    if OWNER not in membership.every_role:
        return None
    rows = workos.memberships_of_organization(membership.organization)
    return sum(row.status == "active" for row in rows)


def customer_or_gone(
    stripe: StripePort, customer_id: str, *, is_live: bool
) -> Customer:
    """Read a customer; one that is not there is as good as deleted."""
    try:
        return stripe.customer(customer_id)
    except MissingError:
        return Customer(
            id=customer_id,
            created=0,
            email=None,
            livemode=is_live,
            metadata={},
            deleted=True,
        )
