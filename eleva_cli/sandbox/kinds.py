"""The kinds of stored objects: where each is listed and by what it can be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import text_of

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

References = Callable[["Json"], Iterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of object; `references` are the (name, value) pairs it is found by."""

    name: str
    prefix: str
    references: References
    is_stripe: bool

    def shelf(self, body: Json) -> str:
        """Name the list an object appears in; a deleted one is in none."""
        if body.get("deleted"):
            return "deleted"
        if not self.is_stripe:
            return self.name
        return shelf_of(self.name, live=bool(body.get("livemode")))

    def created_ms(self, body: Json) -> int:
        """Give the time of creation, the first key of every list's order."""
        if self.is_stripe:
            return int(body.get("created", 0)) * 1000
        return milliseconds(str(body["created_at"]))


def shelf_of(kind: str, *, live: bool) -> str:
    """Name the list of one of Stripe's kinds in one mode."""
    return f"{kind}:{'live' if live else 'test'}"


@lru_cache(maxsize=4096)
def milliseconds(moment: str) -> int:
    """Read an ISO 8601 time."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def iso(seconds: float) -> str:
    """Write a time as WorkOS does."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by(*names: str) -> References:
    """Find an object by the text of some of its fields."""

    def references(body: Json) -> Iterator[tuple[str, str]]:
        for name in names:
            if value := text_of(body, name):
                yield name, value

    return references


def _of_subscription(body: Json) -> Iterator[tuple[str, str]]:
    yield "customer", body["customer"]
    if clock := text_of(body, "test_clock"):
        yield "test_clock", clock
    for price in {item["price"] for item in body["items"]}:
        yield "price", price
    for item in body["items"]:
        yield "item", item["id"]


def _of_discount(body: Json) -> Iterator[tuple[str, str]]:
    yield from by("customer", "subscription")(body)
    yield "coupon", body["source"]["coupon"]


def _of_invoice(body: Json) -> Iterator[tuple[str, str]]:
    """Find an invoice, or a pending item of one, by whom it is for."""
    yield from by("customer", "invoice")(body)
    details = (body["parent"] or {}).get("subscription_details") or {}
    if subscription := text_of(details, "subscription"):
        yield "subscription", subscription


def _of_user(body: Json) -> Iterator[tuple[str, str]]:
    # WorkOS compares addresses without case; Stripe's list filter does not.
    if email := text_of(body, "email"):
        yield "email", email.casefold()
    if external := text_of(body, "external_id"):
        yield "external_id", external


def _stripe(name: str, prefix: str, references: References) -> Kind:
    return Kind(name=name, prefix=prefix, references=references, is_stripe=True)


def _workos(name: str, prefix: str, references: References) -> Kind:
    return Kind(name=name, prefix=prefix, references=references, is_stripe=False)


KINDS = {
    kind.name: kind
    for kind in (
        _stripe("account", "acct", by()),
        _stripe("customer", "cus", by("email", "test_clock")),
        _stripe("subscription", "sub", _of_subscription),
        _stripe("product", "prod", by()),
        _stripe("price", "price", by("product", "lookup_key")),
        _stripe("feature", "feat", by("lookup_key")),
        _stripe("product_feature", "prodft", by("product", "entitlement_feature")),
        _stripe("subscription_schedule", "sub_sched", by("subscription", "customer")),
        _stripe("coupon", "co", by()),
        _stripe("discount", "di", _of_discount),
        _stripe("tax_rate", "txr", by()),
        _stripe("invoice_item", "ii", _of_invoice),
        _stripe("invoice", "in", _of_invoice),
        _stripe("meter", "mtr", by("event_name")),
        _stripe("meter_event", "mev", by("customer", "identifier")),
        _stripe("test_clock", "clock", by()),
        _stripe("portal_session", "bps", by("customer")),
        _stripe("portal_configuration", "bpc", by()),
        _stripe("webhook_endpoint", "we", by()),
        _stripe("event", "evt", by("type")),
        _stripe("delivery", "dlv", by("event", "endpoint", "queue")),
        _workos("user", "user", _of_user),
        _workos("organization", "org", by("external_id", "stripe_customer_id")),
        _workos("organization_membership", "om", by("user_id", "organization_id")),
        _workos("role", "role", by("slug", "organization_id")),
        _workos("session", "session", by("user_id")),
        # what WorkOS has heard of an organization's entitlements; its id is the org's
        _workos("claim", "claim", by("customer")),
        _workos("workos_event", "event", by("event")),
    )
}
