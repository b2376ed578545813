"""How a customer comes to be an organization's: made or stamped, and linked.

A pure rule, shared by whoever subscribes somebody. What is so already is left out, so
that what stopped half-way is finished by asking for it again.
"""

from __future__ import annotations

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.stamping import is_identity
from eleva_cli.plan import (
    Action,
    CreateCustomer,
    LinkCustomer,
    LinkOrganization,
    StampCustomer,
)
from eleva_cli.ports import Customer, Fields, Organization


def carried(  # noqa: PLR0913 - who, whose, what it says and why, by name
    customer: Customer | None,
    organization: Organization,
    *,
    user: str,
    says: Fields,
    catalogue: Catalogue,
    reason: str,
) -> tuple[Action, ...]:
    """Return what makes a customer, or stamps it with what it `says`, and links it."""
    if customer is not None:
        stamps = _stamped(customer, says, reason)
        return (*stamps, *_linked(customer, organization, reason))
    marks = (name for name in says if is_identity(catalogue, "customer", name))
    return (
        CreateCustomer(
            organization=organization.id,
            user=user,
            metadata=says,
            marks=tuple(marks),
            reason=reason,
        ),
        LinkCustomer(organization=organization.id, reason=reason),
    )


def _stamped(
    customer: Customer, says: Fields, reason: str
) -> tuple[StampCustomer, ...]:
    told = customer.metadata
    after = {name: value for name, value in says.items() if told.get(name) != value}
    if not after:
        return ()
    before = {name: told.get(name) for name in after}
    return (
        StampCustomer(customer=customer.id, before=before, after=after, reason=reason),
    )


def _linked(
    customer: Customer, organization: Organization, reason: str
) -> tuple[LinkOrganization, ...]:
    if organization.stripe_customer_id is not None:
        return ()
    return (
        LinkOrganization(
            organization=organization.id,
            before=None,
            after=customer.id,
            reason=reason,
        ),
    )
