"""Who is on an old price is paged, and each item previewed on both sides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from eleva_cli.errors import MissingError
from eleva_cli.observe.renewals import Renewals
from eleva_cli.ports import (
    Page,
    PriceOffer,
    Renewal,
    StripePort,
    Subscription,
    SubscriptionItem,
)
from eleva_cli.progress import SilentProgress
from tests.clock import FakeClock
from tests.unit.test_catalog_moving import ITEM, SUBSCRIPTION, TARGET

EXTRA = SubscriptionItem(
    id="si_extra",
    price="price_old",
    product="basic",
    quantity=2,
    unit_amount=2500,
    currency="eur",
    interval="month",
)


@dataclass(slots=True)
class Payments:
    """Subscriptions on a price, two a page; a cut one shows its rest when asked."""

    people: list[Subscription]
    asked: list[tuple[str, str, int | None]] = field(default_factory=list)

    def subscriptions_on(self, price_id: str, after: str | None) -> Page[Subscription]:
        assert price_id == "price_old"
        start = 0 if after is None else int(after)
        end = start + 2
        return Page(
            rows=tuple(self.people[start:end]),
            after=str(end) if end < len(self.people) else None,
        )

    def whole(self, subscription: Subscription) -> Subscription:
        return replace(subscription, items=(*subscription.items, EXTRA), is_cut=False)

    def preview_renewal(
        self,
        subscription_id: str,
        item_id: str,
        price: str | PriceOffer,
        *,
        quantity: int | None = None,
    ) -> Renewal:
        if subscription_id == "sub_gone":
            raise MissingError("no such subscription", code="missing", service="stripe")
        side = price if isinstance(price, str) else "offer"
        self.asked.append((item_id, side, quantity))
        each = 2500 if side == "price_old" else 3000
        return Renewal(total=each * (quantity or 0), currency="eur", due_at=1)


def person(name: str, **changed: object) -> Subscription:
    item = replace(ITEM, id=f"si_{name}")
    mine = replace(SUBSCRIPTION, id=f"sub_{name}", items=(item,))
    return replace(mine, **changed)  # type: ignore[arg-type]


def look(payments: Payments) -> dict[str, tuple[int | None, int | None, str]]:
    """Return by item what both previews said, or why there are none."""
    port = cast("StripePort", payments)
    found = Renewals(stripe=port, clock=FakeClock(), progress=SilentProgress()).look(
        [TARGET]
    )
    return {
        each.item.id: (
            each.before.total if each.before else None,
            each.after.total if each.after else None,
            each.refused,
        )
        for each in found
    }


def test_every_item_is_previewed_twice() -> None:
    """Over all pages, items that a list left out included, with their quantities."""
    payments = Payments([person("a"), person("b"), person("c", is_cut=True)])

    assert look(payments) == {
        "si_a": (2500, 3000, ""),
        "si_b": (2500, 3000, ""),
        "si_c": (2500, 3000, ""),
        "si_extra": (5000, 6000, ""),
    }
    assert sorted(payments.asked)[-2:] == [
        ("si_extra", "offer", 2),
        ("si_extra", "price_old", 2),
    ]


def test_who_stays_anyway_is_not_previewed() -> None:
    """It would cost two calls and tell nothing."""
    payments = Payments([person("late", status="past_due")])

    assert look(payments) == {"si_late": (None, None, "")}
    assert payments.asked == []


def test_a_refused_preview_holds_one() -> None:
    """A subscription that went away meanwhile is no reason to stop."""
    payments = Payments([person("gone"), person("a")])

    assert look(payments) == {
        "si_a": (2500, 3000, ""),
        "si_gone": (None, None, "no such subscription"),
    }
