"""Meters, their events, and what the events add up to."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.billing import meters
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.seed import SeedError
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor

DAY = 86_400


def made(sandbox: Sandbox, formula: str = "last", **more: Any) -> Any:
    params = {
        "display_name": "Seats",
        "event_name": "seats",
        "default_aggregation": {"formula": formula},
    }
    return sandbox.stripe().billing.meters.create({**params, **more})


def send(sandbox: Sandbox, value: str, **more: Any) -> Any:
    payload = {"stripe_customer_id": "cus_1", "value": value}
    params = {"event_name": "seats", "payload": payload}
    return sandbox.stripe().billing.meter_events.create({**params, **more})


def summaries(sandbox: Sandbox, meter: Any, start: int, end: int, **more: Any) -> Any:
    params = {"customer": "cus_1", "start_time": start, "end_time": end, **more}
    return sandbox.stripe().billing.meters.event_summaries.list(meter.id, params)


def today() -> int:
    return int(time.time()) // DAY * DAY


@vendor("E", "stripe 16.1")
def test_a_meter_reads_the_usual_payload_keys(sandbox: Sandbox) -> None:
    """Unless others are named when it is made."""
    meter = made(sandbox)
    assert meter.customer_mapping.event_payload_key == "stripe_customer_id"
    assert (meter.value_settings.event_payload_key, meter.status) == ("value", "active")
    other = made(
        sandbox,
        event_name="calls",
        customer_mapping={"type": "by_id", "event_payload_key": "who"},
        value_settings={"event_payload_key": "minutes"},
        event_time_window="day",
    )
    assert other.customer_mapping.event_payload_key == "who"
    assert (other.value_settings.event_payload_key, other.event_time_window) == (
        "minutes",
        "day",
    )


@vendor("E", "docs.stripe.com/billing/subscriptions/usage-based/meters/configure")
def test_an_event_name_has_one_meter(sandbox: Sandbox) -> None:
    """A second one of the same name is refused."""
    made(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        made(sandbox)
    assert refused.value.param == "event_name"


@belief("a deactivated meter takes no events, so its name can be used again")
def test_an_inactive_meter_gives_its_name_up(sandbox: Sandbox) -> None:
    """And cannot come back while another has it."""
    client = sandbox.stripe().billing.meters
    first = made(sandbox)
    client.deactivate(first.id)
    made(sandbox)
    with pytest.raises(stripe.InvalidRequestError):
        client.reactivate(first.id)


@vendor("E", "stripe 16.1")
def test_a_meter_is_switched_off_and_on(sandbox: Sandbox) -> None:
    """The time of it is shown; nothing can be deleted."""
    client = sandbox.stripe().billing.meters
    meter = made(sandbox)
    off = client.deactivate(meter.id)
    assert (off.status, off.status_transitions.deactivated_at is None) == (
        "inactive",
        False,
    )
    on = client.reactivate(meter.id)
    assert (on.status, on.status_transitions.deactivated_at) == ("active", None)
    assert sandbox.raw("DELETE", f"/v1/billing/meters/{meter.id}").status_code == 404


@vendor("E", "stripe 16.1")
def test_only_the_display_name_can_change(sandbox: Sandbox) -> None:
    """Everything else is no parameter of the update."""
    client = sandbox.stripe().billing.meters
    meter = made(sandbox)
    assert client.update(meter.id, {"display_name": "Chairs"}).display_name == "Chairs"
    assert client.retrieve(meter.id).display_name == "Chairs"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.update(meter.id, {"event_name": "chairs"})
    assert refused.value.code == "parameter_unknown"


@vendor("E", "stripe 16.1")
def test_meters_are_listed_by_status_only(sandbox: Sandbox) -> None:
    """There is no filter by event name."""
    client = sandbox.stripe().billing.meters
    first, second = made(sandbox), made(sandbox, event_name="calls")
    client.deactivate(first.id)
    assert [each.id for each in client.list({"status": "active"})] == [second.id]
    assert [each.id for each in client.list({"status": "inactive"})] == [first.id]
    assert len(client.list().data) == 2
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.list({"event_name": "calls"})
    assert refused.value.code == "parameter_unknown"


@vendor("E", "stripe 16.1")
@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"default_aggregation": {"formula": "max"}}, "default_aggregation[formula]"),
        ({"display_name": "x" * 251}, "display_name"),
        ({"event_name": "x" * 101}, "event_name"),
        ({"event_time_window": "week"}, "event_time_window"),
        (
            {"customer_mapping": {"type": "by_mail", "event_payload_key": "m"}},
            "customer_mapping[type]",
        ),
    ],
)
def test_a_wrong_meter_is_refused(
    sandbox: Sandbox, wrong: dict[str, Any], param: str
) -> None:
    """The parameter is named."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        made(sandbox, **wrong)
    assert refused.value.param == param


