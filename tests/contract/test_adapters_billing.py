"""Invoices, previews of several items, and prices that are changed: sent and done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from eleva_cli.errors import RejectedError
from eleva_cli.ports import (
    Fields,
    Invoice,
    ItemWish,
    Proration,
    Renewal,
    StripePort,
)
from tests.contract.adapter_world import Answer, Request, opened
from tests.contract.sandbox_world import playing
from tests.contract.test_adapters_stripe import item, subscription
from tests.sandbox.till import SHOP

WISH = ItemWish(item="si_1", price="price_2", quantity=3)
METERED = ItemWish(item="si_2", price="price_3", quantity=None)
UNPAID = {
    "id": "in_1",
    "customer": "cus_1",
    "status": "open",
    "total": 2500,
    "amount_due": 2000,
    "currency": "eur",
    "created": 7,
    "hosted_invoice_url": "https://invoice.example.com/i/secret",
    "parent": {"subscription_details": {"subscription": "sub_1"}},
}
READ = Invoice(
    id="in_1",
    customer="cus_1",
    status="open",
    total=2500,
    currency="eur",
    amount_due=2000,
    subscription="sub_1",
    created=7,
    hosted_url="https://invoice.example.com/i/secret",
)


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripePort]:
    """A shop whose customers pay, have no card, or a bad one; three old units each."""
    subscriptions = [
        {"id": f"sub_{name}", "customer": f"cus_{name}", "items": [held], "created": 9}
        for name in ("pays", "poor", "broke")
        for held in [{"price": "price_old", "quantity": 3}]
    ]
    with playing(tmp_path, {"stripe": {**SHOP, "subscriptions": subscriptions}}) as at:
        yield at.stripe


def body(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body, keep_blank_values=True))


def wish(stripe: StripePort, subscription_id: str, price: str) -> ItemWish:
    (found,) = stripe.billed(subscription_id).items
    return ItemWish(item=found.id, price=price, quantity=found.quantity)


def changed(
    stripe: StripePort,
    subscription_id: str,
    price: str | None = None,
    fields: Fields | None = None,
    *,
    proration: Proration = "none",
    key: str = "k1",
) -> Any:
    items = [] if price is None else [wish(stripe, subscription_id, price)]
    return stripe.revise_subscription(
        subscription_id, fields or {}, items=items, proration=proration, key=key
    )


def test_invoices_are_listed_by_their_status() -> None:
    """Each with its subscription; one of nobody's subscription has none."""
    other = {**UNPAID, "id": "in_2", "parent": None, "hosted_invoice_url": None}
    page = {"data": [UNPAID, other], "has_more": True}
    with opened(lambda _: Answer(page)) as (ports, app):
        found = ports.stripe.invoices("open", "in_9")

    lone = replace(READ, id="in_2", subscription=None, hosted_url=None)
    assert (found.rows, found.after) == ((READ, lone), "in_2")
    assert app.seen[0].path == "/v1/invoices"
    assert app.seen[0].query == {
        "limit": "100",
        "starting_after": "in_9",
        "status": "open",
    }


def test_a_page_to_pay_at_stands_in_no_repr() -> None:
    """Whoever has the link sees the invoice."""
    assert "example.com" not in repr(READ)


def test_a_billed_subscription_has_its_latest_invoice() -> None:
    """So has its customer; both in one request, or there would be their ids only."""
    row = {**subscription(1, [item(1)], has_more=False), "latest_invoice": UNPAID}
    payer = {"id": row["customer"], "object": "customer", "discount": {"id": "di_1"}}
    with opened(lambda _: Answer({**row, "customer": payer})) as (ports, app):
        found = ports.stripe.billed("sub_1")
    with opened(lambda _: Answer({**row, "latest_invoice": "in_1"})) as (ports, _):
        bare = ports.stripe.subscription("sub_1")

    assert (found.invoice, bare.invoice) == (READ, None)
    assert (found.customer, found.discounted) == (bare.customer, True)
    assert not bare.discounted
    assert found.facets == bare.facets
    (asked,) = app.seen
    assert asked.query == {"expand[0]": "latest_invoice", "expand[1]": "customer"}


