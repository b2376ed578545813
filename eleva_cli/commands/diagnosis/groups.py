"""Which rights of a restricted key each group of commands needs, and which it has.

A right to read is seen by one harmless read. A right to write is only named, as nothing
but a write shows it. A group that lacks something is no failure: a key that only links,
or only looks every night, does not need the others' rights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eleva_cli.commands.diagnosis.check import Check, passed, unknown
from eleva_cli.commands.diagnosis.line import Line

# What is read to see a right, by the Dashboard's name of the right.
SEEN_BY: Mapping[str, str] = {
    "Customers": "/v1/customers?limit=1",
    "Subscriptions": "/v1/subscriptions?limit=1",
    "Webhook Endpoints": "/v1/webhook_endpoints?limit=1",
    "Products": "/v1/products?limit=1",
    "Prices": "/v1/prices?limit=1",
    "Invoices": "/v1/invoices?limit=1",
    "Entitlements": "/v1/entitlements/features?limit=1",
    "Events": "/v1/events?limit=1",
    "Billing Meters": "/v1/billing/meters?limit=1",
    "Customer portal": "/v1/billing_portal/configurations?limit=1",
}
# By group: what it reads, and what it writes. Subscription schedules are under the
# right to subscriptions, previews of renewals under the one to invoices.
GROUPS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rights: link, migrate --only links": (
        ("Customers", "Subscriptions", "Webhook Endpoints"),
        ("Customers",),
    ),
    "rights: migrate": (
        ("Customers", "Subscriptions", "Webhook Endpoints", "Products", "Prices",
         "Invoices"),
        ("Customers", "Subscriptions"),
    ),
    "rights: pilot": (
        ("Customers", "Subscriptions", "Webhook Endpoints", "Products", "Prices",
         "Invoices", "Entitlements", "Events"),
        ("Customers", "Subscriptions", "Prices"),
    ),
    "rights: subscription": (
        ("Customers", "Subscriptions", "Products", "Prices", "Invoices",
         "Customer portal"),
        ("Customers", "Subscriptions", "Customer portal"),
    ),
    "rights: invite": (
        ("Customers", "Subscriptions", "Products", "Prices", "Invoices",
         "Entitlements"),
        ("Customers", "Subscriptions"),
    ),
    "rights: catalog": (
        ("Subscriptions", "Webhook Endpoints", "Products", "Prices", "Invoices",
         "Entitlements", "Billing Meters"),
        ("Products", "Prices", "Entitlements", "Billing Meters"),
    ),
    "rights: verify, webhook": (
        ("Customers", "Subscriptions", "Webhook Endpoints", "Products", "Prices",
         "Entitlements", "Events"),
        (),
    ),
}  # fmt: skip


def rights(line: Line, key: str) -> Iterator[Check]:
    """Yield a check a group: what the key may read of it, what it must write."""
    for name, (reads, writes) in GROUPS.items():
        yield _group(line, name, reads, writes, is_secret=key.startswith("sk_"))


def _group(
    line: Line,
    name: str,
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    *,
    is_secret: bool,
) -> Check:
    needs = f"reads {', '.join(reads)}; writes {', '.join(writes) or 'nothing'}"
    found = {right: line.get(SEEN_BY[right]) for right in reads}
    lacks = [f"{right}: Read" for right, it in found.items() if it and it.status == 403]
    unread = [right for right, it in found.items() if not it or it.status != 200]
    if lacks:
        return unknown(name, f"the key lacks {', '.join(lacks)}; needs: {needs}")
    if unread:
        why = line.closed or f"not seen: {', '.join(unread)}"
        return unknown(name, f"{why}; needs: {needs}")
    if is_secret or not writes:
        return passed(name, needs)
    return unknown(name, f"reads seen; only a write would show the rest: {needs}")
