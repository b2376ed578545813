"""Seat sync: how many active members an organization has, told to Stripe's meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.addon.claims import LINK, is_reachable
from eleva_cli.sandbox.billing import meter_events, meters
from eleva_cli.sandbox.wire import Call, system_call

if TYPE_CHECKING:
    from eleva_cli.sandbox.settings import Settings

EVENT_NAME = "workos_seat_count"
DISPLAY_NAME = "User Seat Count"


def is_synced(settings: Settings) -> bool:
    """Say whether seat counts are sent."""
    return settings.addon_on and settings.seat_sync_enabled


def seats_changed(call: Call, organization_id: str) -> None:
    """Send the count after a member came, went, or was switched on or off."""
    if not is_synced(call.settings):
        return
    organization = call.session.get("organization", organization_id)
    customer_id = None if organization is None else organization.get(LINK)
    if customer_id is None or not is_reachable(call, customer_id):
        return
    add_meter(call)
    sender = _sender(call)
    # whoever deactivates the meter loses the counts, not the members
    if meters.active(sender, EVENT_NAME) is None:
        return
    payload = {
        "stripe_customer_id": customer_id,
        "value": str(_active_members(call, organization_id)),
    }
    meter_events.record(sender, EVENT_NAME, payload)


def add_meter(call: Call) -> None:
    """Make WorkOS's meter, unless there ever was one of that event name."""
    sender = _sender(call)
    if meters.of_name(sender, EVENT_NAME):
        return
    given = {
        "display_name": DISPLAY_NAME,
        "event_name": EVENT_NAME,
        "default_aggregation": {"formula": "last"},
    }
    meters.add(sender, given)


def _sender(call: Call) -> Call:
    """Act as WorkOS does at Stripe, in the mode that is connected."""
    settings = call.settings
    return system_call(call.session, settings, now=call.now, live=settings.livemode)


def _active_members(call: Call, organization_id: str) -> int:
    rows = call.session.rows(
        "SELECT 'active', count(*) FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'organization_membership' AND r.name = 'organization_id'"
        " AND r.value = ? AND json_extract(o.body, '$.status') = 'active'",
        (organization_id,),
    )
    return rows[0][1]
