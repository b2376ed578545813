"""What verify reads: a customer's subscriptions and entitlements, events, members."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.plan.selling import OWNER
from eleva_cli.ports import StripeEvent, StripePort, Window, WorkosEvent
from eleva_cli.webhook.reading import raw_of
from tests.contract.adapter_world import WINDOW, Answer, Request, opened
from tests.contract.test_adapters_stripe import item, newest_first, subscription
from tests.contract.test_adapters_workos import membership, oldest_first, organization

EVER = Window(since=0, until=2**40)
EVENT = {
    "id": "evt_1",
    "type": "customer.subscription.updated",
    "created": 1500,
    "data": {
        "object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"},
        "previous_attributes": {"status": "active", "items": {}},
    },
}


def test_an_item_says_what_it_is_sold_as_and_since_when() -> None:
    """Its price's key now, the one it was made under, and the period."""
    row = item(1, lookup_key=None, metadata={OWNER: "old-key", "a": "b"})
    row |= {"current_period_start": 10, "current_period_end": 20}
    body = {**subscription(1, [row], has_more=False), "ended_at": 30}
    with opened(lambda _: Answer(body)) as (ports, _):
        found = ports.stripe.subscription("sub_1")

    (held,) = found.items
    assert (held.key, held.made_as) == (None, "old-key")
    assert (held.period_start, held.period_end, found.ended_at) == (10, 20, 30)


def test_a_customer_s_subscriptions_are_read_to_the_last_item() -> None:
    """Whatever their status, page after page."""
    items = [item(n) for n in range(12)]
    rows = [subscription(n, items[:1], has_more=False) for n in range(150)]
    rows[120] = subscription(120, items[:10], has_more=True)

    def answer(request: Request) -> Answer:
        is_items = request.path == "/v1/subscription_items"
        return newest_first(items if is_items else rows)(request)

    with opened(answer) as (ports, app):
        found = ports.stripe.subscriptions_of("cus_1")

    assert len(found) == 150
    assert sorted({len(each.items) for each in found}) == [1, 12]
    assert not any(each.is_cut for each in found)
    assert (app.seen[0].query["customer"], app.seen[0].query["status"]) == (
        "cus_1",
        "all",
    )


def test_entitlements_are_read_to_the_last_and_each_key_once() -> None:
    """An archived feature and its successor have the same key."""
    rows = [{"id": f"ent_{n}", "lookup_key": f"key-{n // 2}"} for n in range(130)]
    with opened(newest_first(rows)) as (ports, app):
        found = ports.stripe.entitlements_of("cus_1")

    assert len(found) == 65
    assert [each.query["customer"] for each in app.seen] == ["cus_1", "cus_1"]


def test_stripe_s_events_say_whom_they_touch() -> None:
    """Ids and the names of what changed, whatever else is in them."""
    summary = {"customer": "cus_2", "entitlements": {}}
    rows = [
        EVENT,
        {**EVENT, "id": "evt_2", "data": {"object": summary}},
        {**EVENT, "id": "evt_3", "data": {"object": {"id": "prod_1"}}},
        {
            **EVENT,
            "id": "evt_4",
            "data": {"object": {"id": "cus_4", "object": "customer"}},
        },
    ]
    with opened(lambda _: Answer({"data": rows, "has_more": True})) as (ports, app):
        found = ports.stripe.events(WINDOW, ["a.b", "c.d"], "evt_0")

    first, second, third, fourth = found.rows
    assert first == StripeEvent(
        id="evt_1",
        type="customer.subscription.updated",
        created=1500,
        object="sub_1",
        customer="cus_1",
        changed=("status", "items"),
    )
    assert (second.object, second.customer, second.changed) == ("", "cus_2", ())
    assert (third.customer, fourth.customer, found.after) == (None, "cus_4", "evt_4")
    assert app.seen[0].query == {
        "created[gte]": "1000",
        "created[lt]": "2000",
        "types[0]": "a.b",
        "types[1]": "c.d",
        "limit": "100",
        "starting_after": "evt_0",
    }


def test_a_raw_event_is_kept_as_it_came() -> None:
    """Compact, in its own order and version, whatever it is about."""
    row = {**EVENT, "api_version": "2020-08-27", "pending_webhooks": 2, "é": [1, None]}
    odd = {**EVENT, "id": "evt_2", "livemode": True, "data": {"half": "\ud83d"}}
    body = {"data": [row, odd], "has_more": True}
    with opened(lambda _: Answer(body)) as (ports, app):
        found = ports.stripe.raw_events(
            WINDOW, "evt_0", type_="customer.*", delivered=False
        )

    first, second = found.rows
    assert first.text == json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    assert (first.version, first.pending, first.livemode) == ("2020-08-27", 2, None)
    assert (first.id, first.type, first.created) == ("evt_1", EVENT["type"], 1500)
    assert "customer" not in repr(first).replace(first.type, "")
    assert (second.version, second.pending, second.livemode) == (None, None, True)
    assert json.loads(second.text.encode()) == odd
    assert (first.service, found.after) == ("stripe", "evt_2")
    assert app.seen[0].query == {
        "created[gte]": "1000",
        "created[lt]": "2000",
        "type": "customer.*",
        "delivery_success": "false",
        "limit": "100",
        "starting_after": "evt_0",
    }


def test_an_event_is_asked_for_once_more_as_stripe_s_own_cli_does() -> None:
    """A POST that no page documents, under a key, to one endpoint."""
    with opened(lambda _: Answer(EVENT)) as (ports, app):
        again = ports.stripe.retry_event("evt_1", "we_1", key="k1")
        with pytest.raises(RejectedError):
            ports.stripe.retry_event("evt_1/..", "we_1", key="k1")
        with pytest.raises(RejectedError):
            ports.stripe.raw_event("../account")

    (sent,) = app.seen
    assert (again.value.id, again.replayed) == ("evt_1", False)
    assert (sent.method, sent.path) == ("POST", "/v1/events/evt_1/retry")
    assert (sent.body, sent.headers["idempotency-key"]) == (
        "webhook_endpoint=we_1",
        "k1",
    )


