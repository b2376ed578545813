"""What the tool needs of Stripe, WorkOS and the clock, as values and Protocols.

The adapters fill these from the SDKs; tests fill them with fakes that behave.
Nothing here knows how a request is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

T = TypeVar("T")

Service = Literal["stripe", "workos"]
Mode = Literal["test", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; `after` is the cursor of the next one, `None` at the end."""

    rows: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    A range of creation times in Unix seconds: `since <= created < until`.

    Stripe lists take it as `created[gte]` and `created[lt]`.
    """

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The Stripe account that a key belongs to; `GET /v1/account`."""

    id: str
    name: str
    country: str
    default_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A Stripe customer, as far as a migration looks at it."""

    id: str
    created: int
    email: str | None
    livemode: bool
    metadata: Mapping[str, str]
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionItem:
    """
    One item: amounts in the currency's smallest unit (cents), `None` if tiered.

    `period_end` is when its period ends and the next begins, in Unix seconds.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """
    A Stripe subscription; `is_cut` where a list left out items past the tenth.

    `StripePort.whole` returns it with all of them. `cancel_at` is when it will end,
    `ends_with_period` that it will at the end of what is paid.
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


PriceShape = Literal["plain", "tiered", "custom", "packaged", "fractional", "one_time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StripePrice:
    """
    A price; `amount` is `None` where one number does not say what is asked.

    `shape` tells why: tiers, an amount the customer chooses, a package of several
    units, parts of a cent; `one_time` is a price that does not recur.
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
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeMeter:
    """A billing meter; only one active meter has an event name."""

    id: str
    event_name: str
    aggregation: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A registered Stripe webhook endpoint; `enabled_events` may hold `*`."""

    id: str
    url: str
    enabled: bool
    enabled_events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A WorkOS organization; `stripe_customer_id` is its link, `None` if unlinked."""

    id: str
    name: str
    external_id: str | None
    stripe_customer_id: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A WorkOS user."""

    id: str
    email: str
    email_verified: bool
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A user in an organization; `status` is active, pending or inactive."""

    id: str
    user: str
    organization: str
    status: str
    role: str
    directory_managed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[T]):
    """
    The answer to a write.

    `replayed` is true where the service says that it repeated a stored answer
    (`Idempotent-Replayed: true`) and did nothing now.
    """

    value: T
    request_id: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one probing request told about a service; `date` is its `Date` header."""

    status: int
    request_id: str | None
    date: str | None


class CatalogPort(Protocol):
    """What Stripe sells. Every method may raise a `RemoteError`."""

    def features(self, after: str | None, *, archived: bool) -> Page[StripeFeature]: ...

    def products(self, after: str | None) -> Page[StripeProduct]:
        """All of them, also inactive ones."""
        ...

    def product_features(
        self, product_id: str, after: str | None
    ) -> Page[Attachment]: ...

    def prices(self, after: str | None) -> Page[StripePrice]:
        """Only those that are active and recur."""
        ...

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        """Who holds these lookup keys, active or not; at most ten in one call."""
        ...

    def meters(self, after: str | None) -> Page[StripeMeter]: ...


class StripePort(CatalogPort, Protocol):
    """Stripe, as we use it. Every method may raise a `RemoteError`."""

    def account(self) -> Account: ...

    def is_live(self) -> bool: ...

    def probe(self, path: str) -> Answer:
        """GET a path and tell how it was answered; a 4xx is an answer, not an error."""
        ...

    def customers(self, window: Window, after: str | None) -> Page[Customer]: ...

    def subscriptions(
        self, window: Window, after: str | None
    ) -> Page[Subscription]: ...

    def whole(self, subscription: Subscription) -> Subscription:
        """Read the items that a list left out."""
        ...

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]: ...

    def customer(self, customer_id: str) -> Customer:
        """Raise `MissingError` where there is none; a deleted one is returned so."""
        ...

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        """Set these metadata names (`None` unsets) under an idempotency key."""
        ...


class WorkosPort(Protocol):
    """WorkOS, as we use it. Every method may raise a `RemoteError`."""

    def probe(self, path: str) -> Answer: ...

    def organizations(self, after: str | None) -> Page[Organization]:
        """Oldest first, so that rows made during a scan come at its end."""
        ...

    def users(self, after: str | None) -> Page[User]: ...

    def user(self, user_id: str) -> User:
        """Raise `MissingError` where there is none."""
        ...

    def memberships_of_user(self, user_id: str) -> tuple[Membership, ...]:
        """All of them, also pending and inactive ones."""
        ...

    def memberships_of_organization(
        self, organization_id: str
    ) -> tuple[Membership, ...]: ...

    def organization(self, organization_id: str) -> Organization: ...

    def set_link(
        self, organization_id: str, customer_id: str | None
    ) -> Written[Organization]:
        """Set `stripe_customer_id`; `None` sends a JSON null, which clears it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Both services; `close` gives their connections back."""

    stripe: StripePort
    workos: WorkosPort
    close: Callable[[], None] = field(default=lambda: None)


class Clock(Protocol):
    """Time as an argument: wall clock and monotonic in seconds."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...
