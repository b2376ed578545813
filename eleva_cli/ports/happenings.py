"""Events of both services, as values: what changed, and whom it touches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeEvent:
    """
    One event; times in Unix seconds.

    `object` is the id of what it is about, "" where that has none (a summary of
    entitlements). `customer` is whom that belongs to, if it names one. `changed` are
    the names of the attributes that were different before, `changed_metadata` those of
    the metadata. `status` is what the object had then, `reason` why an invoice is.
    """

    id: str
    type: str
    created: int
    object: str
    customer: str | None = None
    changed: tuple[str, ...] = ()
    changed_metadata: tuple[str, ...] = ()
    status: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkosEvent:
    """
    One event; `created` in Unix seconds.

    `organization`, `user`, `membership` are the ids that it names.
    """

    id: str
    type: str
    created: int
    organization: str | None = None
    user: str | None = None
    membership: str | None = None
