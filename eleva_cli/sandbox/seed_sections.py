"""The lists of a seed document: whose objects they hold, and what each must name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox.billing import (
    customers,
    prices,
    products,
    webhook_endpoints,
)
from eleva_cli.sandbox.billing import subscription_shape as subscriptions
from eleva_cli.sandbox.identity import memberships, organizations, roles, users

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

Complete: TypeAlias = Callable[["Json"], "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One list of a seed document."""

    service: str
    name: str
    kind: str
    complete: Complete
    requires: tuple[str, ...] = ()
    # field -> kind of the object it must name
    names: Mapping[str, str] = field(default_factory=dict)
    # fields a real export may have beyond those we complete
    also: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """Where the list is in the document."""
        return f"{self.service}.{self.name}"


_EXPORTED = frozenset(
    {
        "business_name",
        "cash_balance",
        "deleted",
        "individual_name",
        "invoice_credit_balance",
        "sources",
        "subscriptions",
        "tax",
        "tax_ids",
    }
)

SECTIONS = (
    Section(
        service="stripe",
        name="products",
        kind="product",
        complete=products.new,
        requires=("id", "name"),
        also=frozenset({"tax_details"}),
    ),
    Section(
        service="stripe",
        name="prices",
        kind="price",
        complete=prices.new,
        requires=("id", "product"),
        names={"product": "product"},
        also=frozenset({"currency_options", "tiers"}),
    ),
    Section(
        service="stripe",
        name="customers",
        kind="customer",
        complete=customers.new,
        requires=("id",),
        also=_EXPORTED,
    ),
    Section(
        service="stripe",
        name="subscriptions",
        kind="subscription",
        complete=subscriptions.new,
        requires=("id", "customer", "items"),
        names={"customer": "customer"},
        also=frozenset({"managed_payments", "presentment_details", "status_details"}),
    ),
    Section(
        service="stripe",
        name="webhook_endpoints",
        kind="webhook_endpoint",
        complete=webhook_endpoints.new,
    ),
    Section(
        service="workos",
        name="roles",
        kind="role",
        complete=roles.new,
        requires=("slug",),
    ),
    Section(
        service="workos",
        name="users",
        kind="user",
        complete=users.new,
        requires=("id", "email"),
        also=frozenset({"name"}),
    ),
    Section(
        service="workos",
        name="organizations",
        kind="organization",
        complete=organizations.new,
        requires=("id", "name"),
        also=frozenset({"stripe_customer_id"}),
    ),
    Section(
        service="workos",
        name="organization_memberships",
        kind="organization_membership",
        complete=memberships.new,
        requires=("user_id", "organization_id"),
        names={"user_id": "user", "organization_id": "organization"},
    ),
)

# (kind, field): a value that only one object may have
ONCE = {
    ("organization", "stripe_customer_id"),
    ("organization", "external_id"),
    ("user", "external_id"),
    ("price", "lookup_key"),
}
