"""When features were attached to products, by what earlier looks saw.

No event tells it. A change is dated by the first look that saw it, so that nobody is
said to lack what may have come within the period.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from eleva_cli.journal.audits import Head

Pair = tuple[str, str]  # a product's id and a feature's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """Times in Unix seconds by product and feature; before `known_since` nobody saw."""

    attached_since: dict[Pair, int] = field(default_factory=dict)
    detached_since: dict[Pair, int] = field(default_factory=dict)
    known_since: int | None = None


def attachment_times(looks: Iterable[Head], shop: str, now: int) -> Attachments:
    """Compare what earlier looks saw attached with each other and with `shop`."""
    seen = [
        (int(head.began_at), _pairs(head.shop))
        for head in sorted(looks, key=lambda head: head.began_at)
        if head.shop
    ]
    found = Attachments(known_since=seen[0][0] if seen else None)
    seen.append((now, _pairs(shop)))
    for (_, before), (at, after) in pairwise(seen):
        found.attached_since.update(dict.fromkeys(after - before, at))
        found.detached_since.update(dict.fromkeys(before - after, at))
    return found


def _pairs(shop: str) -> frozenset[Pair]:
    attachments = json.loads(shop)["attachments"]
    return frozenset((product, key) for product, key, *_ in attachments)
