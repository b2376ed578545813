"""What the tool needs of Stripe, WorkOS and the clock, as values and Protocols.

The adapters fill these from the SDKs; tests fill them with fakes that behave.
Nothing here knows how a request is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """One item: amounts in the currency's smallest unit (cents), `None` if tiered."""

    id: str
    price: str
    product: str
    quantity: int | None
    unit_amount: int | None
    currency: str
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """
    A Stripe subscription; `is_cut` where a list left out items past the tenth.

    `StripePort.whole` returns it with all of them.
    """

    id: str
    customer: str
    status: str
    created: int
    livemode: bool
    metadata: Mapping[str, str]
    items: tuple[SubscriptionItem, ...]
    is_cut: bool = False


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


class StripePort(Protocol):
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
