"""What no vendor tells, each switched to what is not the sandbox's default."""

from __future__ import annotations

from typing import Any

POSITIONS: tuple[dict[str, Any], ...] = (
    {"backfill_on_link": False},
    {"entitle_on_price_change": False},
    {"grants_while_trialing": False},
    {"grants_while_past_due": False},
    {"grants_while_incomplete": True},
    {"grants_while_unpaid": True},
    {"grants_while_paused": True},
    {"claim_empty_or_absent": "empty"},
    {"link_checks_customer": True},
    {"unlink_by_null": False},
    {"unlink_by_empty": True},
    {"org_metadata_merge": True},
    {"events_retention_days": 90},
    {"retry_after_present": True},
    {"put_emits_organization_updated": False},
    {"seat_sync_enabled": True},
    {"multiple_roles_enabled": True},
    {"entitlements_in_tokens": False},
    {"addon_delay_s": 60.0},
    {"summary_on_price_change": True},
)


def some_at_once(groups: int) -> list[dict[str, Any]]:
    """Put all into so few groups, so that likes are apart."""
    found: list[dict[str, Any]] = [{} for _ in range(groups)]
    for number, each in enumerate(POSITIONS):
        found[number % groups] |= each
    return found
