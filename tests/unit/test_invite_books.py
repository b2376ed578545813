"""All grants are found: by present and older prices, over or not, begun or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from eleva_cli.errors import ForbiddenError, MissingError, RejectedError
from eleva_cli.observe.ledger import Bookkeeping, Books
from eleva_cli.ports import (
    Customer,
    Page,
    Ports,
    StripePrice,
    Subscription,
)
from eleva_cli.progress import SilentProgress
from tests.clock import FakeClock
from tests.granting_world import (
    CUS,
    NAMES,
    NOW,
    OFFERS,
    RULES,
    customer,
    free,
    item,
    subscription,
)

COMMUNITY = OFFERS["community"]
OURS = {**NAMES, "eleva_grant": "g_1"}
OLD = replace(free(), id="price_old", key=None, active=False, metadata={})
RENAMED = replace(
    free(), id="price_made", key=None, metadata={"eleva_catalog": COMMUNITY.key}
)
PAID = replace(free(), id="price_paid_community", key="x", amount=2500)


@dataclass
class Stripe:
    """Prices, subscriptions and customers; one row a page; search may be refused."""

    prices: list[StripePrice]
    subs: list[Subscription]
    customers: list[Customer] = field(default_factory=list)
    refuses: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        return tuple(one for one in self.prices if one.key in keys)

    def prices_of(
        self, product: str, after: str | None, *, active: bool = True
    ) -> Page[StripePrice]:
        if product == OFFERS["top"].product:
            raise MissingError("no such product", code="missing", service="stripe")
        mine = [o for o in self.prices if (o.product, o.active) == (product, active)]
        return self._paged(mine, after)

    def subscriptions_to(self, price: str, after: str | None) -> Page[Subscription]:
        self.asked.append(price)
        return self._paged(self._on(price), after)

    def subscriptions_on(self, price: str, after: str | None) -> Page[Subscription]:
        living = [one for one in self._on(price) if one.status != "canceled"]
        return self._paged(living, after)

    def whole(self, found: Subscription) -> Subscription:
        return replace(found, items=(*found.items, item()), is_cut=False)

    def customers_with_name(self, name: str, after: str | None) -> Page[Customer]:
        if self.refuses:
            raise self.refuses
        return self._paged([o for o in self.customers if name in o.metadata], after)

    def customer(self, name: str) -> Customer:
        return next(one for one in self.customers if one.id == name)

    def subscriptions_of(self, name: str) -> tuple[Subscription, ...]:
        return tuple(one for one in self.subs if one.customer == name)

    def _on(self, price: str) -> list[Subscription]:
        return [o for o in self.subs if price in {each.price for each in o.items}]

    @staticmethod
    def _paged(rows: Sequence[Any], after: str | None) -> Page[Any]:
        start = int(after or 0)
        more = str(start + 1) if start + 1 < len(rows) else None
        return Page(rows=tuple(rows[start : start + 1]), after=more)


def read(stripe: Stripe, *, only_grants: bool = False) -> Books:
    ports = Ports(stripe=cast("Any", stripe), workos=cast("Any", None))
    return Bookkeeping(
        ports=ports,
        clock=FakeClock(),
        progress=SilentProgress(),
        rules=RULES,
        only_grants=only_grants,
        threads=2,
    ).read()


def on(name: str, price: str, **more: Any) -> Subscription:
    return subscription(
        name, item(price=price, key=None), **({"metadata": OURS} | more)
    )


def promise(name: str, grant: str) -> Customer:
    told = json.dumps({"id": grant, "key": COMMUNITY.key})
    return customer(name, metadata={**NAMES, "eleva_grant_expert": told})


def test_every_price_that_is_or_was_free_is_asked_once() -> None:
    """The holder of the key, one that lost it, one of amount 0; all pages of each."""
    stripe = Stripe(
        prices=[free(), OLD, RENAMED, PAID],
        subs=[
            on("sub_1", "price_community"),
            on("sub_2", "price_old", status="canceled"),
            on("sub_3", "price_made", created=NOW - 5),
            on("sub_4", "price_old", is_cut=True),
        ],
    )

    books = read(stripe)

    names = [grant.subscription for grant in books.grants]
    assert names == ["sub_3", "sub_1", "sub_2", "sub_4"]
    assert len(stripe.asked) == len(set(stripe.asked)) + 1  # price_old has two pages
    assert books.paid_since == {}


def test_who_pays_since_is_known_by_customer_and_family() -> None:
    """The newest live one counts; what is unpaid is no payment."""
    paid = item(paid=True)
    stripe = Stripe(
        prices=[free(), PAID],
        subs=[
            subscription("sub_1", paid, created=NOW),
            subscription("sub_2", paid, created=NOW + 5),
            subscription("sub_3", paid, status="unpaid", customer="cus_2"),
        ],
    )

    assert read(stripe).paid_since == {(CUS, "expert"): NOW + 5}
    assert read(stripe, only_grants=True).paid_since == {}


def test_a_promise_counts_while_no_subscription_bears_its_id() -> None:
    """Not where it was kept, be it over or paid for by now."""
    kept = on("sub_1", "price_community", customer="cus_1", status="canceled")
    sold = subscription(
        "sub_2", item(paid=True), customer="cus_2", metadata={"eleva_grant": "g_2"}
    )
    stripe = Stripe(
        prices=[free(), PAID],
        subs=[kept, sold],
        customers=[
            promise("cus_1", "g_1"),
            promise("cus_2", "g_2"),
            promise("cus_3", "g_3"),
        ],
    )

    books = read(stripe)

    assert [(g.subscription, g.customer) for g in books.grants] == [
        ("sub_1", "cus_1"),
        ("", "cus_3"),
    ]
    assert books.is_searched
    assert len(read(stripe, only_grants=True).grants) == 1


def test_where_nobody_can_search_the_rest_is_told_all_the_same() -> None:
    """A service that cannot is no reason to stop; a key that may not is."""
    stripe = Stripe(prices=[free()], subs=[on("sub_1", "price_community")])
    stripe.refuses = RejectedError("no search here", code="no", service="stripe")

    books = read(stripe)

    assert (len(books.grants), books.is_searched) == (1, False)
    stripe.refuses = ForbiddenError("not with this key", code="no", service="stripe")
    with pytest.raises(ForbiddenError):
        read(stripe)
