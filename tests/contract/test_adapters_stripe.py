"""Stripe against a small server that behaves: what is sent, what is understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eleva_cli.errors import RemoteError
from eleva_cli.ports import Account, Customer
from tests.contract.adapter_world import WINDOW, Answer, Request, customer, opened


def item(n: int, **price: object) -> dict[str, object]:
    return {
        "id": f"si_{n}",
        "object": "subscription_item",
        "quantity": 1,
        "price": {
            "id": f"price_{n}",
            "product": "prod_1",
            "unit_amount": 2500,
            "currency": "eur",
            "recurring": {"interval": "month"},
            **price,
        },
    }


def subscription(n: int, items: list[Any], *, has_more: bool) -> dict[str, object]:
    return {
        "id": f"sub_{n}",
        "customer": "cus_1",
        "status": "canceled",
        "created": 1500,
        "livemode": False,
        "metadata": {},
        "items": {"data": items, "has_more": has_more},
    }


def newest_first(rows: list[Any]) -> Callable[[Request], Answer]:
    """Page as Stripe does: `limit`, `starting_after`, `has_more`."""

    def answer(request: Request) -> Answer:
        after = request.query.get("starting_after")
        ids = [row["id"] for row in rows]
        start = 0 if after is None else ids.index(after) + 1
        end = start + int(request.query["limit"])
        body = {"object": "list", "data": rows[start:end], "has_more": end < len(rows)}
        return Answer(body)

    return answer


def test_customers_are_read_to_the_end_in_their_window() -> None:
    """A hundred a page, the last id as the cursor, and the window on every page."""
    rows = [customer(n) for n in range(250, 0, -1)]
    with opened(newest_first(rows)) as (ports, app):
        found: list[Customer] = []
        after = None
        while True:
            page = ports.stripe.customers(WINDOW, after)
            found += page.rows
            after = page.after
            if after is None:
                break

    assert [row["id"] for row in rows] == [row.id for row in found]
    assert {"workosUserId": "user_250"} == found[0].metadata
    window = {"created[gte]": "1000", "created[lt]": "2000", "limit": "100"}
    assert [
        window,
        window | {"starting_after": "cus_151"},
        window | {"starting_after": "cus_51"},
    ] == [request.query for request in app.seen]


def test_subscriptions_have_every_status_and_every_item() -> None:
    """The nested list stops at ten: the rest is read from its own endpoint."""
    items = [item(n) for n in range(230)]

    def answer(request: Request) -> Answer:
        if request.path == "/v1/subscription_items":
            return newest_first(items)(request)
        rows = [
            subscription(1, items[:10], has_more=True),
            subscription(2, [item(999)], has_more=False),
        ]
        return Answer({"data": rows, "has_more": False})

    with opened(answer) as (ports, app):
        page = ports.stripe.subscriptions(WINDOW, None)
        cut = [row.is_cut for row in page.rows]
        first, second = (ports.stripe.whole(row) for row in page.rows)

    assert [True, False] == cut
    assert [f"si_{n}" for n in range(230)] == [it.id for it in first.items]
    assert ["si_999"] == [it.id for it in second.items]
    assert page.after is None
    assert "all" == app.seen[0].query["status"]
    asked = [
        (it.query["subscription"], it.query["starting_after"]) for it in app.seen[1:]
    ]
    assert [("sub_1", "si_9"), ("sub_1", "si_109"), ("sub_1", "si_209")] == asked


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({}, ("prod_1", 2500, "month")),
        ({"product": {"id": "prod_9", "name": "x"}}, ("prod_9", 2500, "month")),
        ({"unit_amount": None}, ("prod_1", None, "month")),
        ({"recurring": None}, ("prod_1", 2500, "")),
    ],
)
def test_odd_prices_are_understood(
    price: dict[str, object], expected: tuple[str, int | None, str]
) -> None:
    """Expanded products, tiered amounts and one-time prices are read as they are."""
    row = subscription(1, [item(1, **price)], has_more=False)
    with opened(lambda _: Answer({"data": [row], "has_more": False})) as (ports, _):
        found = ports.stripe.subscriptions(WINDOW, None).rows[0].items[0]

    assert expected == (found.product, found.unit_amount, found.interval)


def test_a_metered_item_has_no_quantity() -> None:
    """The field is left out there."""
    metered = item(1)
    del metered["quantity"]
    row = subscription(1, [metered], has_more=False)
    with opened(lambda _: Answer({"data": [row], "has_more": False})) as (ports, _):
        found = ports.stripe.subscriptions(WINDOW, None).rows[0].items[0]

    assert found.quantity is None


def test_an_empty_item_page_that_promises_more_is_an_error() -> None:
    """Also within a subscription nothing is cut off without a word."""

    def answer(request: Request) -> Answer:
        if request.path == "/v1/subscription_items":
            return Answer({"data": [], "has_more": True})
        row = subscription(1, [item(1)], has_more=True)
        return Answer({"data": [row], "has_more": False})

    with opened(answer) as (ports, _), pytest.raises(RemoteError) as failed:
        ports.stripe.whole(ports.stripe.subscriptions(WINDOW, None).rows[0])

    assert "page-broken" == failed.value.code


def test_an_update_sends_one_call_under_its_key() -> None:
    """`None` unsets by an empty text; the answer says if it is a replay."""

    def answer(request: Request) -> Answer:
        headers = {"Request-Id": "req_7"}
        if len(request.headers["idempotency-key"]) > 3:
            headers["Idempotent-Replayed"] = "true"
        return Answer(customer(1), headers=headers)

    with opened(answer) as (ports, app):
        fresh = ports.stripe.update_customer("cus_1", {"a": "b", "c": None}, key="k1")
        again = ports.stripe.update_customer("cus_1", {"a": "b"}, key="k1-long")

    assert ("POST", "/v1/customers/cus_1") == (app.seen[0].method, app.seen[0].path)
    assert "metadata[a]=b&metadata[c]=" == app.seen[0].body
    assert "k1" == app.seen[0].headers["idempotency-key"]
    assert (False, True) == (fresh.replayed, again.replayed)
    assert ("req_7", "cus_1") == (fresh.request_id, fresh.value.id)


def test_a_deleted_customer_is_returned_so() -> None:
    """Stripe answers 200 with an id and `deleted`, nothing else."""
    body = {"id": "cus_1", "object": "customer", "deleted": True}
    with opened(lambda _: Answer(body), "rk_live_1") as (ports, _):
        found = ports.stripe.customer("cus_1")

    assert found == Customer(
        id="cus_1", created=0, email=None, livemode=True, metadata={}, deleted=True
    )


@pytest.mark.parametrize(
    ("key", "is_live"),
    [
        ("sk_live_1", True),
        ("rk_live_1", True),
        ("sk_test_1", False),
        ("rk_test_1", False),
    ],
)
def test_the_mode_is_the_keys(key: str, is_live: bool) -> None:
    """Also of a restricted key; no request is made for it."""
    with opened(lambda _: Answer({}), key) as (ports, app):
        assert is_live == ports.stripe.is_live()
    assert not app.seen


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"settings": {"dashboard": {"display_name": "Eleva"}}}, "Eleva"),
        ({"business_profile": {"name": "Eleva Care"}}, "Eleva Care"),
        ({"settings": {"dashboard": None}, "business_profile": None}, ""),
        ({}, ""),
    ],
)
def test_the_account_is_read_as_far_as_it_shows(
    more: dict[str, object], name: str
) -> None:
    """A restricted key sees less, and still the id."""
    body = {"id": "acct_1", "country": "PT", "default_currency": "eur", **more}
    with opened(lambda _: Answer(body)) as (ports, app):
        found = ports.stripe.account()

    expected = Account(id="acct_1", name=name, country="PT", default_currency="eur")
    assert expected == found
    assert "/v1/account" == app.seen[0].path


def test_webhook_endpoints_say_what_they_receive() -> None:
    """A disabled one is listed as such."""
    rows = [
        {
            "id": "we_1",
            "url": "https://a.test",
            "status": "enabled",
            "enabled_events": ["*"],
        },
        {
            "id": "we_2",
            "url": "https://b.test",
            "status": "disabled",
            "enabled_events": [],
        },
    ]
    with opened(newest_first(rows)) as (ports, _):
        found = ports.stripe.webhook_endpoints(None).rows

    assert [(True, ("*",)), (False, ())] == [
        (row.enabled, row.enabled_events) for row in found
    ]