@vendor("E", "docs.stripe.com/billing/subscriptions/usage-based/meters/configure")
@pytest.mark.parametrize(
    ("formula", "total"), [("sum", 7.5), ("count", 3), ("last", 2)]
)
def test_events_add_up_by_the_formula(
    sandbox: Sandbox, formula: str, total: float
) -> None:
    """The last is the latest by its own time, not by its arrival."""
    meter, now = made(sandbox, formula), int(time.time())
    for value, ago in (("4.5", 30), ("2", 10), ("1", 20)):
        send(sandbox, value, timestamp=now - ago)
    start = now // 60 * 60 - 120
    (summary,) = summaries(sandbox, meter, start, start + 240).data
    assert (summary.aggregated_value, summary.meter) == (total, meter.id)
    assert isinstance(summary.aggregated_value, float)
    assert summaries(sandbox, meter, start, start + 240, customer="cus_2").data[
        0
    ].aggregated_value == float(0)


@belief("the docs say only: the last event in a time range")
def test_without_an_event_the_last_value_is_nothing(sandbox: Sandbox) -> None:
    """What was last before the period does not count in it."""
    meter = made(sandbox)
    send(sandbox, "8", timestamp=today() - DAY)
    front: Front = sandbox.app.extensions["sandbox"]
    with front.store.read() as session:
        spans = ((today() - 2 * DAY, today()), (today(), today() + DAY))
        values = [meters.value(session, meter.id, "cus_1", *span) for span in spans]
        assert values == [8.0, 0.0]
        assert meters.value(session, "mtr_0", "cus_1", 0, today()) == float(0)


@vendor("E", "stripe 16.1")
@pytest.mark.parametrize(("ago", "taken"), [(34 * DAY, True), (36 * DAY, False)])
@pytest.mark.parametrize(("ahead", "also"), [(240, True), (360, False)])
def test_an_event_is_neither_old_nor_to_come(
    sandbox: Sandbox, ago: int, taken: bool, ahead: int, also: bool
) -> None:
    """35 days back and five minutes ahead are the bounds."""
    made(sandbox)
    now = int(time.time())
    for at, fits in ((now - ago, taken), (now + ahead, also)):
        if fits:
            assert send(sandbox, "1", timestamp=at).timestamp == at
            continue
        with pytest.raises(stripe.InvalidRequestError) as refused:
            send(sandbox, "1", timestamp=at)
        assert refused.value.param == "timestamp"


@vendor("E", "stripe 16.1")
def test_an_identifier_counts_once_a_day(sandbox: Sandbox) -> None:
    """A day later it is a new event."""
    made(sandbox)
    assert send(sandbox, "1", identifier="one").identifier == "one"
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        send(sandbox, "1", identifier="one")
    assert send(sandbox, "1").identifier != "one"
    sandbox.post("settings", clock_offset_s=DAY + 60)
    assert send(sandbox, "1", identifier="one").identifier == "one"


