"""What Stripe sells, by its lists: features, products, prices, meters, attachments.

A part of the Stripe adapter in a file of its own; how a list is asked for stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from eleva_cli.adapters import answers, stripe_catalog_rows
from eleva_cli.adapters.answers import Json, Reply
from eleva_cli.ports import (
    Attachment,
    Page,
    StripeFeature,
    StripeMeter,
    StripePrice,
    StripeProduct,
)


class HasId(Protocol):
    """Any row of a list: its id is the cursor."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
R = TypeVar("R", bound=HasId)


class CatalogLists:
    """The lists of `CatalogPort`, over the adapter's own `_list`."""

    def features(self, after: str | None, *, archived: bool) -> Page[StripeFeature]:
        """Page those that are archived, or those that are not: one list has one."""
        path, said = "/v1/entitlements/features", {"archived": True} if archived else {}
        reply = self._list(path, after, **said)
        return _page(reply, after, stripe_catalog_rows.feature)

    def products(self, after: str | None) -> Page[StripeProduct]:
        reply = self._list("/v1/products", after)
        return _page(reply, after, stripe_catalog_rows.product)

    def product_features(self, product_id: str, after: str | None) -> Page[Attachment]:
        checked = answers.checked_id("stripe", product_id)
        reply = self._list(f"/v1/products/{checked}/features", after)
        return _page(
            reply, after, partial(stripe_catalog_rows.attachment, product=product_id)
        )

    def prices(self, after: str | None) -> Page[StripePrice]:
        reply = self._list("/v1/prices", after, active=True, type="recurring")
        return _page(reply, after, stripe_catalog_rows.price)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        reply = self._list("/v1/prices", None, lookup_keys=list(keys))
        return _page(reply, None, stripe_catalog_rows.price).rows

    def meters(self, after: str | None) -> Page[StripeMeter]:
        reply = self._list("/v1/billing/meters", after)
        return _page(reply, after, stripe_catalog_rows.meter)

    def _list(self, path: str, after: str | None, **params: object) -> Reply:
        raise NotImplementedError


def _page(reply: Reply, after: str | None, read: Callable[[Json], R]) -> Page[R]:
    rows = reply.read(lambda body: [read(row) for row in data_of(body)])
    return page_of(reply, rows, [row.id for row in rows], after)


def page_of(
    reply: Reply, rows: Sequence[T], ids: Sequence[str], given: str | None
) -> Page[T]:
    """Return a page of a Stripe list, whose cursor is the last row's id."""
    has_more = reply.read(lambda body: answers.flag(body, "has_more"))
    last = ids[-1] if ids else ""
    return answers.page(reply, rows, given=given, more=last if has_more else None)


def data_of(body: Json) -> list[Json]:
    """Return the rows of a Stripe list."""
    return answers.records(body, "data")
