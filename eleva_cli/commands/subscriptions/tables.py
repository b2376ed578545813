"""The tables of `subscription show`: items, renewals, invoices, what is not in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eleva_cli.catalog import money
from eleva_cli.moves.fields import fate_of
from eleva_cli.outcome import Cell, Table
from eleva_cli.plan import Finding
from eleva_cli.ports import Renewal, Subscription, SubscriptionItem
from eleva_cli.subscription.knowing import day, period_end
from eleva_cli.webhook import Business

KEPT = "payment_settings.save_default_payment_method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A customer, what it holds, and what would be written to bring it in step.

    `coming` says of each what it is to become, "" where that is nothing else.
    """

    business: Business
    held: tuple[Subscription, ...]
    coming: tuple[str, ...]
    renewals: tuple[Renewal | str | None, ...]
    amiss: tuple[str, ...]
    findings: tuple[Finding, ...]


def subscriptions(seen: Sequence[Seen]) -> Table:
    """Return the subscriptions, each with its next renewal, its change and its end."""
    rows = [
        (sub.id, sub.customer, sub.status, _next(sub, due), coming or None, _end(sub))
        for one in seen
        for sub, due, coming in zip(one.held, one.renewals, one.coming, strict=True)
    ]
    return Table(
        name="subscriptions",
        title="Subscriptions",
        columns=(
            "subscription", "customer", "status", "next_renewal", "changes", "ends",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _next(sub: Subscription, renewal: Renewal | str | None) -> str | None:
    if renewal is None:
        return None
    if isinstance(renewal, str):
        return f"not known: {renewal}"
    due = day(renewal.due_at or period_end(sub))
    return f"{money.shown(renewal.total, renewal.currency)} on {due}"


def _end(sub: Subscription) -> str | None:
    if sub.ended_at is not None:
        return day(sub.ended_at)
    if sub.ends_with_period:
        return f"{day(period_end(sub))}, with its period"
    return None if sub.cancel_at is None else day(sub.cancel_at)


def items(held: Sequence[Subscription]) -> Table:
    """Return what each subscription is of, with key and amount."""
    rows = [
        (
            sub.id,
            item.key,
            item.price,
            item.product,
            item.quantity,
            _amount(item),
            day(item.period_end),
        )
        for sub in held
        for item in sub.items
    ]
    return Table(
        name="items",
        title="What is paid for",
        columns=(
            "subscription", "key", "price", "product", "quantity", "amount", "until",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _amount(item: SubscriptionItem) -> str:
    if item.unit_amount is None:
        return "by tiers"
    count = item.interval_count
    often = f"/{item.interval}" if count == 1 else f" every {count} {item.interval}s"
    return f"{money.shown(item.unit_amount, item.currency)}{often}"


def invoices(held: Sequence[Subscription], *, show_link: bool) -> Table:
    """Return the latest invoices; their links only where they are asked for."""
    rows: list[tuple[Cell, ...]] = []
    for sub in held:
        if (one := sub.invoice) is not None:
            row: tuple[Cell, ...] = (
                sub.id,
                one.id,
                one.status,
                money.shown(one.total, one.currency),
                money.shown(one.amount_due, one.currency),
            )
            rows.append((*row, one.hosted_url) if show_link else row)
    columns = ("subscription", "invoice", "status", "total", "due")
    return Table(
        name="invoices",
        title="Latest invoices",
        columns=(*columns, "link") if show_link else columns,
        rows=tuple(rows),
    )


def facets(seen: Sequence[Seen]) -> Table:
    """Return what else hangs on each subscription."""
    rows = [
        (sub.id, name.replace("_", " ").replace(".", ": "), text, _keeps(name))
        for one in seen
        for sub in one.held
        for name, text in _all_facets(sub, one.business)
    ]
    return Table(
        name="terms",
        title="What is not as usual",
        columns=("subscription", "what", "value", "keeps_its_price"),
        rows=tuple(rows),
    )


def _all_facets(sub: Subscription, business: Business) -> Iterator[tuple[str, str]]:
    if sub.schedule is not None:
        yield "schedule", sub.schedule
    if business.customer.discounted:
        yield "the customer's discount", "on every invoice"
    for name, text in sorted(sub.facets.items()):
        if name != KEPT:  # as `create` makes them
            yield name, text


def _keeps(name: str) -> str | None:
    """Say why nothing that carries this is put on another price."""
    if name == "schedule":
        return "the schedule rules its items"
    found = fate_of(name)
    return found.why if found is not None and found.fate == "hold" else None


def amiss(seen: Sequence[Seen]) -> Table:
    """Return what would be written to bring it all in step."""
    rows = [(one.business.customer.id, text) for one in seen for text in one.amiss]
    return Table(
        name="amiss",
        title="What is not in step; would be written",
        columns=("customer", "what"),
        rows=tuple(rows),
    )
