"""What the tool needs of Stripe, WorkOS and the clock, as values and Protocols.

The adapters fill these from the SDKs; tests fill them with fakes that behave.
Nothing here knows how a request is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eleva_cli.ports.answers import (
    Answer,
    Clock,
    Fields,
    Mode,
    Page,
    Service,
    Window,
    Written,
)
from eleva_cli.ports.bills import Invoice, InvoiceStatus, ItemWish, Proration
from eleva_cli.ports.deliveries import (
    DeliveryPort,
    Destination,
    NoDeliveries,
    SignaturePort,
)
from eleva_cli.ports.goods import (
    Attachment,
    PriceOffer,
    PriceShape,
    Renewal,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
    Terms,
)
from eleva_cli.ports.happenings import RawEvent, StripeEvent, WorkosEvent
from eleva_cli.ports.notices import NoNotices, NoticePort
from eleva_cli.ports.people import (
    Account,
    Customer,
    Membership,
    Organization,
    Subscription,
    SubscriptionItem,
    User,
    WebhookEndpoint,
)
from eleva_cli.ports.sales import CatalogPort, SalesPort
from eleva_cli.ports.scheduling import Phase, PhaseWish, Schedule
from eleva_cli.ports.stripe import StripePort
from eleva_cli.ports.tokens import Claim, NoTokens, TokenPort
from eleva_cli.ports.workos import WorkosPort

__all__ = [
    "Account",
    "Answer",
    "Attachment",
    "CatalogPort",
    "Claim",
    "Clock",
    "Customer",
    "DeliveryPort",
    "Destination",
    "Fields",
    "Invoice",
    "InvoiceStatus",
    "ItemWish",
    "Membership",
    "Mode",
    "NoDeliveries",
    "NoNotices",
    "NoTokens",
    "NoticePort",
    "Organization",
    "Page",
    "Phase",
    "PhaseWish",
    "Ports",
    "PriceOffer",
    "PriceShape",
    "Proration",
    "RawEvent",
    "Renewal",
    "SalesPort",
    "Schedule",
    "Service",
    "SignaturePort",
    "StripeEvent",
    "StripeFeature",
    "StripeMeter",
    "StripePort",
    "StripePrice",
    "StripeProduct",
    "Subscription",
    "SubscriptionItem",
    "Terms",
    "TokenPort",
    "User",
    "WebhookEndpoint",
    "Window",
    "WorkosEvent",
    "WorkosPort",
    "Written",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """
    Both services; `close` gives their connections back.

    `made` counts the requests that have left so far, by service.
    """

    stripe: StripePort
    workos: WorkosPort
    tokens: TokenPort = field(default_factory=NoTokens)
    notices: NoticePort = field(default_factory=NoNotices)
    deliveries: DeliveryPort = field(default_factory=NoDeliveries)
    close: Callable[[], None] = field(default=lambda: None)
    made: Callable[[], Mapping[Service, int]] = field(default=dict)
