"""The lists of a seed document: whose objects they hold, and what each must name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox import seed_invoices
from eleva_cli.sandbox.billing import (
    coupons,
    customers,
    events,
    features,
    meter_events,
    meters,
    prices,
    product_features,
    products,
    schedule_shape,
    tax_rates,
    test_clocks,
    webhook_endpoints,
)
from eleva_cli.sandbox.billing import subscription_shape as subscriptions
from eleva_cli.sandbox.identity import memberships, organizations, persons, roles

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
    # fields that make an id where none is given; without them, the place does
    identity: tuple[str, ...] = ()

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
        name="features",
        kind="feature",
        complete=features.new,
        requires=("lookup_key", "name"),
    ),
    Section(
        service="stripe",
        name="product_features",
        kind="product_feature",
        complete=product_features.new,
        requires=("product", "entitlement_feature"),
        names={"product": "product", "entitlement_feature": "feature"},
        identity=("product", "entitlement_feature"),
    ),
    Section(service="stripe", name="coupons", kind="coupon", complete=coupons.new),
    Section(
        service="stripe",
        name="tax_rates",
        kind="tax_rate",
        complete=tax_rates.new,
        requires=("display_name", "percentage"),
    ),
    Section(
        service="stripe",
        name="test_clocks",
        kind="test_clock",
        complete=test_clocks.new,
        requires=("frozen_time",),
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
        name="invoices",
        kind="invoice",
        complete=seed_invoices.new,
        requires=("customer", "status"),
        names={"customer": "customer", "subscription": "subscription"},
        also=frozenset({"subscription"}),
    ),
    Section(
        service="stripe",
        name="subscription_schedules",
        kind="subscription_schedule",
        complete=schedule_shape.new,
        requires=("customer", "phases"),
        names={"customer": "customer", "subscription": "subscription"},
    ),
    Section(
        service="stripe",
        name="webhook_endpoints",
        kind="webhook_endpoint",
        complete=webhook_endpoints.new,
    ),
    Section(
        service="stripe",
        name="events",
        kind="event",
        complete=events.new,
        requires=("created", "data", "type"),
        also=frozenset({"account", "context"}),
    ),
    Section(
        service="stripe",
        name="meters",
        kind="meter",
        complete=meters.new,
        requires=("event_name",),
    ),
    Section(
        service="stripe",
        name="meter_events",
        kind="meter_event",
        complete=meter_events.new,
        requires=("event_name", "payload"),
        names={"customer": "customer"},
    ),
    Section(
        service="workos",
        name="users",
        kind="user",
        complete=persons.new,
        requires=("id", "email"),
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
        name="roles",
        kind="role",
        complete=roles.new,
        requires=("slug",),
        names={"organization_id": "organization"},
        also=frozenset({"organization_id"}),
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
    ("feature", "lookup_key"),
    ("meter", "event_name"),
}
# kinds whose archived or inactive objects give such a value up
FREED = {"feature", "meter"}
