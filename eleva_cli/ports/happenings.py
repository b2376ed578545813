"""Events of both services, as values: what changed, and whom it touches."""

from __future__ import annotations

from dataclasses import dataclass, field

from eleva_cli.ports.answers import Service


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """
    An event as it was told, to be read in any version and sent on as it is.

    `text` is its JSON, compact; it may hold private text, so it stands in no journal
    and no repr. `created` is in Unix seconds. `version` is the API version that its
    object is written in, `pending` how many endpoints still wait for it; `None` where
    that is not told (WorkOS tells neither).
    """

    id: str
    type: str
    created: int
    service: Service
    text: str = field(repr=False)
    version: str | None = None
    pending: int | None = None
    livemode: bool | None = None
