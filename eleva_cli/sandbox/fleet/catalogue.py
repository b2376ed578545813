"""What the fleet's business sells: products, prices, roles, and its webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

PRODUCTS = {
    "expert_community": "Expert Community Tier",
    "expert_top": "Expert Top Tier",
    "lecturer_module": "Lecturer Module",
}
_EVERY_EXPERT = (
    "appointments_manage",
    "events_create",
    "availability_manage",
    "calendar_integration",
    "profile_expert",
)
_TOP_ONLY = ("analytics_access", "custom_branding", "advanced_reporting")
# product -> what it entitles to
FEATURES: Mapping[str, tuple[str, ...]] = {
    "expert_community": _EVERY_EXPERT,
    "expert_top": (*_EVERY_EXPERT, *_TOP_ONLY),
    "lecturer_module": ("lecturer_module",),
}
ADDONS = 12
ROLES: tuple[str, ...] = (
    "admin",
    "owner",
    "team_admin",
    "expert_top",
    "expert_community",
    "team_member",
    "member",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A price, and the role its subscribers have."""

    price: str
    product: str
    lookup_key: str
    cents: int
    interval: str
    role: str | None

    @property
    def tier(self) -> str:
        """The tier's name in the application's metadata."""
        return "top" if self.role == "expert_top" else "community"


def _offer(key: str, product: str, cents: int, interval: str) -> Offer:
    role = product if product.startswith("expert_") else None
    return Offer(
        price=f"price_{key.replace('-', '_')}",
        product=product,
        lookup_key=key,
        cents=cents,
        interval=interval,
        role=role,
    )


COMMUNITY = (
    _offer("community-expert-monthly", "expert_community", 2_500, "month"),
    _offer("community-expert-annual", "expert_community", 24_000, "year"),
    _offer("community-expert-invite", "expert_community", 0, "month"),
)
TOP = (
    _offer("top-expert-monthly", "expert_top", 5_900, "month"),
    _offer("top-expert-annual", "expert_top", 59_000, "year"),
    _offer("top-expert-invite", "expert_top", 0, "month"),
)
LECTURER = _offer("lecturer-module-annual", "lecturer_module", 49_000, "year")
OFFERS = (*COMMUNITY, *TOP, LECTURER)


def addon_price(number: int) -> str:
    """Name the price of one of the small add-ons that fill large subscriptions."""
    return f"price_addon_{number:02}"


def products(created: int) -> list[Json]:
    """Give the products."""
    named = {
        **PRODUCTS,
        **{f"addon_{n:02}": f"Add-on {n}" for n in range(1, ADDONS + 1)},
    }
    return [{"id": id_, "name": n, "created": created} for id_, n in named.items()]


def prices(created: int) -> list[Json]:
    """Give the prices."""
    sold = [
        {
            "id": offer.price,
            "product": offer.product,
            "lookup_key": offer.lookup_key,
            "unit_amount": offer.cents,
            "recurring": {"interval": offer.interval},
            "tax_behavior": "inclusive",
        }
        for offer in OFFERS
    ]
    small: list[Json] = [
        {
            "id": addon_price(number),
            "product": f"addon_{number:02}",
            "unit_amount": 100 * number,
            "recurring": {"interval": "month"},
        }
        for number in range(1, ADDONS + 1)
    ]
    return [{**price, "currency": "eur", "created": created} for price in sold + small]


def features(created: int) -> list[Json]:
    """Give the entitlement features, each once."""
    keys = dict.fromkeys(key for each in FEATURES.values() for key in each)
    return [
        {
            "id": f"feat_{key}",
            "created": created,
            "lookup_key": key,
            "name": key.replace("_", " ").capitalize(),
        }
        for key in keys
    ]


def product_features(created: int) -> list[Json]:
    """Attach the features to what is sold."""
    return [
        {
            "created": created,
            "product": product,
            "entitlement_feature": f"feat_{key}",
        }
        for product, keys in FEATURES.items()
        for key in keys
    ]


def webhook_endpoints(created: int) -> list[Json]:
    """Give the application's endpoint."""
    return [
        {
            "id": "we_application",
            "created": created,
            "url": "https://app.example.test/api/webhooks/stripe",
            "enabled_events": [
                "customer.updated",
                "customer.subscription.created",
                "customer.subscription.updated",
                "customer.subscription.deleted",
            ],
        }
    ]


def roles() -> list[Json]:
    """Give the environment's roles, the strongest first."""
    return [{"slug": slug} for slug in ROLES]
