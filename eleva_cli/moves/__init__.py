"""Subscribers brought to the catalogue: prices mapped, money guarded, roles in step.

Values only. A subscriber is one customer whose organization is known: what it holds,
who is a member there, what is unpaid, what previews said. From it and the rules follow
a lane's actions, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.catalog import Catalogue
from eleva_cli.plan import Action, Finding
from eleva_cli.ports import (
    ItemWish,
    Membership,
    Renewal,
    StripePrice,
    Subscription,
)
from eleva_cli.roles import Ownership

Part = Literal["links", "subscriptions", "roles"]
PARTS: tuple[Part, ...] = ("links", "subscriptions", "roles")
Policy = Literal["keep", "now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    The nine fields that make two prices the same; amounts in the smallest unit.

    `amount` is `None` where one number does not say what is asked; such prices are
    never the same.
    """

    currency: str
    amount: int | None
    interval: str
    interval_count: int
    usage: str
    scheme: str
    transform: str
    tax: str
    tax_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    A price of the catalogue that somebody may be moved to, as it is in Stripe.

    `terms` are what it really asks; a catalogue whose prices are not there yet has no
    target for them.
    """

    key: str
    price: StripePrice
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """
    A reviewed row of the price mapping: this old price, or all of that product's.

    `key` is the lookup key it is moved to, `None` where the row says to leave it.
    `policy` is what becomes of those whose money would differ: `keep` leaves them,
    `now` moves them under the limits, `None` holds them.
    """

    old: str
    key: str | None
    policy: Policy | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """Next renewals of one subscription; `refused` is what Stripe said instead."""

    before: Renewal | None = None
    after: Renewal | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A preview that is needed before anything is decided: before and after it."""

    subscription: str
    items: tuple[ItemWish, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """
    One customer whose organization is known, as the planner sees it.

    `user` is the person it is (from its evidence), `None` where nobody can tell;
    `rival` another customer that claims the organization and may pay for it;
    `is_linked` that the organization carries it already, or will before what comes
    here. `memberships` are all of the organization. `unpaid` are invoices that are
    draft or open, by subscription: their status. `previews` are by subscription.
    """

    customer: str
    organization: str
    user: str | None = None
    rival: str | None = None
    is_linked: bool = True
    discounted: bool = False
    subscriptions: tuple[Subscription, ...] = ()
    memberships: tuple[Membership, ...] = ()
    unpaid: Mapping[str, str] = field(default_factory=dict)
    previews: Mapping[str, Previewed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Under what subscribers are decided; the same for all of a plan.

    `mapping` is by old price or product id; `targets` by lookup key; `tax_codes` by
    product. `roles_there` are the environment's role slugs. `max_rise` and `max_due`
    are in the smallest unit of `currency`: by how much one renewal may rise, what a
    change may bill at once; in other currencies nothing. One subscription in a hundred
    (`sample`, in percent) is previewed although nothing differs. `now` is in Unix
    seconds.
    """

    catalogue: Catalogue
    parts: frozenset[Part] = frozenset(PARTS)
    mapping: Mapping[str, Mapped] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    tax_codes: Mapping[str, str] = field(default_factory=dict)
    roles_there: frozenset[str] = frozenset()
    ownership: Ownership | None = None
    currency: str = ""
    max_rise: int = 0
    max_due: int = 0
    fence_s: int = 0
    sample: int = 1
    now: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """
    What one subscriber pays before and after, in the smallest unit of a currency.

    `monthly` is by list price, a month, of what is live, in hundredths of the unit, so
    that sums round once. `renewal` adds up previewed renewals (`previewed` of them).
    """

    currency: str
    monthly_before: int = 0
    monthly_after: int = 0
    renewal_before: int = 0
    renewal_after: int = 0
    previewed: int = 0
    due_now: int = 0
    invoices: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """
    What one subscriber comes to.

    `stops` is the code of what keeps the rest back (the actions before it stand),
    `None` where nothing does.
    """

    actions: tuple[Action, ...] = ()
    findings: tuple[Finding, ...] = ()
    stops: str | None = None
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPrice:
    """
    A price that live subscriptions are on and that is none of the catalogue's.

    `subscriptions` counts them, `monthly` is what they pay a month by list price, in
    the smallest unit. `proposed` is a lookup key that fits, `because` why; `row` the
    mapping row that names it. `same` tells that nothing about the money would differ.
    """

    price: str
    product: str
    terms: Terms
    subscriptions: int = 0
    monthly: int = 0
    name: str = ""
    proposed: str | None = None
    because: str = ""
    same: bool = False
    row: Mapped | None = None
