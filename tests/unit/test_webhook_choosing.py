"""Which events are meant, which may be sent on, and who hears them."""

from __future__ import annotations

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.ports import WebhookEndpoint
from eleva_cli.webhook import DAY_S, KEPT_S, Wanted
from eleva_cli.webhook.choosing import customers_of, in_order, is_meant, newest_of_each
from eleva_cli.webhook.families import is_refused, may_send, refused_patterns
from eleva_cli.webhook.hearing import heard
from eleva_cli.webhook.window import kept, span, window_of
from tests.unit.webhook_events import NOW, event


def meant(found: object, **wishes: object) -> bool:
    wanted = Wanted(since=0, until=NOW + 1, **wishes)  # type: ignore[arg-type]
    return is_meant(found, wanted)  # type: ignore[arg-type]


def test_the_end_of_a_window_is_not_in_it() -> None:
    """`since <= created < until`."""
    found = event("evt_1", ago=0)

    assert is_meant(found, Wanted(since=NOW, until=NOW + 1))
    assert not is_meant(found, Wanted(since=0, until=NOW))


def test_types_customers_and_ids_choose() -> None:
    """Empty means all; types may have asterisks."""
    found = event("evt_1")

    assert meant(found)
    assert meant(found, types=("invoice.*", "customer.subscription.*"))
    assert not meant(found, types=("customer.subscription",))
    assert not meant(found, customers=frozenset({"cus_2"}))
    assert meant(found, ids=frozenset({"evt_1"}))


def test_an_organization_chooses_stripe_s_events_by_its_customer() -> None:
    """They name no organization."""
    org = frozenset({"org_1"})
    other = event("event_1", service="workos", organization="org_1", customer=None)

    assert not meant(event("evt_1"), organizations=org)
    assert meant(event("evt_1"), organizations=org, carried=frozenset({"cus_1"}))
    assert meant(other, organizations=org)


@pytest.mark.parametrize(
    ("pending", "waits", "arrived"),
    [(2, True, False), (0, False, True), (None, False, False)],
)
def test_what_is_not_told_neither_waits_nor_arrived(
    pending: int | None, waits: bool, arrived: bool
) -> None:
    """WorkOS does not tell who still waits."""
    found = event("evt_1", pending=pending)

    assert (meant(found, waiting=True), meant(found, waiting=False)) == (waits, arrived)


def test_of_one_second_the_end_of_an_object_is_the_newest() -> None:
    """Doubled ones count once, and what has no id is kept."""
    ended = event("evt_1", type="customer.subscription.deleted")
    changed = event("evt_2")
    summary = event("evt_0", about="", ago=500)

    assert newest_of_each([changed, ended, changed, summary]) == [summary, ended]
    assert [each.id for each in in_order([changed, summary, changed])] == [
        "evt_0",
        "evt_2",
    ]
    assert customers_of([changed, event("evt_3", customer="cus_0", ago=900)]) == [
        "cus_0",
        "cus_1",
    ]


@pytest.mark.parametrize(
    "type_",
    [
        "charge.refunded",
        "payment_intent.succeeded",
        "v1.charge.refunded",
        "Payout.paid",
        "invoice.paid",
        "invoiceitem.created",
        "account.updated",
        "customer.source.created",
        " invoice.paid ",
        "v1.v1.charge.refunded",
        "three_d_secure.authentication.succeeded",
        "reserve.hold.created",
        "balance_settings.updated",
    ],
)
def test_money_is_never_sent_on(type_: str) -> None:
    """Whatever is asked for."""
    assert is_refused(type_)
    assert not may_send(event("evt_1", type=type_), ["*"])
    assert list(refused_patterns([type_])) == [type_]


def test_subscriptions_are_sent_on_and_others_when_asked() -> None:
    """Of WorkOS's all."""
    other = event("evt_1", type="customer.updated")

    assert may_send(event("evt_1"))
    assert not may_send(other)
    assert may_send(other, ["customer.updated"])
    assert may_send(event("e", service="workos", type="user.created"))
    assert list(refused_patterns(["customer.*", "v1.charge.*", "charge.*"])) == [
        "v1.charge.*",
        "charge.*",
    ]


