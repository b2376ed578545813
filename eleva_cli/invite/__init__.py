"""Free tiers: what is offered, what was granted, and what a grant would do.

Values only. `deciding` says what one wish comes to, `ledger` reads and writes what
stands in Stripe's metadata, `lapsing` says whose role outlived a grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eleva_cli.catalog import Catalogue
from eleva_cli.plan import Action, Finding, Severity
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Renewal,
    StripePrice,
    Subscription,
)
from eleva_cli.roles import LIVE, Ownership

# A subscription in these is over for good; Stripe never revives it.
ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """
    A free tier of the catalogue: community, top, lecturer.

    `family` are the products of which an organization has at most one grant; `rank` is
    what the product's role is worth, more is higher, 0 for an add-on.
    """

    tier: str
    key: str
    product: str
    family_name: str
    family: tuple[str, ...]
    role: str | None
    rank: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What an admin asks for; `until` is when it ends, in Unix seconds.

    `says_until` tells "no end" from "nothing said". `over_cap` is why a cap does not
    count this time; `beside_paid` that a lower paid subscription goes on charging.
    """

    offer: Offer
    until: int | None = None
    says_until: bool = False
    reason: str = ""
    by: str = ""
    over_cap: str = ""
    beside_paid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """
    A subscription to a free price: what the ledger says of it.

    `id` is the operation's id, `None` where the application itself granted it. Times
    are Unix seconds; `until` is when it will end, `ended_at` when it did.
    """

    id: str | None
    subscription: str
    customer: str
    organization: str | None
    user: str | None
    offer: Offer
    status: str
    created: int
    until: int | None
    ended_at: int | None
    by: str
    reason: str
    over_cap: str
    item: str
    price: str
    quantity: int | None
    schedule: str | None
    metadata: Mapping[str, str]

    @property
    def is_live(self) -> bool:
        """Whether it entitles now."""
        return self.status in LIVE

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a customer's metadata says will be granted, before it is."""

    grant: str
    key: str
    until: int | None
    by: str
    reason: str
    over_cap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Under what a wish is decided: catalogue, account, who may be given which role.

    `ownership` is what becomes of an owner who is alone; `caps` the most live grants a
    tier may have, by its name.
    """

    catalogue: Catalogue
    account: str
    is_live: bool
    ownership: Ownership | None = None
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """
    What is there for one wish, as it was just read.

    `customer` is the linked one, or the only one that names user or organization;
    `rivals` are others that could be meant, `alike` those with the user's address that
    name nobody. `may_create` is whether a customer may be made beside those in `alike`.
    `members` counts active members, `None` where it was not asked. `price` holds the
    offer's key; `attached` are the features of its product. `first` is the preview of
    the first invoice, for a customer that is there. `live` counts grants of the tier,
    `None` where no cap asks for it.
    """

    user: str
    email_verified: bool
    organization: Organization
    membership: Membership
    members: int | None
    customer: Customer | None
    rivals: tuple[Customer, ...] = ()
    alike: tuple[Customer, ...] = ()
    may_create: bool = False
    subscriptions: tuple[Subscription, ...] = ()
    price: StripePrice | None = None
    attached: frozenset[str] = frozenset()
    first: Renewal | None = None
    live: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What a wish comes to: refused, already so, or actions in order.

    `question` must be answered with yes first; `lane` is whose they are. `grant` is the
    operation's id. `until` is when the grant will end. `customer` is `None` while it is
    not made. `role` is what the user will have, `None` where it is left alone.
    """

    lane: str
    grant: str = ""
    actions: tuple[Action, ...] = ()
    refusal: Finding | None = None
    already: Grant | None = None
    findings: tuple[Finding, ...] = ()
    question: str = ""
    until: int | None = None
    customer: str | None = None
    role: str | None = None


def against(code: str, subject: str, message: str, hint: str) -> Finding:
    """Say why a wish or a change is refused: about which object, and what now."""
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=subject,
        message=message,
        hint=hint,
    )
