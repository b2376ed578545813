"""Reads only what some customers live on: two calls a product, side by side.

A whole look at what is sold costs pages of products and prices that one person's
chain does not ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.shop import Shop
from eleva_cli.chain import Case
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.ports import Attachment, Clock, SalesPort, StripeProduct
from eleva_cli.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A product and the features that it carries; `None` where there is none."""

    product: StripeProduct | None = None
    attachments: tuple[Attachment, ...] = ()


def products_of(cases: Iterable[Case], catalogue: Catalogue) -> tuple[str, ...]:
    """Name the products of the catalogue that anybody in these cases holds or held."""
    items = (
        item
        for case in cases
        for sub in (case.buyer.subscriptions if case.buyer else ())
        for item in sub.items
    )
    held = {item.product for item in items}
    return tuple(sorted(name for name in held if catalogue.product(name) is not None))


def look(
    stripe: SalesPort, names: Sequence[str], clock: Clock, progress: Progress
) -> Shop:
    """Read these products and what is attached to each."""
    progress.phase("reading what is lived on", len(names))
    found: list[Shelved] = []

    def take(_name: str, shelved: Shelved) -> list[str]:
        progress.advance()
        found.append(shelved)
        return []

    Pool(
        read=lambda name: _shelved(stripe, name),
        take=take,
        tick=progress.tick,
        clock=clock,
        threads=max(len(names), 1),
    ).drain(list(names))
    return Shop(
        products=tuple(each.product for each in found if each.product is not None),
        attachments=tuple(one for each in found for one in each.attachments),
    )


def _shelved(stripe: SalesPort, name: str) -> Shelved:
    try:
        product = stripe.product(name)
    except MissingError:
        return Shelved()
    attachments: list[Attachment] = []
    after: str | None = None
    while True:
        page = stripe.product_features(name, after)
        attachments += page.rows
        after = page.after
        if after is None:
            return Shelved(product=product, attachments=tuple(attachments))
