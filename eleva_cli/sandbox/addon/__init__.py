"""The WorkOS Stripe add-on: what crosses from one service to the other.

Stripe's summary events become the claim of the linked organization, and memberships
become seat events of the linked customer.
"""

from eleva_cli.sandbox.addon.claims import LINK, heard, is_reachable, known, linked
from eleva_cli.sandbox.addon.seats import seats_changed
from eleva_cli.sandbox.addon.switching import settings_changed

__all__ = [
    "LINK",
    "heard",
    "is_reachable",
    "known",
    "linked",
    "seats_changed",
    "settings_changed",
]
