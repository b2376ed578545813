"""The catalogue: what is sold, for how much, and what it entitles to.

Values only. They are read from a file by `inputs/catalogue`, checked by
`catalog/rules.py`, written for others by `catalog/exports`. Amounts are in the
currency's smallest unit (cents); a reserved price has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.plan import Severity

Interval = Literal["day", "week", "month", "year"]
Tax = Literal["inclusive", "exclusive", "unspecified"]
Aggregation = Literal["last", "sum", "count"]

# how the customer's application calls the rhythm of a price
CADENCES: Mapping[str, str] = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "year": "annual",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """An entitlement feature; `key` is its `lookup_key` in Stripe and in the token."""

    key: str
    name: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product under an id of our choice; its features belong to all its prices.

    `family` and `tier` are the application's words: expert and community, team and
    starter. `role` is the WorkOS role its subscribers have, `None` for add-ons.
    """

    id: str
    name: str
    family: str
    tier: str | None = None
    role: str | None = None
    features: tuple[str, ...] = ()
    description: str | None = None
    tax_code: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price under its lookup key; `amount` is `None` where it is only reserved."""

    key: str
    product: str
    currency: str
    amount: int | None
    interval: Interval
    interval_count: int = 1
    tax: Tax = "unspecified"
    meter: str | None = None
    invite: bool = False
    default: bool = False
    goes_with: str | None = None
    nickname: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_reserved(self) -> bool:
        """Whether the key is only kept free: the amount is agreed by contract."""
        return self.amount is None

    @property
    def cadence(self) -> str:
        """Give the application's word for its rhythm; an invite has none."""
        return "invite" if self.invite else CADENCES[self.interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A billing meter by its event name; WorkOS makes the one of the seats itself."""

    event_name: str
    aggregation: Aggregation
    made_by_workos: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What a role is worth (the highest first), and which are never changed."""

    ranking: tuple[str, ...]
    protected: tuple[str, ...] = ()
    nothing_left: str = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All of it, each in the order of the file.

    `stamps` says by kind (`customer`, `paid`, `invite`) which metadata names are
    written with which values; `{user}`, `{organization}`, `{tier}`, `{interval}`
    stand for what they name. `account` is the only Stripe account that it is for.
    """

    currency: str
    account: str | None = None
    features: tuple[Feature, ...] = ()
    products: tuple[Product, ...] = ()
    prices: tuple[Price, ...] = ()
    meters: tuple[Meter, ...] = ()
    roles: Roles = field(default_factory=lambda: Roles(ranking=()))
    stamps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def product(self, product_id: str) -> Product | None:
        """Find a product by its id."""
        return next((each for each in self.products if each.id == product_id), None)

    def price(self, key: str) -> Price | None:
        """Find a price by its lookup key."""
        return next((each for each in self.prices if each.key == key), None)

    def prices_of(self, product_id: str) -> Iterator[Price]:
        """Give the prices of a product."""
        return (each for each in self.prices if each.product == product_id)

    def family(self, name: str) -> Iterator[tuple[Product, Price]]:
        """Give the prices of a family with their products, in the file's order."""
        for price in self.prices:
            product = self.product(price.product)
            if product is not None and product.family == name:
                yield product, price


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something a catalogue must not or should not hold: where, what, what to do.

    `place` is a path in the file: `prices.community-expert-monthly.amount`. A
    warning does not make the catalogue unusable.
    """

    place: str
    code: str
    message: str
    hint: str = ""
    line: int | None = None
    severity: Severity = Severity.ERROR
