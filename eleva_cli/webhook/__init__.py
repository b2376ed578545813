"""Events of both services: what they are about, which may be sent on, what is missing.

Values only. One rule stands over all of it: an event says which customer to look at,
and never what is so. The state that is read afterwards decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eleva_cli.catalog import Catalogue
from eleva_cli.plan import Action, Finding
from eleva_cli.ports import Customer, Membership, Organization, Service, Subscription
from eleva_cli.roles import Ownership

DAY_S = 86_400
KEPT_S = 30 * DAY_S  # Stripe's Events API reaches back so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One event, read from either shape of its object; times in Unix seconds.

    `about` is the id of its object, `object` what that is (subscription, invoice,
    organization_membership). `customer`, `organization`, `user` are whom it names;
    `subscription` and `price` what it is of, `status` what that was then, `ends_at`
    when the paid time ended. `version` is the API version of its object.
    """

    id: str
    service: Service
    type: str
    created: int
    about: str
    object: str = ""
    customer: str | None = None
    subscription: str | None = None
    organization: str | None = None
    user: str | None = None
    status: str | None = None
    price: str | None = None
    ends_at: int | None = None
    version: str | None = None
    pending: int | None = None
    livemode: bool | None = None
    source: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    Which events are meant; empty means all. `types` may have asterisks.

    `since` and `until` are Unix seconds: `since <= created < until`. `waiting` are
    those that some endpoint has not taken. `carried` are the customers that the
    organizations carry, as Stripe's events name no organization.
    """

    since: int
    until: int
    types: tuple[str, ...] = ()
    customers: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    waiting: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """
    One customer as it is now, and whose it is: what the handler decides from.

    `organization` is the one that is linked to it, or that its metadata names;
    `memberships` has the active one there of the user it names, or of whose the
    organization is, and `members` counts all active ones. `others` are customers that
    claim the organization or the user, too, and whether they still subscribe; they are
    read only where something would be linked or taken.
    """

    customer: Customer
    organization: Organization | None = None
    subscriptions: tuple[Subscription, ...] = ()
    memberships: tuple[Membership, ...] = ()
    members: int = 0
    others: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Under what the handler decides."""

    catalogue: Catalogue
    ownership: Ownership | None = None
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What one customer comes to: actions, or why there are none."""

    customer: str
    actions: tuple[Action, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
