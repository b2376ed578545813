"""Which events our own handler looks at somebody for; it acknowledges all others."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from eleva_cli.ports import Service
from eleva_cli.webhook import Event
from eleva_cli.webhook.families import is_refused

# What link, metadata or role may depend on.
MINDED: Mapping[Service, tuple[str, ...]] = {
    "stripe": (
        "customer.created",
        "customer.deleted",
        "customer.subscription.*",
        "customer.updated",
        "entitlements.active_entitlement_summary.updated",
    ),
    "workos": (
        "organization.created",
        "organization.updated",
        "organization_membership.*",
    ),
}
OUT_OF_BOUNDS = "out-of-bounds"
OTHER_TYPE = "other-type"
NAMES_NOBODY = "names-nobody"


def not_minded(event: Event) -> str:
    """
    Say why nobody is looked at for an event; "" where somebody is.

    A thin event only points at its object, and names nobody.
    """
    if event.service == "stripe" and is_refused(event.type):
        return OUT_OF_BOUNDS
    if not any(fnmatchcase(event.type, each) for each in MINDED[event.service]):
        return OTHER_TYPE
    return "" if event.customer or event.organization else NAMES_NOBODY
