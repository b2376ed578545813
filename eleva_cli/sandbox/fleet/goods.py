"""What a business with a past sells: the whole catalogue, and what it sold before.

The catalogue's prices are as the tool's own catalogue says, each under its lookup key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import catalogue
from eleva_cli.sandbox.fleet.olden import CODED, COMMUNITY_M, OLD

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

roles = catalogue.roles
webhook_endpoints = catalogue.webhook_endpoints
FEATURES: Mapping[str, tuple[str, ...]] = {
    **catalogue.FEATURES,
    "team_starter": ("team_starter",),
    "team_professional": ("team_professional",),
    "team_enterprise": ("team_enterprise",),
}
_NAMES = {
    **catalogue.PRODUCTS,
    "team_starter": "Team Starter",
    "team_professional": "Team Professional",
    "team_enterprise": "Team Enterprise",
    "team_practitioner_seat": "Team Practitioner Seat",
}
_FEATURES = {
    "appointments_manage": "Manage appointments",
    "events_create": "Create events",
    "availability_manage": "Manage availability",
    "calendar_integration": "Connect a calendar",
    "profile_expert": "Expert profile",
    "analytics_access": "Analytics",
    "custom_branding": "Custom branding",
    "advanced_reporting": "Advanced reporting",
    "lecturer_module": "Lecturer module",
    "team_starter": "Team Starter",
    "team_professional": "Team Professional",
    "team_enterprise": "Team Enterprise",
}
SEAT_METER, OLD_METER = "mtr_workos_seat_count", "mtr_old_sessions"
PERCENT = 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A price of the catalogue; `tax` is its tax behaviour."""

    key: str
    product: str
    cents: int
    interval: str = "month"
    tax: str = "inclusive"
    is_default: bool = False

    @property
    def id(self) -> str:
        """The price's id."""
        return f"price_{self.key.replace('-', '_')}"


_EXPERTS = tuple(
    Good(
        key=offer.lookup_key,
        product=offer.product,
        cents=offer.cents,
        interval=offer.interval,
        tax="inclusive" if offer.cents else "unspecified",
        is_default=offer.lookup_key.endswith("-monthly")
        or offer.product == "lecturer_module",
    )
    for offer in catalogue.OFFERS
)
_SEAT = Good(
    key="team-practitioner-seat-monthly",
    product="team_practitioner_seat",
    cents=4_900,
    tax="exclusive",
    is_default=True,
)
GOODS: tuple[Good, ...] = (
    *_EXPERTS,
    Good(
        key="lecturer-module-invite",
        product="lecturer_module",
        cents=0,
        tax="unspecified",
    ),
    *(
        Good(
            key=f"team-{size}-{rhythm}",
            product=f"team_{size}",
            cents=cents,
            interval=interval,
            tax="exclusive",
            is_default=interval == "month",
        )
        for size, monthly, annual in (
            ("starter", 9_900, 99_000),
            ("professional", 19_900, 199_000),
        )
        for rhythm, interval, cents in (
            ("monthly", "month", monthly),
            ("annual", "year", annual),
        )
    ),
    _SEAT,
)
BY_KEY = {good.key: good for good in GOODS}


# coupons: on everything for ever; a sum; what only the old product knows
FIFTH, TENTH, TIED = "co_fifth_for_ever", "co_tenth_for_ever", "co_old_community"
GROSS, NET = "txr_gross", "txr_net"


def products(created: int) -> list[Json]:
    """Give the catalogue's products, and those from before it."""
    defaults = {good.product: good.id for good in GOODS if good.is_default}
    made: list[Json] = [
        {
            "id": id_,
            "name": name,
            "metadata": {"lookup_key": id_},
            "default_price": defaults.get(id_),
        }
        for id_, name in _NAMES.items()
    ]
    for id_ in dict.fromkeys(old.product for old in OLD):
        name = id_.removeprefix("prod_old_").replace("_", " ").capitalize()
        made.append({"id": id_, "name": name})
    coded = next(each for each in made if each["id"] == CODED.product)
    coded["tax_code"] = "txcd_20030000"
    return [{**each, "created": created} for each in made]


def prices(created: int) -> list[Json]:
    """Give the catalogue's prices, and those from before it."""
    made: list[Json] = [
        {
            "id": good.id,
            "product": good.product,
            "lookup_key": good.key,
            "unit_amount": good.cents,
            "recurring": _rhythm(good.interval, 1, SEAT_METER if good is _SEAT else ""),
            "tax_behavior": good.tax,
            "currency": "eur",
        }
        for good in GOODS
    ]
    for old in OLD:
        meter = OLD_METER if old.metered else ""
        made.append(
            {
                "id": old.id,
                "product": old.product,
                "unit_amount": old.cents,
                "recurring": _rhythm(old.interval, old.count, meter),
                "tax_behavior": old.tax,
                "currency": old.currency,
            }
        )
    return [{**each, "created": created} for each in made]


def _rhythm(interval: str, count: int, meter: str) -> Json:
    found: Json = {"interval": interval, "interval_count": count}
    if meter:
        found |= {"usage_type": "metered", "meter": meter}
    return found


def features(created: int) -> list[Json]:
    """Give the entitlement features."""
    return [
        {"id": f"feat_{key}", "created": created, "lookup_key": key, "name": name}
        for key, name in _FEATURES.items()
    ]


def product_features(created: int) -> list[Json]:
    """Attach them to the catalogue's products; what was sold before has none."""
    return [
        {"created": created, "product": product, "entitlement_feature": f"feat_{key}"}
        for product, keys in FEATURES.items()
        for key in keys
    ]


def meters(created: int) -> list[Json]:
    """Give the seats that WorkOS counts, and the sessions that were once counted."""
    return [
        {
            "id": SEAT_METER,
            "created": created,
            "event_name": "workos_seat_count",
            "default_aggregation": {"formula": "last"},
        },
        {"id": OLD_METER, "created": created, "event_name": "old_sessions"},
    ]


def coupons(created: int) -> list[Json]:
    """Give the coupons."""
    lasting = {"created": created, "duration": "forever"}
    return [
        {"id": FIFTH, "percent_off": 20, **lasting},
        {"id": TENTH, "percent_off": 10, **lasting},
        {
            "id": TIED,
            "percent_off": 50,
            "applies_to": {"products": [COMMUNITY_M.product]},
            **lasting,
        },
    ]


def tax_rates(created: int) -> list[Json]:
    """Give a rate within prices, and one on top of them."""
    return [
        {
            "id": id_,
            "created": created,
            "display_name": "IVA",
            "inclusive": id_ == GROSS,
            "percentage": PERCENT,
        }
        for id_ in (GROSS, NET)
    ]
