"""Subscriptions of a snapshot, whole: what one row's columns do not hold, as a text.

There may be a million of them: values stand by their place, without names, and what is
usual at an item's end is left out. What is private never stands here: of metadata only
the names that are asked for, of values only plain words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import fields
from operator import attrgetter
from typing import Any

from eleva_cli.catalog import Catalogue
from eleva_cli.journal.snapshots import Names, plain
from eleva_cli.journal.store import Row
from eleva_cli.ports import Subscription, SubscriptionItem

IN_ITEM = tuple(each.name for each in fields(SubscriptionItem))
# As a plain item has them; they stand last, so that they can be left out.
USUAL = tuple(
    each.default for each in fields(SubscriptionItem)[IN_ITEM.index("usage") :]
)
IN_BODY = ("cancel_at", "ends_with_period", "schedule", "ended_at")
MADE_AS = IN_ITEM.index("made_as")
_of_item = attrgetter(*IN_ITEM)
_of_body = attrgetter(*IN_BODY)


def kept_names(names: Names, catalogue: Catalogue) -> frozenset[str]:
    """Return the metadata names of subscriptions that are kept."""
    ours = {*names.organization, *names.user, *names.customer}
    ours |= {*names.stamp_organization, *names.stamp_user}
    return frozenset(ours.union(*catalogue.stamps.values()))


def dumper(kept: Collection[str]) -> Callable[[Subscription], str]:
    """Return what writes a subscription down, with these metadata names."""
    names = frozenset(kept)
    encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

    def dump(row: Subscription) -> str:
        told = {name: plain(row.metadata[name]) for name in names & row.metadata.keys()}
        items = [_item(each) for each in row.items]
        body = (items, dict(sorted(told.items())), dict(row.facets), row.livemode)
        return encode((*body, *_of_body(row), len(row.metadata) - len(told)))

    return dump


def _item(row: SubscriptionItem) -> tuple[object, ...]:
    values: tuple[object, ...] = _of_item(row)
    if row.made_as is not None:
        values = (*values[:MADE_AS], plain(row.made_as), *values[MADE_AS + 1 :])
    return values[: -len(USUAL)] if values[-len(USUAL) :] == USUAL else values


def load(row: Row) -> Subscription:
    """Read a subscription back from its row."""
    items, metadata, facets, livemode, *rest = json.loads(row["body"])
    return Subscription(
        id=row["id"],
        customer=row["customer"],
        status=row["status"],
        created=row["created"],
        livemode=livemode,
        metadata=metadata,
        items=tuple(_loaded(each) for each in items),
        facets=facets,
        **dict(zip((*IN_BODY, "more_names"), rest, strict=False)),
    )


def _loaded(values: list[Any]) -> SubscriptionItem:
    return SubscriptionItem(**dict(zip(IN_ITEM, values, strict=False)))
