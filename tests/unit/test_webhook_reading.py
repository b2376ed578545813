"""What an event is about, in whatever version it is written, and what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.ports import RawEvent
from eleva_cli.webhook import Event
from eleva_cli.webhook.reading import raw_of, read

OLD, NEW = "2024-06-20", "2026-10-28.endive"
END = 1_770_000_000


def text(
    about: object, type_: str = "customer.subscription.updated", **more: Any
) -> str:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": NEW,
        "created": 1_760_000_000,
        "type": type_,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
    }
    return json.dumps(event | more)


def told(
    about: object, type_: str = "customer.subscription.updated", **more: Any
) -> Event:
    return read(raw_of(text(about, type_, **more)))


def subscription(**more: Any) -> dict[str, Any]:
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        **more,
    }


def item(**more: Any) -> dict[str, Any]:
    return {
        "id": "si_1",
        "object": "subscription_item",
        "price": {"id": "price_1"},
        **more,
    }


OLD_SUBSCRIPTION = subscription(
    current_period_start=1,
    current_period_end=END,
    discount=None,
    plan={"id": "price_1"},
    items={"data": [item()]},
)
NEW_SUBSCRIPTION = subscription(
    discounts=[],
    items={"data": [item(current_period_start=1, current_period_end=END)]},
)


def invoice(**more: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "customer": "cus_1",
        "status": "paid",
        **more,
    }


OLD_INVOICE = invoice(
    subscription="sub_1",
    subscription_details={"metadata": {"tier": "top"}},
    payment_intent="pi_1",
    charge="ch_1",
    paid=True,
)
NEW_INVOICE = invoice(
    parent={
        "subscription_details": {"subscription": "sub_1", "metadata": {"tier": "top"}}
    },
    payments={"data": []},
    confirmation_secret={"client_secret": None},
)


@pytest.mark.parametrize(
    ("old", "new"), [(OLD_SUBSCRIPTION, NEW_SUBSCRIPTION), (OLD_INVOICE, NEW_INVOICE)]
)
def test_both_shapes_of_an_object_are_read_alike(old: object, new: object) -> None:
    """Before and after 2025-03-31.basil; only the version differs."""
    of_old = told(old, api_version=OLD)
    of_new = told(new, api_version=NEW)
    fields = ("customer", "subscription", "status", "price", "ends_at", "about")

    assert [getattr(of_old, f) for f in fields] == [getattr(of_new, f) for f in fields]
    assert of_new.subscription == "sub_1"
    assert (of_old.version, of_new.version) == (OLD, NEW)


def test_a_subscription_s_end_and_price_are_told_in_both_shapes() -> None:
    """From itself or its items, from an old plan or an item's price."""
    bare = subscription(current_period_end=END, plan={"id": "price_9"})

    assert (told(NEW_SUBSCRIPTION).ends_at, told(NEW_SUBSCRIPTION).price) == (
        END,
        "price_1",
    )
    assert (told(bare).ends_at, told(bare).price) == (END, "price_9")


def test_of_items_that_end_apart_the_last_one_counts() -> None:
    """Their periods may differ since they stand on the items."""
    items = {"data": [item(current_period_end=END), item(current_period_end=END + 9)]}

    assert told(subscription(items=items)).ends_at == END + 9


@pytest.mark.parametrize("whom", ["cus_1", {"id": "cus_1", "object": "customer"}])
def test_a_customer_may_be_expanded(whom: object) -> None:
    """An id, or the object in its place."""
    assert told(subscription(customer=whom)).customer == "cus_1"


def test_a_deleted_customer_names_itself() -> None:
    """Little is left of a deleted object."""
    gone = {"id": "cus_1", "object": "customer", "deleted": True}
    found = told(gone, "customer.deleted")

    assert (found.about, found.customer, found.status) == ("cus_1", "cus_1", None)


def test_an_entitlement_summary_has_no_id() -> None:
    """It is about its customer all the same."""
    summary = {"object": "entitlements.active_entitlement_summary", "customer": "cus_1"}
    found = told(summary, "entitlements.active_entitlement_summary.updated")

    assert (found.about, found.customer) == ("", "cus_1")


