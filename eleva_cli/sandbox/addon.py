"""The WorkOS Stripe add-on: what crosses from one service to the other.

Stripe's summary events become the claim of the linked organization, and memberships
become seat events of the linked customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.wire import Call


def heard(call: Call, customer_id: str, lookup_keys: list[str]) -> None:
    """Take in Stripe's event that a customer's entitlements changed."""
