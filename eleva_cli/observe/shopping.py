"""Reads what an account sells, by lists side by side; and, if asked, who lives on it.

Calls grow with pages. Only what is attached to a product has to be asked for product
by product, so only for those that the catalogue names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.sales import Sales
from eleva_cli.catalog.shop import Shop
from eleva_cli.engine.pool import Pool
from eleva_cli.observe.sweep import Kind, Row, Sweep
from eleva_cli.ports import (
    Attachment,
    CatalogPort,
    Clock,
    Page,
    Ports,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
    Subscription,
)
from eleva_cli.progress import Progress

KEYS_A_CALL = 10  # Stripe takes no more lookup keys in one list call

Shelf = Literal[
    "features", "archived", "products", "attachments", "prices", "keys", "meters"
]
Good = StripeFeature | StripeProduct | Attachment | StripePrice | StripeMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of a list; `of` is a product's id, or the lookup keys asked for."""

    shelf: Shelf
    after: str | None = None
    of: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Shopping:
    """One look at everything that an account sells; `found` is by id."""

    catalog: CatalogPort
    clock: Clock
    progress: Progress
    catalogue: Catalogue
    threads: int = 32
    found: dict[str, Good] = field(default_factory=dict)

    def look(self, *, currency: str = "") -> Shop:
        """Read all lists; `currency` is the account's own."""
        self.progress.phase("reading what is sold", None)
        Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(list(self._jobs()))
        rows = [self.found[each] for each in sorted(self.found)]
        return Shop(
            currency=currency,
            features=tuple(row for row in rows if isinstance(row, StripeFeature)),
            products=tuple(row for row in rows if isinstance(row, StripeProduct)),
            attachments=tuple(row for row in rows if isinstance(row, Attachment)),
            prices=tuple(row for row in rows if isinstance(row, StripePrice)),
            meters=tuple(row for row in rows if isinstance(row, StripeMeter)),
        )

    def _jobs(self) -> Iterator[Job]:
        for shelf in ("features", "archived", "products", "prices", "meters"):
            yield Job(shelf=shelf)
        keys = [price.key for price in self.catalogue.prices]
        for start in range(0, len(keys), KEYS_A_CALL):
            yield Job(shelf="keys", of=tuple(keys[start : start + KEYS_A_CALL]))

    def _read(self, job: Job) -> Page[Good]:
        catalog = self.catalog
        match job.shelf:
            case "features" | "archived":
                archived = job.shelf == "archived"
                return _widen(catalog.features(job.after, archived=archived))
            case "products":
                return _widen(catalog.products(job.after))
            case "attachments":
                return _widen(catalog.product_features(job.of[0], job.after))
            case "prices":
                return _widen(catalog.prices(job.after))
            case "keys":
                return Page(rows=catalog.prices_with_keys(job.of), after=None)
            case "meters":
                return _widen(catalog.meters(job.after))
            case _:
                assert_never(job.shelf)

    def _take(self, job: Job, page: Page[Good]) -> list[Job]:
        self.progress.advance(len(page.rows))
        following = list(self._attachments_of(page.rows))
        self.found.update((row.id, row) for row in page.rows)
        if page.after is not None:
            following.append(Job(shelf=job.shelf, after=page.after, of=job.of))
        return following

    def _attachments_of(self, rows: Sequence[Good]) -> Iterator[Job]:
        for row in rows:
            is_new = isinstance(row, StripeProduct) and row.id not in self.found
            if is_new and self.catalogue.product(row.id) is not None:
                yield Job(shelf="attachments", of=(row.id,))


def count_subscribers(
    ports: Ports, clock: Clock, progress: Progress, watched: frozenset[str]
) -> Sales:
    """Page through all subscriptions once, and count those on prices and products."""
    sales = Sales(watched=watched)
    progress.phase("counting subscribers", None)

    def take(_kind: Kind, rows: Sequence[Row]) -> None:
        for row in rows:
            if isinstance(row, Subscription):
                sales.add(row)
        progress.advance(len(rows))

    sweep = Sweep(ports=ports, clock=clock, tick=progress.tick, take=take)
    sweep.run(("subscriptions",), bound=int(clock.now()))
    return sales


def _widen(page: Page[Good] | object) -> Page[Good]:
    """Pages of one kind are pages of any kind: tuples do not change."""
    assert isinstance(page, Page)
    return page
