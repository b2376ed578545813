"""The chain from a person to what they may use, as values: what was found, one case.

user → active membership → organization → linked customer → subscriptions → catalogue
price → product → attached features → Stripe's active entitlements → token claim →
primary role → stamped metadata.

A case is one organization with everybody in it, or one customer that nobody is linked
to. `verify.py` judges cases; `observe/auditing.py` makes them; nothing here decides.
Times are Unix seconds, amounts in the currency's smallest unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.shop import Shop
from eleva_cli.ports import Claim
from eleva_cli.roles import Ownership

__all__ = [
    "Buyer",
    "Case",
    "Claim",
    "Depth",
    "Item",
    "Member",
    "Promise",
    "Settled",
    "Sub",
]

Depth = Literal["derived", "exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """
    A user in an organization; `role` is the primary one, which the token carries.

    `email` is how the address may be shown, "" where it was not read. `others` counts
    the user's active memberships in other organizations. `changed_at` is when the
    membership was last changed, its role with it.
    """

    user: str
    membership: str
    status: str
    role: str
    directory_managed: bool = False
    email: str = ""
    email_verified: bool = True
    others: int = 0
    changed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    What a subscription holds: the price's id, its lookup key now, its product.

    `made_as` is the key that the price was made or taken over under (its metadata
    name `eleva_catalog`): an old price has given its key to the next one.
    """

    price: str
    key: str | None
    product: str
    quantity: int | None = None
    amount: int | None = None
    currency: str = ""
    interval: str = ""
    interval_count: int = 1
    period_start: int | None = None
    period_end: int | None = None
    made_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sub:
    """
    A subscription; `metadata` holds only the names that the catalogue stamps.

    `ended_at` is when it was over, `None` while it lives; `past_due_since` when its
    payment fell due, at the earliest that is known. `grant` is the id of the grant that
    it was made by, `None` where this tool did not grant it.
    """

    id: str
    status: str
    created: int
    items: tuple[Item, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    cancel_at: int | None = None
    ends_with_period: bool = False
    ended_at: int | None = None
    past_due_since: int | None = None
    grant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a customer's metadata says will be granted: which grant, which free key."""

    grant: str
    key: str
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """
    The customer of a case. `state` says whether Stripe still knows it, in this mode.

    `organizations` and `users` are what its metadata names, several if its names
    contradict each other. `promises` are the grants that its metadata announces, also
    those that were made since.
    """

    id: str
    state: Literal["there", "deleted", "missing"] = "there"
    organizations: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    subscriptions: tuple[Sub, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    Everything found about one organization, or one customer without one.

    `linked_by` are other organizations that carry the same customer. `entitled` are
    Stripe's active entitlements by lookup key, `None` where they were not read (the
    depth was `derived`). `claims` are by user, of those whose token was given.
    `linked_since` is the latest time at which the link may have become what it is.
    """

    organization: str | None
    link: str | None = None
    linked_by: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    buyer: Buyer | None = None
    entitled: frozenset[str] | None = None
    claims: Mapping[str, Claim] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)
    linked_since: int | None = None

    @property
    def name(self) -> str:
        """Name the case by its organization, else by its customer."""
        return self.organization or (self.buyer.id if self.buyer else "")

    @property
    def depth(self) -> Depth:
        """Say how deep it was looked at."""
        return "derived" if self.entitled is None else "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """
    What is the same for every case: what is sold, what it grants, and the clock.

    `shop` is the account as found: which features are attached to which product
    today. `attached_since` says per (product, feature key) when an attachment was made,
    where events tell it: subscriptions meet it with their next period. Whatever is
    not in there happened before `attachments_known_since`, `None` if nobody knows.
    `grace_days` is how long a payer may be past due before that is a finding of its
    own. `ownership` is what becomes of an organization's only member, its owner.
    """

    catalogue: Catalogue
    shop: Shop
    now: int
    attached_since: Mapping[tuple[str, str], int] = field(default_factory=dict)
    detached_since: Mapping[tuple[str, str], int] = field(default_factory=dict)
    attachments_known_since: int | None = None
    grace_days: int = 21
    token_life_s: int = 300
    ownership: Ownership | None = None
