"""What is sold, read again as far as no event tells it: the features of products.

Products and prices are as the last look saw them: whoever uses this reads the events,
which name every change of those. One call a product of the catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from eleva_cli.catalog.shop import Shop
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.ports import (
    Attachment,
    CatalogPort,
    Clock,
    Page,
    StripePrice,
    StripeProduct,
)
from eleva_cli.progress import Progress

GONE: Page[Attachment] = Page(rows=(), after=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of what a product carries."""

    product: str
    after: str | None = None


@dataclass(slots=True, kw_only=True)
class Shelves:
    """One look at what products carry; `last` is what the last look kept of a shop."""

    catalog: CatalogPort
    clock: Clock
    progress: Progress
    last: str
    threads: int = 32
    _found: dict[str, Attachment] = field(init=False, default_factory=dict)

    def look(self) -> Shop:
        """Return the shop: what is judged by, without names and amounts."""
        sold: Mapping[str, list[list[str]]] = json.loads(self.last)
        self.progress.phase("reading what products carry", None)
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain([Job(product=name) for name, *_ in sold["products"]])
        return Shop(
            products=tuple(
                StripeProduct(id=name, name="", active=bool(active))
                for name, active in sold["products"]
            ),
            attachments=tuple(self._found[name] for name in sorted(self._found)),
            prices=tuple(_price(row) for row in sold["prices"]),
        )

    def _read(self, job: Job) -> Page[Attachment]:
        try:
            return self.catalog.product_features(job.product, job.after)
        except MissingError:
            return GONE

    def _take(self, job: Job, page: Page[Attachment]) -> list[Job]:
        self.progress.advance(len(page.rows))
        self._found.update((row.id, row) for row in page.rows)
        if page.after is None:
            return []
        return [Job(product=job.product, after=page.after)]


def _price(row: list[str]) -> StripePrice:
    name, product, key, active = row
    return StripePrice(
        id=name,
        product=product,
        key=key,
        active=bool(active),
        currency="",
        amount=None,
    )