def test_a_thin_event_only_points_at_its_object() -> None:
    """Its time is a text, and its object is to be fetched."""
    raw = raw_of(
        json.dumps(
            {
                "id": "evt_2",
                "object": "v2.core.event",
                "type": "v1.customer.updated",
                "created": "2026-01-02T03:04:05.678Z",
                "related_object": {"id": "cus_1", "type": "customer", "url": "/v1"},
            }
        )
    )
    found = read(raw)

    assert (found.created, found.customer, found.version) == (1767323045, "cus_1", None)


@pytest.mark.parametrize(
    "about", [None, [], "x", 3, {}, {"items": []}, {"items": {"data": [1]}}]
)
def test_an_unknown_object_names_nobody_and_fails_nobody(about: object) -> None:
    """New types come at any time."""
    found = told(about, "billing.alert.triggered")

    assert (found.type, found.customer, found.subscription) == (
        "billing.alert.triggered",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("type_", "data", "names"),
    [
        (
            "organization.updated",
            {"id": "org_1", "stripe_customer_id": "cus_1"},
            ("org_1", None, "cus_1"),
        ),
        (
            "organization_membership.created",
            {"id": "om_1", "organization_id": "org_1", "user_id": "user_1"},
            ("org_1", "user_1", None),
        ),
        ("user.deleted", {"id": "user_1"}, (None, "user_1", None)),
        ("dsync.activated", {"organization_id": "org_1"}, ("org_1", None, None)),
    ],
)
def test_events_of_workos_name_organization_and_user(
    type_: str, data: object, names: tuple[str | None, ...]
) -> None:
    """They have another outside than Stripe's."""
    row = {
        "id": "event_1",
        "event": type_,
        "created_at": "2026-01-02T03:04:05Z",
        "data": data,
    }
    raw = raw_of(json.dumps(row))
    found = read(raw)

    assert (raw.service, found.created) == ("workos", 1767323045)
    assert (found.organization, found.user, found.customer) == names


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "{",
        "[]",
        "null",
        '"evt_1"',
        "{}",
        "[" * 100_000,
        json.dumps({"object": "event"}),
        json.dumps({"object": "charge", "id": "ch_1"}),
        text({}, id=""),
        text({}, id="evt_1\n2"),
        text({}, id="evt_1 or 1"),
        text({}, id="evt_\u202e1"),
        text({}, id="e" * 300),
        text({}, id=7),
        text({}, type=None),
        text({}, type="a\x1b[31mb"),
        text({}, created="yesterday"),
        text({}, created=True),
        text({}, created=-5),
        text({}, created=10**15),
        text({}, created=None),
        '{"object": "event", "id": "evt_1", "type": "a", "created": '
        + "9" * 5_000
        + "}",
        json.dumps(
            {"event": "user.created", "id": "event_1", "created_at": "0001-01-01"}
        ),
    ],
)
def test_what_is_no_event_is_told_without_its_text(bad: str) -> None:
    """One named error, and nothing private in it."""
    with pytest.raises(UsageError) as caught:
        raw_of(bad)

    assert caught.value.code == "event-text"
    assert "\x1b" not in str(caught.value)


def test_hostile_words_inside_name_nothing() -> None:
    """What goes to a terminal is an id or a word."""
    found = told(
        subscription(customer="cus_\x1b]0;x\x07", status="ä" * 9, id="s" * 999)
    )

    assert (found.customer, found.status, found.about) == (None, None, "")
    assert told(subscription(customer="../v1/account?x")).customer is None


def test_the_text_of_an_event_stands_in_no_repr() -> None:
    """It may hold e-mails."""
    raw = raw_of(text({"id": "cus_1", "email": "ana@example.com"}))

    assert "ana@" not in repr(raw)
    assert "ana@" not in repr(read(raw))


def test_a_time_without_zone_is_in_utc() -> None:
    """Wherever this runs."""
    raw = raw_of(text({}, created="2026-01-02T03:04:05"))

    assert raw.created == 1767323045
    assert isinstance(raw, RawEvent)