@pytest.mark.parametrize(
    ("items", "sent"),
    [
        ((), {}),
        (
            (WISH, METERED),
            {
                "subscription_details[items][0][id]": "si_1",
                "subscription_details[items][0][price]": "price_2",
                "subscription_details[items][0][quantity]": "3",
                "subscription_details[items][1][id]": "si_2",
                "subscription_details[items][1][price]": "price_3",
                "subscription_details[proration_behavior]": "always_invoice",
            },
        ),
    ],
)
def test_a_preview_names_every_item(
    items: tuple[ItemWish, ...], sent: dict[str, str]
) -> None:
    """By its own id and with its quantity; without any it is what comes anyway."""
    answer = {"total": 5, "amount_due": 9, "currency": "eur", "period_end": 7}
    with opened(lambda _: Answer(answer)) as (ports, app):
        found = ports.stripe.preview_items("sub_1", items, proration="always_invoice")

    assert found == Renewal(total=5, currency="eur", due_at=7, amount_due=9)
    assert app.seen[0].path == "/v1/invoices/create_preview"
    assert body(app.seen[0]) == {"subscription": "sub_1", **sent}


ITEMS = {
    "items[0][id]": "si_1",
    "items[0][price]": "price_2",
    "items[0][quantity]": "3",
}
UNCOLLECTED = {"payment_behavior": "default_incomplete"}


@pytest.mark.parametrize(
    ("fields", "items", "proration", "sent"),
    [
        ({"metadata.a": "b"}, (), "none", {"metadata[a]": "b"}),
        ({"metadata.a": None}, (), "none", {"metadata[a]": ""}),
        (
            {"cancel_at_period_end": "true"},
            (),
            "none",
            {"cancel_at_period_end": "true"},
        ),
        ({"metadata.a": "b"}, (), "always_invoice", {"metadata[a]": "b"}),
        ({}, (WISH,), "none", {**ITEMS, **UNCOLLECTED}),
        ({}, (WISH,), "create_prorations", {**ITEMS, **UNCOLLECTED}),
        (
            {"metadata.a": "b", "cancel_at_period_end": "false"},
            (WISH,),
            "always_invoice",
            {
                **ITEMS,
                "metadata[a]": "b",
                "cancel_at_period_end": "false",
                "payment_behavior": "error_if_incomplete",
            },
        ),
    ],
)
def test_a_revision_is_one_request(
    fields: Fields,
    items: tuple[ItemWish, ...],
    proration: Proration,
    sent: dict[str, str],
) -> None:
    """What may bill says how: left unpaid, or paid at once or not done at all."""
    with opened(lambda _: Answer(subscription(1, [], has_more=False))) as (ports, app):
        ports.stripe.revise_subscription(
            "sub_1", fields, items=items, proration=proration, key="k1"
        )

    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/subscriptions/sub_1")
    assert asked.headers["idempotency-key"] == "k1"
    assert body(asked) == {"proration_behavior": proration, **sent}


def test_an_end_that_is_neither_is_not_sent() -> None:
    """Anything but "true" and "false" is a mistake of ours."""
    with opened(lambda _: Answer({})) as (ports, app), pytest.raises(KeyError):
        ports.stripe.revise_subscription(
            "sub_1",
            {"cancel_at_period_end": "yes"},
            items=(),
            proration="none",
            key="k",
        )

    assert app.seen == []


@pytest.mark.parametrize(
    "act",
    [
        lambda stripe: stripe.billed("a/b"),
        lambda stripe: stripe.preview_items("a/b", ()),
        lambda stripe: stripe.preview_items("sub_1", [replace(WISH, item="a/b")]),
        lambda stripe: stripe.preview_items("sub_1", [replace(WISH, price="a/b")]),
        lambda stripe: changed(stripe, "a/b"),
    ],
)
def test_what_cannot_be_an_id_is_not_sent(act: Any) -> None:
    """Neither in a path nor as a parameter."""
    with (
        opened(lambda _: Answer({})) as (ports, app),
        pytest.raises(RejectedError) as no,
    ):
        act(ports.stripe)

    assert (no.value.code, app.seen) == ("id-malformed", [])


