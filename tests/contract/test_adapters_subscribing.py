"""Subscriptions made, changed and ended: what is sent, and what the sandbox does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.ports import Fields, Renewal, StripePort, Subscription
from tests.contract.adapter_world import Answer, Request, opened
from tests.contract.sandbox_world import playing
from tests.contract.test_adapters_stripe import subscription
from tests.sandbox.harness import business

FAR_OFF = 4_000_000_000
MONTH = {"interval": "month"}
CARD = "pm_card_visa"


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripePort]:
    """Three of a paid price under sub_1, a free price, a customer who is deleted."""
    free = {"product": "prod_1", "unit_amount": 0, "recurring": MONTH}
    document = business(
        prices=[{"id": "price_free", **free}, {"id": "price_also_free", **free}],
        customers=[
            {"id": "cus_gone", "deleted": True},
            {"id": "cus_card", "default_source": CARD},
        ],
    )
    document["stripe"]["subscriptions"][0]["items"] = [
        {"price": "price_1", "quantity": 3}
    ]
    with playing(tmp_path, document) as ports:
        yield ports.stripe


def granted(stripe: StripePort, key: str = "k1", **fields: str) -> Subscription:
    written = stripe.create_subscription("cus_2", "price_free", fields, key=key)
    return written.value


def changed(
    stripe: StripePort, found: Subscription, fields: Fields, key: str = "k2"
) -> Subscription:
    (item,) = found.items
    return stripe.update_subscription(
        found.id, fields, item=item.id, quantity=item.quantity, key=key
    ).value


def body(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body, keep_blank_values=True))


@pytest.mark.parametrize(
    ("currency", "said"), [(None, {}), ("eur", {"currency": "eur"})]
)
def test_a_first_invoice_is_previewed_by_its_customer(
    currency: str | None, said: dict[str, str]
) -> None:
    """One unit; a currency only if one is said; what is due comes with the total."""
    answer = {"total": 0, "amount_due": 900, "currency": "eur", "period_end": 7}
    with opened(lambda _: Answer(answer)) as (ports, app):
        found = ports.stripe.preview_first("cus_1", "price_1", currency=currency)

    assert found == Renewal(total=0, currency="eur", due_at=7, amount_due=900)
    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/invoices/create_preview")
    assert body(asked) == {
        "customer": "cus_1",
        "subscription_details[items][0][price]": "price_1",
        "subscription_details[items][0][quantity]": "1",
        **said,
    }


def test_a_new_subscription_is_one_unit_and_charges_nobody() -> None:
    """Fields that are `None` are left out; the default would take the card at once."""
    fields = {"cancel_at": "4000000000", "currency": None, "metadata.a": "b"}
    with opened(lambda _: Answer(subscription(1, [], has_more=False))) as (ports, app):
        ports.stripe.create_subscription("cus_1", "price_1", fields, key="k1")

    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/subscriptions")
    assert asked.headers["idempotency-key"] == "k1"
    assert body(asked) == {
        "customer": "cus_1",
        "items[0][price]": "price_1",
        "items[0][quantity]": "1",
        "metadata[a]": "b",
        "cancel_at": "4000000000",
        "payment_behavior": "default_incomplete",
        "proration_behavior": "none",
    }


ON_ITEM = {
    "items[0][id]": "si_1",
    "items[0][price]": "price_2",
    "payment_behavior": "default_incomplete",
}


@pytest.mark.parametrize(
    ("fields", "quantity", "sent"),
    [
        ({"metadata.a": None}, 3, {"metadata[a]": ""}),
        ({"cancel_at": None}, 3, {"cancel_at": ""}),
        ({"cancel_at": "99"}, 3, {"cancel_at": "99"}),
        ({"price": "price_2"}, 3, {**ON_ITEM, "items[0][quantity]": "3"}),
        ({"price": "price_2"}, None, ON_ITEM),
    ],
)
def test_a_change_is_one_request(
    fields: Fields, quantity: int | None, sent: dict[str, str]
) -> None:
    """Items go along only with a price; a metered one has no quantity to be kept."""
    with opened(lambda _: Answer(subscription(1, [], has_more=False))) as (ports, app):
        ports.stripe.update_subscription(
            "sub_1", fields, item="si_1", quantity=quantity, key="k1"
        )

    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/subscriptions/sub_1")
    assert asked.headers["idempotency-key"] == "k1"
    assert body(asked) == {"proration_behavior": "none", **sent}


def test_an_end_that_is_no_number_is_not_sent() -> None:
    """Stripe takes words for it, which no caller of ours means."""
    word = {"cancel_at": "min_period_end"}
    with opened(lambda _: Answer({})) as (ports, app), pytest.raises(ValueError):  # noqa: PT011 - int's own
        ports.stripe.create_subscription("cus_1", "price_1", word, key="k1")

    assert app.seen == []


def test_to_cancel_is_to_delete_with_a_note() -> None:
    """Neither an invoice nor a proration; a DELETE has no idempotency key."""
    with opened(lambda _: Answer(subscription(1, [], has_more=False))) as (ports, app):
        ports.stripe.cancel_subscription("sub_1", note="by ana")

    (asked,) = app.seen
    assert (asked.method, asked.path) == ("DELETE", "/v1/subscriptions/sub_1")
    assert "idempotency-key" not in asked.headers
    assert asked.query == {
        "cancellation_details[comment]": "by ana",
        "invoice_now": "false",
        "prorate": "false",
    }


def test_all_subscriptions_to_a_price_are_those_of_every_status() -> None:
    """Canceled ones are asked for, too."""
    rows = [subscription(1, [], has_more=False)]
    with opened(lambda _: Answer({"data": rows, "has_more": True})) as (ports, app):
        found = ports.stripe.subscriptions_to("price_1", "sub_9")

    assert found.after == "sub_1"
    assert app.seen[0].query == {
        "limit": "100",
        "price": "price_1",
        "starting_after": "sub_9",
        "status": "all",
    }


@pytest.mark.parametrize(
    "act",
    [
        lambda ports: ports.stripe.preview_first("a/b", "price_1"),
        lambda ports: ports.stripe.preview_first("cus_1", "a/b"),
        lambda ports: ports.stripe.create_subscription("a/b", "price_1", {}, key="k"),
        lambda ports: ports.stripe.create_subscription("cus_1", "a/b", {}, key="k"),
        lambda ports: ports.stripe.update_subscription(
            "sub_1", {"price": "price_1"}, item="a/b", quantity=1, key="k"
        ),
        lambda ports: ports.stripe.cancel_subscription("a/b", note=""),
        lambda ports: ports.stripe.subscriptions_to("a/b", None),
    ],
)
def test_what_cannot_be_an_id_is_not_sent(act: Any) -> None:
    """Neither in a path nor as a parameter."""
    with (
        opened(lambda _: Answer({})) as (ports, app),
        pytest.raises(RejectedError) as no,
    ):
        act(ports)

    assert (no.value.code, app.seen) == ("id-malformed", [])


def test_a_free_subscription_is_active_without_a_card(stripe: StripePort) -> None:
    """It says what it was asked for, and bills its customer in that currency."""
    assert stripe.customer("cus_2").currency is None
    preview = stripe.preview_first("cus_2", "price_free")
    found = granted(stripe, cancel_at=str(FAR_OFF), **{"metadata.a": "b"})

    assert (preview.total, preview.amount_due) == (0, 0)
    assert (found.status, found.cancel_at) == ("active", FAR_OFF)
    assert (found.customer, found.metadata) == ("cus_2", {"a": "b"})
    assert [(it.price, it.quantity) for it in found.items] == [("price_free", 1)]
    assert stripe.subscription(found.id) == found
    assert stripe.customer("cus_2").currency == found.items[0].currency


def test_the_same_key_subscribes_once(stripe: StripePort) -> None:
    """The second answer says that it is a repeated one; other content is refused."""
    first = stripe.create_subscription("cus_2", "price_free", {}, key="k1")
    again = stripe.create_subscription("cus_2", "price_free", {}, key="k1")
    with pytest.raises(RejectedError) as other:
        stripe.create_subscription("cus_2", "price_also_free", {}, key="k1")

    assert (first.replayed, again.replayed) == (False, True)
    assert first.value == again.value
    assert other.value.code == "idempotency-mismatch"
    assert len(stripe.subscriptions_of("cus_2")) == 1


def test_what_would_cost_money_is_left_unpaid(stripe: StripePort) -> None:
    """Also where there is a good card: nothing is taken from it."""
    preview = stripe.preview_first("cus_card", "price_1")
    made = stripe.create_subscription("cus_card", "price_1", {}, key="k1").value

    assert preview.amount_due == 2500
    assert made.status == "incomplete"


def test_another_price_keeps_the_quantity(stripe: StripePort) -> None:
    """All fields in one go, with the item that there is and no other."""
    before = stripe.subscription("sub_1")
    fields = {"price": "price_free", "metadata.a": "b", "cancel_at": str(FAR_OFF)}
    after = changed(stripe, before, fields)

    assert [(it.id, it.price, it.quantity) for it in after.items] == [
        (before.items[0].id, "price_free", 3)
    ]
    assert (after.metadata, after.cancel_at) == ({"a": "b"}, FAR_OFF)
    assert stripe.subscription("sub_1") == after


def test_an_end_and_a_name_are_unset(stripe: StripePort) -> None:
    """Names that are not said stay; a repeated key changes nothing again."""
    before = granted(
        stripe, cancel_at=str(FAR_OFF), **{"metadata.a": "b", "metadata.c": "d"}
    )
    fields = {"cancel_at": None, "metadata.a": None}
    after = changed(stripe, before, fields)
    changed(stripe, before, {"cancel_at": str(FAR_OFF)}, key="k3")
    again = stripe.update_subscription(
        before.id, fields, item=before.items[0].id, quantity=1, key="k2"
    )

    assert (after.cancel_at, after.metadata) == (None, {"c": "d"})
    assert (again.replayed, again.value) == (True, after)
    assert stripe.subscription(before.id).cancel_at == FAR_OFF


def test_a_subscription_ends_once(stripe: StripePort) -> None:
    """The second time there is nothing to end; it stays among those of its price."""
    found = granted(stripe)
    ended = stripe.cancel_subscription(found.id, note="by ana").value
    with pytest.raises(MissingError):
        stripe.cancel_subscription(found.id, note="by ana")
    with pytest.raises(RejectedError):
        changed(stripe, found, {"cancel_at": None})

    assert (ended.id, ended.status) == (found.id, "canceled")
    assert ended.ended_at is not None
    everybody = stripe.subscriptions_to("price_free", None).rows
    assert [row.id for row in everybody] == [found.id]
    assert stripe.subscriptions_on("price_free", None).rows == ()


def test_a_deleted_customer_is_not_subscribed(stripe: StripePort) -> None:
    """Neither the preview nor the request is taken."""
    with pytest.raises(RejectedError) as previewed:
        stripe.preview_first("cus_gone", "price_free")
    with pytest.raises(RejectedError) as subscribed:
        stripe.create_subscription("cus_gone", "price_free", {}, key="k1")

    codes = {previewed.value.remote_code, subscribed.value.remote_code}
    assert codes == {"resource_missing"}
    assert stripe.customer("cus_gone").deleted
