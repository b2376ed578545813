"""What the services answered, as the values of a case and as rows that can be kept.

Of metadata only the names that are asked for are taken, and values that are no plain
word are not told: they may be private.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter
from typing import Any

from eleva_cli.audit import Flaw
from eleva_cli.catalog.sales import LIVING
from eleva_cli.chain import Buyer, Item, Member, Promise, Sub
from eleva_cli.invite.ledger import intents_of
from eleva_cli.journal.snapshots import PLAIN, Names, plain, values_of
from eleva_cli.output.mask import mask_email
from eleva_cli.plan import Finding, Severity
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Customer, Membership, Subscription, SubscriptionItem

IN_ITEM = tuple(each.name for each in fields(Item))
IN_SUB = (
    "status",
    "created",
    "items",
    "metadata",
    "cancel_at",
    "ends_with_period",
    "ended_at",
    "past_due_since",
    "grant",
)
_of_item = attrgetter(*IN_ITEM)
_of_sub = attrgetter(*IN_SUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What is taken of what was read.

    `stamps` are the metadata names of subscriptions; `names` those of customers that
    are evidence. Addresses are taken as masks, and only with `masks`.
    """

    names: Names = field(default_factory=Names)
    stamps: frozenset[str] = frozenset()
    masks: bool = False

    def sub(self, row: Subscription) -> Sub:
        """Give a subscription without what is nobody's business."""
        stamped = self.stamps & row.metadata.keys()
        return Sub(
            id=row.id,
            status=row.status,
            created=row.created,
            items=tuple(_item(each) for each in row.items),
            metadata={name: plain(row.metadata[name]) for name in sorted(stamped)},
            cancel_at=row.cancel_at,
            ends_with_period=row.ends_with_period,
            ended_at=row.ended_at,
            past_due_since=_overdue_since(row),
            grant=plain(row.metadata.get(GRANT, "")) or None,
        )

    def member(self, row: Membership, others: int = 0) -> Member:
        """Give a membership; `others` are the user's active ones elsewhere."""
        return Member(
            user=row.user,
            membership=row.id,
            status=row.status,
            role=row.role,
            directory_managed=row.directory_managed,
            email=mask_email(row.email) if self.masks and row.email else "",
            email_verified=row.email_verified,
            others=others,
            changed_at=row.changed_at,
        )

    def buyer(self, row: Customer, subs: tuple[Sub, ...] = ()) -> Buyer:
        """Give a customer; whom it names, and what it holds."""
        if row.deleted:
            return Buyer(id=row.id, state="deleted")
        return Buyer(
            id=row.id,
            organizations=tuple(values_of(row.metadata, self.names.organization)),
            users=tuple(values_of(row.metadata, self.names.user)),
            subscriptions=subs,
            promises=_promises(row),
        )


def is_living(status: str) -> bool:
    """Tell whether a subscription will be billed again."""
    return status in LIVING


def _promises(row: Customer) -> tuple[Promise, ...]:
    """Read which grants were begun; who granted them and why is nobody's business."""
    return tuple(
        Promise(grant=one.grant, key=one.key, until=one.until)
        for one in intents_of(row.metadata)
        if PLAIN.fullmatch(one.grant) and PLAIN.fullmatch(one.key)
    )


def _overdue_since(row: Subscription) -> int | None:
    """
    Return when the payment fell due that is overdue: with the present period.

    Stripe makes the invoice of a renewal when the period begins. Where an earlier one
    is open as well this is too late, and never too early.
    """
    if row.status != "past_due":
        return None
    begun = (each.period_start for each in row.items if each.period_start is not None)
    return min(begun, default=None)


def _item(row: SubscriptionItem) -> Item:
    return Item(
        price=row.price,
        key=row.key,
        product=row.product,
        quantity=row.quantity,
        amount=row.unit_amount,
        currency=row.currency,
        interval=row.interval,
        interval_count=row.interval_count,
        period_start=row.period_start,
        period_end=row.period_end,
        made_as=None if row.made_as is None else plain(row.made_as),
    )


def dump_sub(sub: Sub) -> str:
    """Write a subscription down: values by their place, as there are many."""
    status, created, items, metadata, *rest = _of_sub(sub)
    body = (status, created, [*map(_of_item, items)], dict(metadata), *rest)
    return json.dumps(body, separators=(",", ":"))


def load_sub(name: str, text: str) -> Sub:
    """Read a subscription back."""
    told = json.loads(text)
    # What an earlier version wrote down ends sooner.
    values = dict(zip(IN_SUB, told, strict=False))
    items = [dict(zip(IN_ITEM, each, strict=True)) for each in values.pop("items")]
    return Sub(id=name, items=tuple(Item(**each) for each in items), **values)


def dump_promises(promises: Iterable[Promise]) -> str:
    """Write promises down."""
    return json.dumps([[each.grant, each.key, each.until] for each in promises])


def load_promises(text: str) -> tuple[Promise, ...]:
    """Read promises back."""
    return tuple(
        Promise(grant=grant, key=key, until=until)
        for grant, key, until in json.loads(text)
    )


def dump_flaw(flaw: Flaw) -> str:
    """Write a flaw down."""
    return json.dumps(asdict(flaw), ensure_ascii=False, sort_keys=True)


def load_flaw(text: str) -> Flaw:
    """Read a flaw back."""
    body: dict[str, Any] = json.loads(text)
    finding = body.pop("finding")
    severity = Severity(finding.pop("severity"))
    return Flaw(finding=Finding(severity=severity, **finding), **body)
