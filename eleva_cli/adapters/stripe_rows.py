"""Stripe's objects, read from raw JSON as far as the tool looks at them."""

from __future__ import annotations

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json
from eleva_cli.ports import (
    Account,
    Customer,
    Subscription,
    SubscriptionItem,
    WebhookEndpoint,
)


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
    )


def subscription(row: Json) -> tuple[Subscription, bool]:
    items = answers.record(row, "items")
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
    )


def webhook_endpoint(row: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=answers.text(row, "id"),
        url=answers.text(row, "url"),
        enabled=answers.text(row, "status") == "enabled",
        enabled_events=answers.texts(row, "enabled_events"),
    )
