"""What of a subscription is not as a plain one has it, each thing by its path.

Unknown fields are told like known ones: whoever decides about a subscription must see
what it does not know. Left out is what says nothing about the terms: ids and times,
what `ports.Subscription` has a name for, what a plain subscription has, and whatever
is absent, empty, false or zero. The tables name fields of API version
2026-10-28.endive, as the SDK's `Subscription` and `SubscriptionItem` declare them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json

LONGEST = 80
LIVE_TRIAL = "trialing"

# Who and when, and what has a name of its own on the value.
_SILENT = frozenset(
    {
        "billing_cycle_anchor",
        "billing_mode.updated_at",
        "cancel_at",
        "cancel_at_period_end",
        "canceled_at",
        "cancellation_details",
        "created",
        "customer",
        "customer_account",
        "ended_at",
        "id",
        "items",
        "latest_invoice",
        "livemode",
        "metadata",
        "next_pending_invoice_item_invoice",
        "object",
        "pending_setup_intent",  # of a payment method, not of a price
        "schedule",
        "start_date",
        "status",
        "status_details",  # when and why it was paused: `status` says that it is
        "test_clock",
        "trial_start",
    }
)
_SILENT_OF_ITEM = frozenset(
    {
        "items.billed_until",
        "items.created",
        "items.current_period_end",
        "items.current_period_start",
        "items.id",
        "items.object",
        "items.plan",
        "items.price",
        "items.quantity",
        "items.subscription",
    }
)
# What a subscription has that nobody asked anything special of.
_USUAL: Mapping[str, tuple[str, ...]] = {
    "automatic_tax.liability.type": ("self",),
    "billing_mode.flexible.proration_discounts": ("included", "itemized"),
    "billing_mode.type": ("classic", "flexible"),
    "collection_method": ("charge_automatically",),
    "invoice_settings.issuer.type": ("self",),
    "payment_settings.save_default_payment_method": ("off",),
    "trial_settings.end_behavior.missing_payment_method": ("create_invoice",),
}
# Free text, which may name somebody: only that there is one.
_PRIVATE = frozenset(
    {"description", "invoice_settings.description", "invoice_settings.footer"}
)
_NAMES = "items.metadata"  # names only, for the same reason


def of(row: Json) -> dict[str, str]:
    """Return the facets of a subscription and of the items that it shows."""
    found = {
        path: value
        for path, value in _walked(row, "", _SILENT)
        if value not in _USUAL.get(path, ())
    }
    if row.get("status") != LIVE_TRIAL:
        found.pop("trial_end", None)  # it stays there when the trial is long over
    items = answers.records(answers.record(row, "items"), "data")
    asked = {_currency(answers.record(each, "price")) for each in items}
    if asked <= {row.get("currency")}:
        found.pop("currency", None)  # that of the amounts, as nearly always
    return joined(found, of_items(items))


def of_items(rows: Iterable[Json]) -> dict[str, str]:
    """Return the facets of items; those of several stand side by side."""
    found: dict[str, str] = {}
    for row in rows:
        own = dict(_walked(row, "items.", _SILENT_OF_ITEM))
        found = joined(found, own)
    return found


def joined(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Return both; a path that stands in both has both values."""
    both = {path: _short(f"{one[path]} {other[path]}") for path in one if path in other}
    return {**one, **other, **both}


def _currency(price: Json) -> str:
    return answers.text(price, "currency")


def _walked(row: Json, above: str, silent: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield path and text of whatever is there, nested objects by dotted paths."""
    for name in row:
        value = row[name]
        if not value or (path := f"{above}{name}") in silent:
            continue
        if path in _PRIVATE:
            yield path, "yes"
        elif path == _NAMES and isinstance(value, dict):
            yield path, _short(" ".join(sorted(value)))
        elif isinstance(value, dict) and "id" not in value:
            yield from _walked(value, f"{path}.", silent)
        else:
            yield path, _text(value)


def _text(value: object) -> str:
    """Say a value in a few characters: by its id, of a list by all of them."""
    if isinstance(value, dict):
        return _text(value["id"])
    if isinstance(value, list):
        ids = [_id_of(each) for each in value]
        return (
            _short(" ".join(each for each in ids if each)) if all(ids) else _count(ids)
        )
    return _short(str(value).lower() if isinstance(value, bool) else str(value))


def _id_of(value: object) -> str:
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _count(values: list[str]) -> str:
    return f"{len(values)} of them"


def _short(text: str) -> str:
    """Cut a long text so that another one is still another."""
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: LONGEST - len(digest) - 3]}...{digest}"