def test_a_price_and_its_stamp_move_together(stripe: StripePort) -> None:
    """The item and its quantity stay, the price is another, and nothing is billed."""
    before = stripe.billed("sub_pays")
    fields = {"metadata.a": "b"}
    after = changed(stripe, "sub_pays", "price_dear", fields).value

    assert [(it.id, it.price, it.quantity) for it in after.items] == [
        (before.items[0].id, "price_dear", 3)
    ]
    assert (after.metadata, after.status) == ({"a": "b"}, "active")
    assert stripe.invoices("open", None).rows == ()
    assert stripe.billed("sub_pays").invoice == before.invoice


@pytest.mark.parametrize("proration", ["none", "create_prorations"])
def test_the_next_renewal_is_previewed_with_other_prices(
    stripe: StripePort, proration: Proration
) -> None:
    """Three units of each; prorated, what is left of the period comes to it."""
    dear = wish(stripe, "sub_pays", "price_dear")
    as_is = stripe.preview_items("sub_pays", ())
    then = stripe.preview_items("sub_pays", [dear], proration=proration)
    again = stripe.preview_items("sub_pays", ())

    assert as_is.total == again.total == 3 * 2990
    assert (then.total == 3 * 4990) == (proration == "none")
    assert then.total >= 3 * 4990


def test_what_a_change_bills_now_is_previewed_and_paid(stripe: StripePort) -> None:
    """The invoice that comes is the one that was previewed, and the card pays it."""
    dear = wish(stripe, "sub_pays", "price_dear")
    due = stripe.preview_items("sub_pays", [dear], proration="always_invoice")
    changed(stripe, "sub_pays", "price_dear", proration="always_invoice")
    invoice = stripe.billed("sub_pays").invoice

    assert invoice is not None
    assert (invoice.status, invoice.subscription) == ("paid", "sub_pays")
    assert invoice.total == due.total == due.amount_due


@pytest.mark.parametrize("who", ["poor", "broke"])
def test_what_cannot_be_paid_at_once_is_not_done(stripe: StripePort, who: str) -> None:
    """Neither without a card nor with a bad one; the subscription is as it was."""
    before = stripe.billed(f"sub_{who}")
    with pytest.raises(RejectedError) as refused:
        changed(
            stripe,
            f"sub_{who}",
            "price_dear",
            {"metadata.a": "b"},
            proration="always_invoice",
        )

    assert refused.value.status == {"poor": 400, "broke": 402}[who]
    assert stripe.billed(f"sub_{who}") == before
    assert stripe.invoices("open", None).rows == ()


def test_what_falls_due_unasked_is_not_collected(stripe: StripePort) -> None:
    """Another interval bills at once; the good card is not charged for it."""
    changed(stripe, "sub_pays", "price_year")
    found = stripe.billed("sub_pays")

    assert found.invoice is not None
    assert (found.status, found.invoice.status) == ("past_due", "open")
    assert stripe.invoices("open", None).rows == (found.invoice,)
    assert stripe.invoices("draft", None).rows == ()


def test_an_end_with_the_period_is_set_and_taken_back(stripe: StripePort) -> None:
    """A repeated key says so and does nothing."""
    ending = changed(stripe, "sub_pays", fields={"cancel_at_period_end": "true"}).value
    back = {"cancel_at_period_end": "false"}
    going = changed(stripe, "sub_pays", fields=back, key="k2")
    again = changed(stripe, "sub_pays", fields=back, key="k2")

    assert ending.ends_with_period
    assert ending.cancel_at == ending.items[0].period_end
    assert (going.value.ends_with_period, going.value.cancel_at) == (False, None)
    assert (going.replayed, again.replayed) == (False, True)
