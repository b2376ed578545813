"""Stripe's objects, read from raw JSON as far as the tool looks at them."""

from __future__ import annotations

from eleva_cli.adapters import answers, stripe_facets
from eleva_cli.adapters.answers import Json
from eleva_cli.plan.selling import OWNER
from eleva_cli.ports import (
    Account,
    Customer,
    Invoice,
    RawEvent,
    Renewal,
    StripeEvent,
    Subscription,
    SubscriptionItem,
    WebhookEndpoint,
)

STANDING = ("subscription", "invoice")  # objects of events that have a status


def id_of(row: Json, name: str) -> str:
    """Return the id of something linked, given as its id or expanded."""
    found = row[name]
    return (
        answers.text(found, "id")
        if isinstance(found, dict)
        else answers.text(row, name)
    )


def account(row: Json) -> Account:
    names = (("settings", "dashboard", "display_name"), ("business_profile", "name"))
    return Account(
        id=answers.text(row, "id"),
        name=next((name for path in names if (name := _deep(row, *path))), ""),
        country=answers.text_or_none(row, "country") or "",
        default_currency=answers.text_or_none(row, "default_currency") or "",
    )


def _deep(row: Json, *path: str) -> str | None:
    *folders, name = path
    for folder in folders:
        # a restricted key sees an account without these
        if row.get(folder) is None:
            return None
        row = answers.record(row, folder)
    return answers.text_or_none(row, name)


def customer(row: Json) -> Customer:
    return Customer(
        id=answers.text(row, "id"),
        created=answers.number(row, "created"),
        email=answers.text_or_none(row, "email"),
        livemode=answers.flag(row, "livemode"),
        metadata=answers.metadata(row),
        currency=answers.text_or_none(row, "currency"),
        discounted=bool(row.get("discount")),
    )


def subscription(row: Json) -> tuple[Subscription, bool]:
    items, latest = answers.record(row, "items"), row.get("latest_invoice")
    payer = row.get("customer")
    found = Subscription(
        id=answers.text(row, "id"),
        customer=id_of(row, "customer"),
        status=answers.text(row, "status"),
        created=answers.number(row, "created"),
        livemode=answers.flag(row, "livemode"),
        metadata=answers.metadata(row),
        items=tuple(item(it) for it in answers.records(items, "data")),
        cancel_at=answers.number_or_none(row, "cancel_at"),
        ends_with_period=row.get("cancel_at_period_end") is True,
        schedule=None if row.get("schedule") is None else id_of(row, "schedule"),
        ended_at=answers.number_or_none(row, "ended_at"),
        facets=stripe_facets.of(row),
        invoice=invoice(latest) if isinstance(latest, dict) else None,
        discounted=isinstance(payer, dict) and bool(payer.get("discount")),
    )
    return found, answers.flag(items, "has_more")


def item(row: Json) -> SubscriptionItem:
    price = answers.record(row, "price")
    recurring = (
        {} if price.get("recurring") is None else answers.record(price, "recurring")
    )
    return SubscriptionItem(
        id=answers.text(row, "id"),
        price=answers.text(price, "id"),
        product=id_of(price, "product"),
        quantity=answers.number_or_none(row, "quantity"),
        unit_amount=answers.number_or_none(price, "unit_amount"),
        currency=answers.text(price, "currency"),
        interval=answers.text(recurring, "interval") if recurring else "",
        interval_count=answers.number_or_none(recurring, "interval_count") or 1,
        period_end=answers.number_or_none(row, "current_period_end"),
        period_start=answers.number_or_none(row, "current_period_start"),
        key=answers.text_or_none(price, "lookup_key"),
        made_as=answers.metadata(price).get(OWNER) or None,
        usage=answers.text_or_none(recurring, "usage_type") or "licensed",
        scheme=answers.text_or_none(price, "billing_scheme") or "per_unit",
        transform=_transform(price),
        tax=answers.text_or_none(price, "tax_behavior") or "unspecified",
    )


def _transform(price: Json) -> str:
    """Say how a price divides quantities: `10 up` is packages of ten."""
    if price.get("transform_quantity") is None:
        return ""
    found = answers.record(price, "transform_quantity")
    return f"{answers.number(found, 'divide_by')} {answers.text(found, 'round')}"


def invoice(row: Json) -> Invoice:
    """Read an invoice that is there; one of no subscription has none as its parent."""
    named = row.get("parent")
    details = named.get("subscription_details") if isinstance(named, dict) else None
    return Invoice(
        id=answers.text(row, "id"),
        customer="" if row.get("customer") is None else id_of(row, "customer"),
        status=answers.text_or_none(row, "status") or "",
        total=answers.number(row, "total"),
        currency=answers.text(row, "currency"),
        amount_due=answers.number(row, "amount_due"),
        subscription=id_of(details, "subscription") if details else None,
        created=answers.number(row, "created"),
        hosted_url=answers.text_or_none(row, "hosted_invoice_url"),
    )


def renewal(row: Json) -> Renewal:
    """Read an invoice that is not there yet; its period ends when it is made."""
    due_at = answers.number_or_none(row, "next_payment_attempt")
    parent = answers.record_or_empty(row, "parent")
    details = answers.record_or_empty(parent, "subscription_details")
    return Renewal(
        total=answers.number(row, "total"),
        currency=answers.text(row, "currency"),
        due_at=answers.number_or_none(row, "period_end") if due_at is None else due_at,
        amount_due=answers.number_or_none(row, "amount_due"),
        prorated_at=answers.number_or_none(details, "subscription_proration_date"),
    )


def webhook_endpoint(row: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=answers.text(row, "id"),
        url=answers.text(row, "url"),
        enabled=answers.text(row, "status") == "enabled",
        enabled_events=answers.texts(row, "enabled_events"),
        version=answers.text_or_none(row, "api_version"),
    )


def event(row: Json) -> StripeEvent:
    """Read an event in any version: ids only, and the names of what changed."""
    data = answers.record(row, "data")
    about = answers.record(data, "object")
    before = data.get("previous_attributes")
    before = before if isinstance(before, dict) else {}
    metadata = before.get("metadata")
    name = answers.text_or_none(about, "id") or ""
    kind = about.get("object")
    is_customer = kind == "customer"
    return StripeEvent(
        id=answers.text(row, "id"),
        type=answers.text(row, "type"),
        created=answers.number(row, "created"),
        object=name,
        customer=name if is_customer else _owner(about),
        changed=tuple(before),
        changed_metadata=tuple(metadata) if isinstance(metadata, dict) else (),
        status=answers.text_or_none(about, "status") if kind in STANDING else None,
        reason=_reason(about) if kind == "invoice" else None,
    )


def raw_event(row: Json) -> RawEvent:
    """Read an event's outside, whatever it is about, and keep all of it."""
    livemode = row.get("livemode")
    return RawEvent(
        id=answers.text(row, "id"),
        type=answers.text(row, "type"),
        created=answers.number(row, "created"),
        service="stripe",
        text=answers.compact(row),
        version=answers.text_or_none(row, "api_version"),
        pending=answers.number_or_none(row, "pending_webhooks"),
        livemode=livemode if isinstance(livemode, bool) else None,
    )


def _reason(invoice: Json) -> str | None:
    return answers.text_or_none(invoice, "billing_reason")


def _owner(about: Json) -> str | None:
    return None if about.get("customer") is None else id_of(about, "customer")
