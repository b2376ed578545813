"""What else a subscription may carry, and whether a move takes it along.

A price is switched on the item itself, so what hangs on the subscription stays there.
What may ask money at once, belongs to somebody else, or means that somebody is at work
on the subscription, keeps it where it is; so does what nobody has thought about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Subscription

Fate = Literal["carry", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What becomes of a field, and of all below it, and why."""

    fate: Fate
    why: str


def _carry(why: str) -> Facet:
    return Facet(fate="carry", why=why)


def _hold(why: str) -> Facet:
    return Facet(fate="hold", why=why)


# Alphabetical; a name stands for all that is below it, the longest one counts.
FACETS: Mapping[str, Facet] = {
    "application": _hold("another application made it and may change it"),
    "application_fee_percent": _hold("a platform takes its share of every invoice"),
    "automatic_tax": _carry(
        "tax goes by the product's tax code: previewed where the product changes"
    ),
    "automatic_tax.liability": _hold("another account owes the tax"),
    "billing_cycle_anchor_config": _carry(
        "the interval stays, so the day of the renewal does, too"
    ),
    "billing_mode": _carry("it says how prorations are counted, and there are none"),
    "billing_schedules": _hold("periods are billed ahead of time, at the old price"),
    "billing_thresholds": _hold("an amount that is reached is billed at once"),
    "cancel_at": _carry("it ends when it would have ended"),
    "cancellation_details": _carry("why somebody cancelled stays on it"),
    "collection_method": _carry("invoices are sent as before"),
    "currency": _hold("it is billed in another currency than its prices name"),
    "customer_account": _carry("it is the same customer"),
    "days_until_due": _carry("invoices are due as before"),
    "default_payment_method": _carry("the same card or account pays"),
    "default_source": _carry("the same card or account pays"),
    "default_tax_rates": _carry(
        "they are on the subscription: previewed where the product changes"
    ),
    "description": _carry("customers read the same words"),
    "discounts": _carry(
        "a coupon may be for the old product only: always previewed, before and after"
    ),
    "invoice_settings": _carry("invoices look as before"),
    "invoice_settings.issuer": _hold("another account writes the invoices"),
    "items.billing_thresholds": _hold("usage that is reached is billed at once"),
    "items.discounts": _carry(
        "a coupon may be for the old product only: always previewed, before and after"
    ),
    "items.metadata": _carry("the item keeps its id and what stands on it"),
    "items.tax_rates": _carry(
        "they are on the item: previewed where the product changes"
    ),
    "managed_payments": _hold("Stripe sells it in its own name, product by product"),
    "next_pending_invoice_item_invoice": _carry("no invoice item is made"),
    "on_behalf_of": _hold("another account is the one that charges"),
    "pause_collection": _hold("somebody stopped its invoices, and decides what next"),
    "payment_settings": _carry("payment methods stay as they are"),
    "pending_invoice_item_interval": _carry("no invoice item is made"),
    "pending_setup_intent": _carry("it is about a payment method, not a price"),
    "pending_update": _hold("a change waits for a payment and would be lost"),
    "presentment_details": _hold("the customer pays a converted amount"),
    "test_clock": _carry("its clock is the same"),
    "transfer_data": _hold("what is paid is passed on to another account"),
    "trial_end": _carry("the trial ends when it would have ended"),
    "trial_settings": _carry("what a trial without a payment method comes to stays"),
    "trial_start": _carry("the trial began when it began"),
}

DISCOUNTS = ("discounts", "items.discounts")
TAXES = ("automatic_tax", "default_tax_rates", "items.tax_rates")


def fate_of(name: str) -> Facet | None:
    """Find a field's entry, or that of the nearest one above; `None` if unknown."""
    while name:
        if name in FACETS:
            return FACETS[name]
        name = name.rpartition(".")[0]
    return None


def is_discounted(subscription: Subscription) -> bool:
    """Tell whether a coupon lies on the subscription or on one of its items."""
    return has_any(subscription, DISCOUNTS)


def count_of_discounts(subscription: Subscription) -> int:
    """Count the coupons that lie on the subscription and on its items."""
    return sum(len(subscription.facets.get(name, "").split()) for name in DISCOUNTS)


def has_any(subscription: Subscription, names: Iterable[str]) -> bool:
    """Tell whether one of these fields, or something below it, is there."""
    wanted = tuple(names)
    return any(
        facet == name or facet.startswith(f"{name}.")
        for facet in subscription.facets
        for name in wanted
    )


def unusual(subscription: Subscription) -> Finding | None:
    """Say which fields keep a subscription where it is, `None` where none does."""
    told = list(_told(subscription))
    if not told:
        return None
    return Finding(
        code="subscription-unusual",
        severity=Severity.ERROR,
        subject=subscription.id,
        message=f"it has {'; '.join(told)}",
        hint="move it by hand in Stripe, or take the field off it, then plan again",
        evidence={"customer": subscription.customer},
    )


def _told(subscription: Subscription) -> Iterator[str]:
    for name in sorted(subscription.facets):
        found = fate_of(name)
        if found is None:
            yield f"{name}, of which this tool does not know what a move makes"
        elif found.fate == "hold":
            yield f"{name}: {found.why}"