@belief("a synchronous refusal; the docs name the mistakes, not when they are told")
@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"event_name": "chairs"}, "event_name"),
        ({"payload": {"value": "1"}}, "payload[stripe_customer_id]"),
        ({"payload": {"stripe_customer_id": "cus_1"}}, "payload[value]"),
        ({"payload": {"stripe_customer_id": "cus_1", "value": "x"}}, "payload[value]"),
        (
            {"payload": {"stripe_customer_id": "cus_1", "value": "nan"}},
            "payload[value]",
        ),
        ({"payload": {"stripe_customer_id": "cus_0", "value": "1"}}, "payload"),
    ],
)
def test_an_event_must_be_for_a_meter_and_a_customer(
    sandbox: Sandbox, wrong: dict[str, Any], param: str
) -> None:
    """And have a number where the meter looks for one."""
    made(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        send(sandbox, "1", **wrong)
    assert refused.value.param == param


@belief("an inactive meter takes no events")
def test_an_inactive_meter_refuses_events(sandbox: Sandbox) -> None:
    """Until it is active again."""
    client = sandbox.stripe().billing.meters
    meter = made(sandbox)
    client.deactivate(meter.id)
    with pytest.raises(stripe.InvalidRequestError):
        send(sandbox, "1")
    client.reactivate(meter.id)
    assert send(sandbox, "1").event_name == "seats"


@vendor("E", "stripe 16.1")
@pytest.mark.parametrize(
    ("begin", "end", "window", "param"),
    [
        (30, 120, None, "start_time"),
        (60, 121, None, "end_time"),
        (60, 7200, "hour", "start_time"),
        (0, 3600, "day", "end_time"),
        (120, 60, None, "start_time"),
    ],
)
def test_summaries_keep_to_the_boundaries(
    sandbox: Sandbox, begin: int, end: int, window: str | None, param: str
) -> None:
    """Minutes, or whole windows where they are grouped."""
    meter = made(sandbox)
    more = {} if window is None else {"value_grouping_window": window}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        summaries(sandbox, meter, begin, end, **more)
    assert refused.value.param == param


@vendor("E", "stripe 16.1")
def test_a_summary_is_of_one_customer(sandbox: Sandbox) -> None:
    """It must be named, and exist."""
    meter = made(sandbox)
    path = f"/v1/billing/meters/{meter.id}/event_summaries?start_time=0&end_time=60"
    assert sandbox.raw("GET", path).json()["error"]["param"] == "customer"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        summaries(sandbox, meter, 0, 60, customer="cus_0")


@belief("one summary for each window, also for one without events")
def test_summaries_are_grouped_and_paged(sandbox: Sandbox) -> None:
    """The latest window comes first."""
    meter, start = made(sandbox, "sum"), today() - 4 * DAY
    for days, value in ((0, "1"), (0, "2"), (2, "5")):
        send(sandbox, value, timestamp=start + days * DAY + 60)
    page = summaries(
        sandbox, meter, start, start + 4 * DAY, value_grouping_window="day", limit=3
    )
    assert (len(page.data), page.has_more) == (3, True)
    found = list(page.auto_paging_iter())
    assert [each.aggregated_value for each in found] == [0, 5, 0, 3]
    assert [each.end_time - each.start_time for each in found] == [DAY] * 4


@vendor("E", "stripe 16.1")
def test_an_event_can_be_taken_back_for_a_day(sandbox: Sandbox) -> None:
    """Later it stays."""
    client, meter = sandbox.stripe().billing, made(sandbox, "sum")
    for name in ("one", "two"):
        send(sandbox, "1", identifier=name)

    def cancel(identifier: str) -> Any:
        return client.meter_event_adjustments.create(
            {
                "event_name": "seats",
                "type": "cancel",
                "cancel": {"identifier": identifier},
            }
        )

    assert cancel("one").status == "complete"
    span = today(), today() + 2 * DAY
    assert summaries(sandbox, meter, *span).data[0].aggregated_value == 1
    with pytest.raises(stripe.InvalidRequestError, match="No event"):
        cancel("three")
    sandbox.post("settings", clock_offset_s=DAY + 60)
    with pytest.raises(stripe.InvalidRequestError, match="last 24 hours"):
        cancel("two")


@vendor("E", "stripe 16.1")
def test_meters_tell_what_happens_to_them(sandbox: Sandbox) -> None:
    """An event for each change."""
    client = sandbox.stripe()
    meter = made(sandbox)
    client.billing.meters.update(meter.id, {"display_name": "Chairs"})
    client.billing.meters.deactivate(meter.id)
    client.billing.meters.reactivate(meter.id)
    found = client.events.list({"type": "billing.meter.*"})
    assert [each.type.rpartition(".")[2] for each in found] == [
        "reactivated",
        "deactivated",
        "updated",
        "created",
    ]


@ours
def test_meters_and_their_events_are_seeded(sandbox: Sandbox) -> None:
    """An event finds its meter by the event name, a customer by the payload."""
    payload = {"stripe_customer_id": "cus_1", "value": "6"}
    event = {"event_name": "seats", "payload": payload, "timestamp": today()}
    sandbox.seed(
        {
            "stripe": {
                "meters": [
                    {
                        "id": "mtr_1",
                        "event_name": "seats",
                        "default_aggregation": {"formula": "last"},
                    }
                ],
                "meter_events": [event],
            }
        }
    )
    meter = sandbox.stripe().billing.meters.retrieve("mtr_1")
    span = today() - 60, today() + 60
    assert summaries(sandbox, meter, *span).data[0].aggregated_value == 6


@ours
@pytest.mark.parametrize(
    ("section", "wrong", "message"),
    [
        ("meters", {"id": "mtr_1"}, "event_name: is required"),
        ("meters", {"event_name": "seats"}, "event_name: 'seats' is used twice"),
        (
            "meter_events",
            {"event_name": "chairs", "payload": {"value": "1"}},
            "event_name: no meter of 'chairs'",
        ),
        (
            "meter_events",
            {"event_name": "seats", "payload": {"value": "1"}},
            "payload: has no customer",
        ),
        (
            "meter_events",
            {"event_name": "seats", "payload": {"stripe_customer_id": "cus_1"}},
            "payload: has no value",
        ),
        (
            "meter_events",
            {
                "event_name": "seats",
                "payload": {"stripe_customer_id": "cus_0", "value": "1"},
            },
            "customer: customer 'cus_0' is not",
        ),
    ],
)
def test_a_wrong_seed_is_named(
    sandbox: Sandbox, section: str, wrong: dict[str, Any], message: str
) -> None:
    """By its list, its place in it, and its field."""
    made(sandbox)
    with pytest.raises(SeedError) as refused:
        sandbox.seed({"stripe": {section: [wrong]}})
    assert str(refused.value).startswith(f"stripe.{section}[0].{message}")