def test_workos_raw_events_are_those_of_the_window() -> None:
    """Its end is not in it, though nobody says whether WorkOS's is."""
    moments = (
        "2025-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00Z",
        "2026-01-02T00:00:00Z",
    )
    rows = [
        {**workos_event("a.b"), "id": f"event_{n}", "created_at": moment}
        for n, moment in enumerate(moments)
    ]
    window = Window(since=1_767_225_600, until=1_767_312_000)
    with opened(oldest_first(rows)) as (ports, app):
        found = ports.workos.raw_events(["a.b"], window, None, organization="org_1")

    (row,) = found.rows
    assert (row.id, row.service, row.version) == ("event_1", "workos", None)
    assert json.loads(row.text) == rows[1]
    assert app.seen[0].query == {
        "events": "a.b",
        "range_start": "2026-01-01T00:00:00Z",
        "range_end": "2026-01-02T00:00:00Z",
        "organization_id": "org_1",
        "order": "asc",
        "limit": "100",
    }


def workos_event(kind: str, **data: object) -> dict[str, Any]:
    return {
        "id": "event_1",
        "event": kind,
        "created_at": "2026-01-01T00:00:00.000Z",
        "data": data,
    }


@pytest.mark.parametrize(
    ("kind", "data", "ids"),
    [
        ("organization.updated", {"id": "org_1"}, {"organization": "org_1"}),
        ("user.deleted", {"id": "user_1"}, {"user": "user_1"}),
        (
            "organization_membership.created",
            {"id": "om_1", "organization_id": "org_1", "user_id": "user_1"},
            {"organization": "org_1", "user": "user_1", "membership": "om_1"},
        ),
        ("session.created", {"id": "session_1", "user_id": "user_1"}, {}),
    ],
)
def test_workos_events_say_whom_they_touch(
    kind: str, data: dict[str, str], ids: dict[str, str]
) -> None:
    """Oldest first; the types must be said, and a date that ends in Z."""
    with opened(oldest_first([workos_event(kind, **data)])) as (ports, app):
        found = ports.workos.events(["a.b", kind], 1_767_225_600, None)

    assert found.rows == (
        WorkosEvent(id="event_1", type=kind, created=1_767_225_600, **ids),
    )
    assert app.seen[0].query == {
        "events": f"a.b,{kind}",
        "range_start": "2026-01-01T00:00:00Z",
        "order": "asc",
        "limit": "100",
    }


def test_members_come_with_their_address_and_when_they_changed() -> None:
    """The user is embedded; an older server leaves it out."""
    user = {"id": "user_1", "email": "ana@example.test", "email_verified": False}
    rows = [
        membership(1, user=user, updated_at="2026-01-01T00:00:00.000Z"),
        membership(2),
    ]
    with opened(oldest_first(rows)) as (ports, _):
        first, second = ports.workos.memberships_of_organization("org_1")

    assert (first.email, first.email_verified) == ("ana@example.test", False)
    assert (first.changed_at, second.changed_at) == (1_767_225_600, None)
    assert (second.email, second.email_verified) == (None, True)


def test_an_organization_says_when_it_changed() -> None:
    """A link is no older than that."""
    row = organization(1, updated_at="2026-01-01T00:00:00Z")
    with opened(oldest_first([row])) as (ports, _):
        (found,) = ports.workos.organizations(None).rows

    assert found.changed_at == 1_767_225_600


def test_requests_are_counted_by_service() -> None:
    """All that left, whatever came of them."""
    answers: list[Callable[[Request], Answer]] = [
        oldest_first([organization(1)]),
        newest_first([]),
    ]

    def answer(request: Request) -> Answer:
        return answers[request.path.startswith("/v1/")](request)

    with opened(answer) as (ports, _):
        before = dict(ports.made())
        ports.workos.organizations(None)
        ports.stripe.customers(WINDOW, None)
        ports.stripe.customers(WINDOW, None)

        assert (before, ports.made()) == ({}, {"workos": 1, "stripe": 2})


def test_the_sandbox_tells_the_same(port: StripePort) -> None:
    """Subscriptions, entitlements and events of one customer."""
    (sub,) = port.subscriptions_of("cus_1")
    (held,) = sub.items
    assert (held.key, held.period_end) == ("community-expert-monthly", 4_000_000_000)
    assert port.subscriptions_of("cus_2") == ()
    assert port.entitlements_of("cus_1") == ("events",)
    assert port.entitlements_of("cus_2") == ()

    port.update_customer("cus_1", {"workos_org_id": "org_1"}, key="k1")
    (told,) = port.events(EVER, ["customer.updated"], None).rows
    assert (told.customer, told.object, told.changed) == (
        "cus_1",
        "cus_1",
        ("metadata",),
    )
    assert port.events(EVER, ["product.updated"], None).rows == ()

    (raw,) = port.raw_events(EVER, None, type_="customer.u*").rows
    assert port.raw_event(raw.id) == raw
    assert raw_of(raw.text) == raw
    with pytest.raises(MissingError):
        port.raw_event("evt_never")


def test_a_customer_that_is_not_there_is_missing(port: StripePort) -> None:
    """Not a mistake of ours that ends a look at ten thousand others."""
    for read in (port.subscriptions_of, port.entitlements_of):
        with pytest.raises(MissingError):
            read("cus_never")
        with pytest.raises(RejectedError):
            read("oh no")
