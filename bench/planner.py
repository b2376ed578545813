"""Plans N customers in a process of its own, and tells its peak memory.

`python -m bench.planner N FILE`: runs `migrate plan` on services that are arithmetic,
so that the tool fills its own snapshot tables and nothing but the network is left out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unittest.mock import patch

from bench.stopwatch import peak_kb
from eleva_cli.bootstrap import App
from eleva_cli.cli import run
from eleva_cli.planning import Planned, Planning
from eleva_cli.ports import (
    Account,
    Answer,
    Customer,
    Invoice,
    InvoiceStatus,
    Membership,
    Organization,
    Page,
    Ports,
    StripePort,
    StripePrice,
    StripeProduct,
    Subscription,
    SubscriptionItem,
    User,
    WebhookEndpoint,
    Window,
    WorkosPort,
    Written,
)

BEGAN = 1_500_000_000
PAGE = 100
ONE_IN_READS = 10  # one customer in so many names its user only: a membership is read
ONE_IN_HELD = 20  # one in so many has no evidence


@dataclass(frozen=True, kw_only=True)
class Billing:
    """Stripe with `size` customers, one created each second, one subscription each."""

    size: int

    def account(self) -> Account:
        return Account(
            id="acct_arithmetic", name="", country="PT", default_currency="eur"
        )

    def is_live(self) -> bool:
        return False

    def probe(self, path: str) -> Answer:
        raise NotImplementedError(path)

    def customers(self, window: Window, after: str | None) -> Page[Customer]:
        numbers, more = self._numbers(window, after)
        rows = tuple(self._customer(number) for number in numbers)
        return Page(rows=rows, after=rows[-1].id if more else None)

    def subscriptions(self, window: Window, after: str | None) -> Page[Subscription]:
        numbers, more = self._numbers(window, after)
        rows = tuple(_subscription(number) for number in numbers)
        return Page(rows=rows, after=rows[-1].id if more else None)

    def whole(self, subscription: Subscription) -> Subscription:
        return subscription

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]:
        assert after is None
        return Page(rows=(), after=None)

    def invoices(self, status: InvoiceStatus, after: str | None) -> Page[Invoice]:
        assert status in ("draft", "open")
        assert after is None
        return Page(rows=(), after=None)

    def products(self, after: str | None) -> Page[StripeProduct]:
        assert after is None
        product = StripeProduct(id="expert_community", name="Community", active=True)
        return Page(rows=(product,), after=None)

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        """Everybody lives on the one price that is there."""
        price = StripePrice(
            id="price_community",
            product="expert_community",
            active=True,
            currency="eur",
            amount=2500,
            interval="month",
            key="community-expert-monthly",
        )
        return (price,) if price.key in keys else ()

    def customer(self, customer_id: str) -> Customer:
        return self._customer(_number(customer_id))

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        raise NotImplementedError(customer_id, metadata, key)

    def _numbers(self, window: Window, after: str | None) -> tuple[range, bool]:
        """Return a page's numbers, newest first, and whether there are older ones."""
        top = min(self.size, window.until - BEGAN) if after is None else _number(after)
        bottom = max(0, window.since - BEGAN)
        end = max(bottom, top - PAGE)
        return range(top - 1, end - 1, -1), end > bottom

    def _customer(self, number: int) -> Customer:
        metadata = {"workosUserId": _id("user", number)}
        if number % ONE_IN_READS:
            metadata["workos_org_id"] = _id("org", number)
        return Customer(
            id=_id("cus", number),
            created=BEGAN + number,
            email=f"person.{number}@example.test",
            livemode=False,
            metadata=metadata if number % ONE_IN_HELD != 1 else {},
        )


def _subscription(number: int) -> Subscription:
    item = SubscriptionItem(
        id=_id("si", number),
        price="price_community",
        product="expert_community",
        quantity=1,
        unit_amount=2500,
        currency="eur",
        interval="month",
    )
    return Subscription(
        id=_id("sub", number),
        customer=_id("cus", number),
        status="active",
        created=BEGAN + number,
        livemode=False,
        metadata={},
        items=(item,),
    )


@dataclass(frozen=True, kw_only=True)
class Identity:
    """WorkOS with an organization and a member for each of them."""

    size: int

    def probe(self, path: str) -> Answer:
        raise NotImplementedError(path)

    def organizations(self, after: str | None) -> Page[Organization]:
        start = 0 if after is None else _number(after) + 1
        end = min(self.size, start + PAGE)
        rows = tuple(_organization(number) for number in range(start, end))
        return Page(rows=rows, after=rows[-1].id if end < self.size else None)

    def users(self, after: str | None) -> Page[User]:
        raise NotImplementedError(after)

    def user(self, user_id: str) -> User:
        raise NotImplementedError(user_id)

    def memberships_of_user(self, user_id: str) -> tuple[Membership, ...]:
        return (_membership(_number(user_id)),)

    def memberships_of_organization(
        self, organization_id: str
    ) -> tuple[Membership, ...]:
        return (_membership(_number(organization_id)),)

    def organization(self, organization_id: str) -> Organization:
        return _organization(_number(organization_id))

    def roles(self) -> tuple[str, ...]:
        return ("member", "owner", "expert_community")

    def set_link(
        self, organization_id: str, customer_id: str | None
    ) -> Written[Organization]:
        raise NotImplementedError(organization_id, customer_id)


def _organization(number: int) -> Organization:
    return Organization(
        id=_id("org", number),
        name=f"Practice {number}",
        external_id=None,
        stripe_customer_id=None,
        metadata={},
    )


def _membership(number: int) -> Membership:
    return Membership(
        id=_id("om", number),
        user=_id("user", number),
        organization=_id("org", number),
        status="active",
        role="owner",
        directory_managed=False,
    )


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_{number:016d}"


def _number(object_id: str) -> int:
    return int(object_id.rpartition("_")[2])


def main() -> None:
    """Plan, and write seconds and peaks: after the plan, and after its report."""
    size, file = int(sys.argv[1]), Path(sys.argv[2])
    # planning a migration asks for a part of what a port can do
    billing = cast("StripePort", Billing(size=size))
    identity = cast("WorkosPort", Identity(size=size))
    ports = Ports(stripe=billing, workos=identity)
    found: dict[str, float] = {"start_kb": peak_kb()}
    make = Planning.make

    def made(planning: Planning) -> Planned:
        began = time.perf_counter()
        planned = make(planning)
        found["plan_s"] = time.perf_counter() - began
        found["plan_kb"] = peak_kb()
        return planned

    with (
        patch.object(App, "open_ports", lambda _app: ports),
        patch.object(Planning, "make", made),
    ):
        began = time.perf_counter()
        code = run(["migrate", "plan", "--quiet", "--format", "json"])
    found["command_s"] = time.perf_counter() - began
    found["command_kb"] = peak_kb()
    file.write_text(json.dumps(found), "utf-8")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
