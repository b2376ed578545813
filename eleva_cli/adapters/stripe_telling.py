"""What Stripe tells of itself: active entitlements of a customer, and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eleva_cli.adapters import answers, stripe_rows
from eleva_cli.adapters.answers import Json
from eleva_cli.adapters.stripe_calls import (
    StripeCalls,
    checked,
    of_customer,
    rows_of,
    written,
)
from eleva_cli.adapters.stripe_subscriptions import created
from eleva_cli.ports import Page, RawEvent, StripeEvent, Window, Written

ENTITLEMENTS = "/v1/entitlements/active_entitlements"
EVENTS = "/v1/events"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entitlement:
    id: str
    key: str


class Telling(StripeCalls):
    """What `StripePort` knows of entitlements and events."""

    def entitlements_of(self, customer_id: str) -> tuple[str, ...]:
        """Return the keys; an archived feature and its successor share one."""
        keys: list[str] = []
        after: str | None = None
        while True:
            with of_customer():
                reply = self._list(ENTITLEMENTS, after, customer=checked(customer_id))
            page = rows_of(reply, after, _entitlement)
            keys += [row.key for row in page.rows]
            after = page.after
            if after is None:
                return tuple(dict.fromkeys(keys))

    def events(
        self, window: Window, types: Sequence[str], after: str | None
    ) -> Page[StripeEvent]:
        asked = {"created": created(window), "types": list(types)}
        return rows_of(self._list(EVENTS, after, **asked), after, stripe_rows.event)

    def raw_events(
        self,
        window: Window,
        after: str | None,
        *,
        type_: str | None = None,
        delivered: bool | None = None,
    ) -> Page[RawEvent]:
        asked: dict[str, object] = {"created": created(window)}
        if type_ is not None:
            asked["type"] = type_
        if delivered is not None:
            asked["delivery_success"] = delivered
        reply = self._list(EVENTS, after, **asked)
        return rows_of(reply, after, stripe_rows.raw_event)

    def raw_event(self, event_id: str) -> RawEvent:
        reply = self._get(f"{EVENTS}/{checked(event_id)}")
        return reply.read(stripe_rows.raw_event)

    def retry_event(
        self, event_id: str, endpoint_id: str, *, key: str
    ) -> Written[RawEvent]:
        """Ask as Stripe's own CLI does: the SDK has no method of it."""
        reply = self._raw(
            "POST",
            f"{EVENTS}/{checked(event_id)}/retry",
            webhook_endpoint=checked(endpoint_id),
            idempotency_key=key,
        )
        return written(reply, stripe_rows.raw_event)


def _entitlement(row: Json) -> _Entitlement:
    return _Entitlement(id=answers.text(row, "id"), key=answers.text(row, "lookup_key"))