def endpoint(
    *types: str, enabled: bool = True, version: str | None = None
) -> WebhookEndpoint:
    return WebhookEndpoint(
        id="we_1",
        url="https://a.example",
        enabled=enabled,
        enabled_events=types,
        version=version,
    )


@pytest.mark.parametrize(
    ("endpoints", "notes"),
    [
        ([], ("never-subscribed",)),
        ([endpoint("invoice.paid")], ("never-subscribed",)),
        ([endpoint("*", enabled=False)], ("endpoint-disabled",)),
        ([endpoint("*", enabled=False), endpoint("customer.subscription.updated")], ()),
        ([endpoint("*", version="2024-06-20")], ("other-version",)),
        ([endpoint("*")], ()),
        (None, ()),
    ],
)
def test_who_hears_of_an_event_is_said(
    endpoints: list[WebhookEndpoint] | None, notes: tuple[str, ...]
) -> None:
    """By type, by whether an endpoint is enabled, by its version."""
    found = heard(event("evt_1", version="2026-10-28.endive"), endpoints, NOW)

    assert found.notes == notes


def test_what_is_too_old_or_out_of_bounds_is_noted() -> None:
    """The first is lost but for its customer, the second is nobody's business here."""
    old = heard(event("evt_1", ago=KEPT_S + 1), None, NOW)
    money = heard(event("evt_2", type="charge.refunded"), None, NOW)

    assert (old.notes, old.is_lost) == (("too-old",), True)
    assert (money.notes, money.is_lost) == (("out-of-bounds",), False)


@pytest.mark.parametrize(
    ("since", "until", "begin", "end"),
    [
        (None, None, NOW + 1 - DAY_S, NOW + 1),
        ("3d", None, NOW - 3 * DAY_S, NOW + 1),
        ("12h", "1h", NOW - 12 * 3_600, NOW - 3_600),
        (None, "2099-01-01T00:00Z", NOW + 1 - DAY_S, 4070908800),
        ("2025-12-30", "2025-12-30", NOW - 2 * DAY_S, NOW - DAY_S),
        ("2w", "2026-01-01T00:00+01:00", NOW - 14 * DAY_S, NOW - 3_600),
    ],
)
def test_a_window_is_of_spans_dates_or_moments(
    since: str | None, until: str | None, begin: int, end: int
) -> None:
    """By itself the last day; of a date the whole day is meant."""
    assert window_of(since, until, NOW) == (begin, end)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("3", None),
        ("-1d", None),
        ("soon", None),
        ("2026-13-01", None),
        ("9999-12-31", None),
        ("2026-01-01T00:00", None),
        ("1h", "2h"),
        (None, "9999-12-31"),
        ("\u0663d", None),
    ],
)
def test_what_is_no_time_is_refused(since: str | None, until: str | None) -> None:
    """With one code."""
    with pytest.raises(UsageError) as caught:
        window_of(since, until, NOW)

    assert caught.value.code == "when"


def test_what_is_kept_no_more_is_said() -> None:
    """A window that begins too early is cut, one that ends too early is refused."""
    cut, finding = kept(NOW - 40 * DAY_S, NOW, NOW)

    assert (cut, finding.code if finding else "") == (NOW - KEPT_S, "events-too-old")
    assert kept(NOW - DAY_S, NOW, NOW) == (NOW - DAY_S, None)
    with pytest.raises(UsageError) as caught:
        kept(NOW - 40 * DAY_S, NOW - 35 * DAY_S, NOW)
    assert caught.value.code == "events-too-old"


def test_a_span_is_told_roughly() -> None:
    """Days, then hours."""
    assert (span(12.5 * DAY_S), span(5 * 3600), span(-4)) == ("12 d", "5 h", "0 h")
