"""Which customers name a user or an organization in their metadata."""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.stamping import is_identity, of_customer
from eleva_cli.errors import RejectedError
from eleva_cli.ports import Customer, StripePort

MOST = 5


def also_naming(
    stripe: StripePort, catalogue: Catalogue, *, user: str, organization: str
) -> tuple[str, ...]:
    """
    Return the customers that name a user or organization, and nobody else.

    As far as search knows them; where an account cannot search there are none. Raises a
    `RemoteError` where nobody could look.
    """
    names = identity(catalogue, user, organization)
    try:
        found = stripe.customers_naming(names)
    except RejectedError:
        return ()
    theirs = [
        one for one in found if names_any(one, names) and not names_other(one, names)
    ]
    return tuple(sorted(one.id for one in theirs if not one.deleted)[:MOST])


def identity(catalogue: Catalogue, user: str, organization: str) -> dict[str, str]:
    """Return the names that say whose a customer is, with the values for these two."""
    wanted = of_customer(catalogue, user=user, organization=organization)
    return {
        name: value
        for name, value in wanted.items()
        if is_identity(catalogue, "customer", name)
    }


def names_any(customer: Customer, names: Mapping[str, str]) -> bool:
    """Tell whether a customer has one of these names with its value."""
    return any(customer.metadata.get(name) == value for name, value in names.items())


def names_other(customer: Customer, names: Mapping[str, str]) -> bool:
    """Tell whether a customer has one of these names with another value."""
    return any(
        customer.metadata.get(name) not in (None, "", value)
        for name, value in names.items()
    )
