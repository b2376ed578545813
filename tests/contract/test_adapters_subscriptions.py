"""Subscriptions: read whole, their renewal previewed, an item put on another price."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from eleva_cli.errors import InDoubtError, RejectedError
from eleva_cli.ports import Ports, PriceOffer, Renewal, StripePort, Terms
from tests.contract.adapter_world import Answer, Request, opened
from tests.contract.test_adapters_sales import MONTHLY
from tests.contract.test_adapters_stripe import item, newest_first, subscription

ITEM = {
    "id": "si_1",
    "price": {
        "id": "price_1",
        "product": "prod_1",
        "unit_amount": 2500,
        "currency": "eur",
        "recurring": {"interval": "month"},
    },
}
PREVIEW = {
    "total": 3570,
    "currency": "eur",
    "period_end": 1000,
    "next_payment_attempt": 4600,
}


def selling(item: dict[str, Any], preview: dict[str, Any] = PREVIEW) -> Any:
    """Answer with an item and a preview."""

    def answer(request: Request) -> Answer:
        return Answer(preview if request.path.startswith("/v1/invoices") else item)

    return answer


def moving(ports: Ports) -> object:
    return ports.stripe.move_item("si_1", "price_2", key="k1")


def test_a_subscription_is_read_with_all_its_items() -> None:
    """Also those that its own answer leaves out; its schedule by its id."""
    items = [item(n) for n in range(12)]

    def answer(request: Request) -> Answer:
        if request.path == "/v1/subscription_items":
            return newest_first(items)(request)
        row = subscription(1, items[:10], has_more=True)
        return Answer({**row, "schedule": {"id": "sub_sched_1"}})

    with opened(answer) as (ports, app):
        found = ports.stripe.subscription("sub_1")

    assert (len(found.items), found.is_cut) == (12, False)
    assert found.schedule == "sub_sched_1"
    assert app.seen[0].path == "/v1/subscriptions/sub_1"


def test_subscriptions_on_a_price_are_those_that_live() -> None:
    """Canceled ones are left out by saying no status; a page says what it cut."""
    rows = [subscription(1, [item(1)], has_more=True)]
    with opened(lambda _: Answer({"data": rows, "has_more": True})) as (ports, app):
        found = ports.stripe.subscriptions_on("price_1", "sub_9")

    assert [(row.id, row.is_cut, row.schedule) for row in found.rows] == [
        ("sub_1", True, None)
    ]
    assert found.after == "sub_1"
    assert app.seen[0].query == {
        "limit": "100",
        "price": "price_1",
        "starting_after": "sub_9",
    }


def test_a_preview_asks_with_the_quantity_there_is() -> None:
    """Another price sets it to one unless it is said; nothing is prorated."""
    with opened(selling({**ITEM, "quantity": 3})) as (ports, app):
        found = ports.stripe.preview_renewal("sub_1", "si_1", "price_2")

    assert found == Renewal(total=3570, currency="eur", due_at=4600)
    read, asked = app.seen
    assert (read.method, read.path) == ("GET", "/v1/subscription_items/si_1")
    assert (asked.method, asked.path) == ("POST", "/v1/invoices/create_preview")
    assert sent(asked) == {
        "subscription": "sub_1",
        "subscription_details[items][0][id]": "si_1",
        "subscription_details[items][0][quantity]": "3",
        "subscription_details[items][0][price]": "price_2",
        "subscription_details[proration_behavior]": "none",
    }


def sent(request: Request) -> dict[str, str]:

    return dict(parse_qsl(request.body))


def test_a_preview_without_an_attempt_is_due_at_its_end() -> None:
    """And one that says neither is not guessed."""
    said = {**PREVIEW, "next_payment_attempt": None}
    with opened(selling(ITEM, said)) as (ports, _):
        ends = ports.stripe.preview_renewal("sub_1", "si_1", "price_2")
    with opened(selling(ITEM, {**said, "period_end": None})) as (ports, _):
        silent = ports.stripe.preview_renewal("sub_1", "si_1", "price_2")

    assert (ends.due_at, silent.due_at) == (1000, None)


def test_a_metered_offer_cannot_be_previewed() -> None:
    """Stripe takes no meter in a price that is described inline."""
    terms = Terms(currency="eur", amount=900, interval="month", meter="mtr_1")
    offer = PriceOffer(product="prod_1", terms=terms)
    with opened(selling(ITEM)) as (ports, app), pytest.raises(RejectedError) as caught:
        ports.stripe.preview_renewal("sub_1", "si_1", offer)

    assert (caught.value.code, app.seen) == ("preview-metered", [])


def test_a_preview_that_is_not_understood_changed_nothing() -> None:
    """So the hint is that of a read."""
    with opened(selling(ITEM, {})) as (ports, _), pytest.raises(InDoubtError) as caught:
        ports.stripe.preview_renewal("sub_1", "si_1", "price_2")

    assert "nothing was changed" in caught.value.hint


@pytest.mark.parametrize(("quantity", "kept"), [(3, {"quantity": "3"}), (None, {})])
def test_an_item_keeps_its_quantity(quantity: int | None, kept: dict[str, str]) -> None:
    """A metered one has none, and none is said."""
    with opened(selling({**ITEM, "quantity": quantity})) as (ports, app):
        moving(ports)

    read, moved = app.seen
    assert (read.method, moved.method) == ("GET", "POST")
    assert moved.path == "/v1/subscription_items/si_1"
    assert moved.headers["idempotency-key"] == "k1"
    assert sent(moved) == {"price": "price_2", "proration_behavior": "none", **kept}


def test_an_item_moves_on_the_sandbox(port: StripePort) -> None:
    """The renewal is what the preview said, whether the price is there or not."""
    (subscribed,) = port.subscriptions_on("price_1", None).rows
    (before,) = subscribed.items
    dear = port.create_price("prod_1", MONTHLY, {}, key="k1").value
    offer = PriceOffer(product="prod_1", terms=MONTHLY)
    offered = port.preview_renewal("sub_1", before.id, offer)
    previewed = port.preview_renewal("sub_1", before.id, dear.id)
    moved = port.move_item(before.id, dear.id, key="k2")
    again = port.move_item(before.id, dear.id, key="k2")
    whole = port.subscription("sub_1")

    assert previewed == offered
    assert (previewed.total, previewed.currency) == (2700, "eur")
    assert previewed.due_at == before.period_end
    assert (moved.value.price, moved.value.quantity) == (dear.id, 3)
    assert (moved.replayed, again.replayed) == (False, True)
    assert whole.items == (moved.value,)
    assert whole.schedule is None
    assert port.subscriptions_on("price_1", None).rows == ()
