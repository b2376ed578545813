"""What a subscription or customer is stamped with: the contract, filled in.

A pure rule, shared by whoever writes stamps and whoever checks them. A name whose value
is not known (an add-on has no tier) is not asked for.
"""

from __future__ import annotations

import re

from eleva_cli.catalog import CADENCES, Catalogue, Price

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def kind_of(price: Price) -> str:
    """Name the kind of stamps that a subscription to a price has."""
    return "invite" if price.invite else "paid"


def of_subscription(
    catalogue: Catalogue, price: Price, *, user: str | None, organization: str | None
) -> dict[str, str]:
    """Return the names and values of a subscription to a price."""
    product = catalogue.product(price.product)
    known = {
        "user": user,
        "organization": organization,
        "tier": product.tier if product else None,
        "interval": CADENCES[price.interval],
    }
    return _filled(catalogue, kind_of(price), known)


def of_customer(
    catalogue: Catalogue, *, user: str | None, organization: str | None
) -> dict[str, str]:
    """Return the names and values of a customer."""
    return _filled(catalogue, "customer", {"user": user, "organization": organization})


def is_identity(catalogue: Catalogue, kind: str, name: str) -> bool:
    """Tell whether a name says whose it is: a user's or an organization's id."""
    template = catalogue.stamps.get(kind, {}).get(name, "")
    return bool({"user", "organization"} & set(PLACEHOLDER.findall(template)))


def _filled(
    catalogue: Catalogue, kind: str, known: dict[str, str | None]
) -> dict[str, str]:
    values = {name: value for name, value in known.items() if value}
    return {
        name: PLACEHOLDER.sub(lambda found: values[found[1]], value)
        for name, value in catalogue.stamps.get(kind, {}).items()
        if set(PLACEHOLDER.findall(value)) <= set(values)
    }
