"""What Stripe sells, as values: features, products, prices, meters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PriceShape = Literal["plain", "tiered", "custom", "packaged", "fractional", "one_time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeFeature:
    """An entitlement feature; archived ones are never active again, yet may grant."""

    id: str
    key: str
    name: str
    active: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeProduct:
    """A product; `default_price` is the id of the price that a checkout offers."""

    id: str
    name: str
    active: bool
    description: str | None = None
    tax_code: str | None = None
    default_price: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A feature on a product (Stripe's product feature); `id` is its own id."""

    id: str
    product: str
    feature: str
    key: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StripePrice:
    """
    A price; `amount` is `None` where one number does not say what is asked.

    `shape` tells why: tiers, an amount the customer chooses, a package of several
    units, parts of a cent; `one_time` is a price that does not recur. Subscriptions
    begin with `trial_days` unless they say otherwise. `also_in` are the other
    currencies it can be paid in, as far as lists say them.
    """

    id: str
    product: str
    active: bool
    currency: str
    amount: int | None
    shape: PriceShape = "plain"
    interval: str = ""
    interval_count: int = 1
    metered: bool = False
    meter: str | None = None
    tax: str = "unspecified"
    key: str | None = None
    nickname: str | None = None
    also_in: tuple[str, ...] = ()
    trial_days: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a new price asks: the smallest unit, and the id of the meter if metered."""

    currency: str
    amount: int
    interval: str
    interval_count: int = 1
    meter: str | None = None
    tax: str = "unspecified"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOffer:
    """A price that is not made yet, as a preview takes it."""

    product: str
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """
    An invoice to come: total in the smallest unit, tax and discounts in.

    `amount_due` is what will be asked, with what the customer owes or has to its
    credit; `due_at` when it falls due, in Unix seconds. `None` where a preview does
    not say it. `prorated_at` is from when what is left of a period was counted.
    """

    total: int
    currency: str
    due_at: int | None = None
    amount_due: int | None = None
    prorated_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeMeter:
    """A billing meter; only one active meter has an event name."""

    id: str
    event_name: str
    aggregation: str
    active: bool
