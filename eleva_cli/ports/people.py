"""Who buys and who signs in, as values: customers, organizations, members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eleva_cli.ports.bills import Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The Stripe account that a key belongs to; `GET /v1/account`."""

    id: str
    name: str
    country: str
    default_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """
    A Stripe customer, as far as the tool looks at it.

    `currency` is the one that it is billed in, `None` before its first invoice; other
    currencies are refused while it has a live subscription, quote or balance. A
    discount of its own (`discounted`) is on every invoice.
    """

    id: str
    created: int
    email: str | None
    livemode: bool
    metadata: Mapping[str, str]
    deleted: bool = False
    currency: str | None = None
    discounted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionItem:
    """
    One item: amounts in the currency's smallest unit (cents), `None` if tiered.

    `period_end` is when its period ends and the next begins, in Unix seconds. `key` is
    the price's lookup key now, `made_as` the one it was made or taken over under.
    `usage` is licensed or metered, `scheme` per_unit or tiered, `transform` how
    quantities are divided and rounded ("" where they are not).
    """

    id: str
    price: str
    product: str
    quantity: int | None
    unit_amount: int | None
    currency: str
    interval: str
    interval_count: int = 1
    period_end: int | None = None
    period_start: int | None = None
    key: str | None = None
    made_as: str | None = None
    usage: str = "licensed"
    scheme: str = "per_unit"
    transform: str = ""
    tax: str = "unspecified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """
    A Stripe subscription; `is_cut` where a list left out items past the tenth.

    `StripePort.whole` returns it with all of them. `cancel_at` is when it will end,
    `ends_with_period` that it will at the end of what is paid. `schedule` is the id of
    the schedule that decides its items, if one does; `ended_at` when it was over.
    `facets` are all other fields that are not as a plain subscription has them, each by
    its path, with a short text; what says nothing about the terms is left out.
    Where they were asked for, `invoice` is the latest one, and `discounted` tells that
    the customer has a discount of its own. Where only some metadata was kept,
    `more_names` counts the rest.
    """

    id: str
    customer: str
    status: str
    created: int
    livemode: bool
    metadata: Mapping[str, str]
    items: tuple[SubscriptionItem, ...]
    is_cut: bool = False
    cancel_at: int | None = None
    ends_with_period: bool = False
    schedule: str | None = None
    ended_at: int | None = None
    facets: Mapping[str, str] = field(default_factory=dict)
    invoice: Invoice | None = None
    discounted: bool = False
    more_names: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """
    A registered Stripe webhook endpoint; `enabled_events` may hold `*`.

    `version` is the API version that it takes, `None` for the account's own.
    """

    id: str
    url: str
    enabled: bool
    enabled_events: tuple[str, ...]
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """
    A WorkOS organization; `stripe_customer_id` is its link, `None` if unlinked.

    `changed_at` is when anything of it was last changed, in Unix seconds.
    """

    id: str
    name: str
    external_id: str | None
    stripe_customer_id: str | None
    metadata: Mapping[str, str]
    changed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A WorkOS user."""

    id: str
    email: str
    email_verified: bool
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """
    A user in an organization; `status` is active, pending or inactive.

    `role` is the primary one, `roles` all of them. The user's address comes with it,
    `None` where it was left out. `changed_at` is when the membership was last changed,
    in Unix seconds.
    """

    id: str
    user: str
    organization: str
    status: str
    role: str
    directory_managed: bool
    email: str | None = None
    email_verified: bool = True
    changed_at: int | None = None
    roles: tuple[str, ...] = ()

    @property
    def every_role(self) -> tuple[str, ...]:
        """All roles; where only the primary one is told, that one."""
        return self.roles or (self.role,)
