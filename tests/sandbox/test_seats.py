"""What crosses between the services: members become counted seats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor

SEATS = "workos_seat_count"


def link(sandbox: Sandbox, customer: str | None = "cus_2") -> None:
    path = ("organizations", "org_1")
    body = {"stripe_customer_id": customer}
    sandbox.workos().request_raw("put", path, body=body)


def synced(sandbox: Sandbox) -> Sandbox:
    """Link the customer and switch seat counts on."""
    link(sandbox)
    sandbox.post("settings", seat_sync_enabled=True)
    return sandbox


def counts(sandbox: Sandbox) -> list[Any]:
    """Give the seat events that were sent: customer and count."""
    stored = sandbox.get("objects/meter_event")["data"]
    assert all(each["event_name"] == SEATS for each in stored)
    return [
        (each["payload"]["stripe_customer_id"], each["payload"]["value"])
        for each in stored
    ]


@vendor("G", "workos.com/changelog: seat counts, 2025-10-31")
def test_enabling_seat_sync_makes_the_meter(sandbox: Sandbox) -> None:
    """Once, with the last value as its sum."""
    for enabled in (True, False, True):
        sandbox.post("settings", seat_sync_enabled=enabled)
    (meter,) = sandbox.stripe().billing.meters.list().data
    assert (meter.display_name, meter.event_name) == ("User Seat Count", SEATS)
    assert meter.default_aggregation.formula == "last"
    assert meter.customer_mapping.event_payload_key == "stripe_customer_id"


@vendor("G", "workos.com/docs/authkit/add-ons/stripe: Sync organization seat counts")
def test_every_change_of_members_sends_their_number(sandbox: Sandbox) -> None:
    """Added, switched off and on, removed."""
    synced(sandbox)
    client = sandbox.workos()
    other = client.user_management.create_user(email="bo@example.test").id
    memberships = client.organization_membership
    made = memberships.create_organization_membership(
        user_id=other, organization_id="org_1"
    ).id
    memberships.deactivate_organization_membership(made)
    memberships.reactivate_organization_membership(made)
    memberships.delete_organization_membership(made)
    assert counts(sandbox) == [("cus_2", n) for n in ("2", "1", "2", "1")]


@vendor("G", "workos.com/docs/authkit/add-ons/stripe: Sync organization seat counts")
def test_stripe_sums_the_last_count_up(sandbox: Sandbox) -> None:
    """The meter's summary shows the members there are."""
    synced(sandbox)
    sandbox.workos().organization_membership.deactivate_organization_membership("om_1")
    stripe = sandbox.stripe()
    (meter,) = stripe.billing.meters.list().data
    (event,) = sandbox.get("objects/meter_event")["data"]
    minute = event["timestamp"] // 60 * 60
    times = {"start_time": minute - 60, "end_time": minute + 120}
    summary = stripe.billing.meters.event_summaries.list(
        meter.id, {"customer": "cus_2", **times}
    ).data[0]
    assert summary.aggregated_value == 0


@belief("an initial count, at linking or enabling, is not documented")
def test_neither_linking_nor_enabling_sends_a_count(sandbox: Sandbox) -> None:
    """Nor does another role."""
    synced(sandbox)
    link(sandbox, "cus_1")
    path = "/user_management/organization_memberships/om_1"
    sandbox.raw("PUT", path, json={"role_slug": "owner"})
    assert counts(sandbox) == []


@belief("that pending and inactive members are no seats, coming or going")
def test_who_is_not_active_is_no_seat(sandbox: Sandbox) -> None:
    """A pending or an inactive membership that is deleted changes no number."""
    synced(sandbox)
    client = sandbox.workos()
    for status in ("pending", "inactive"):
        other = client.user_management.create_user(email=f"{status}@example.test").id
        seeded = {
            "id": f"om_{status}",
            "user_id": other,
            "organization_id": "org_1",
            "status": status,
        }
        sandbox.seed({"workos": {"organization_memberships": [seeded]}})
        client.organization_membership.delete_organization_membership(f"om_{status}")
    assert counts(sandbox) == []


@belief("that a deleted user is a removed member")
def test_a_deleted_user_is_a_seat_less(sandbox: Sandbox) -> None:
    """In every organization it was active in."""
    synced(sandbox)
    sandbox.workos().user_management.delete_user("user_1")
    assert counts(sandbox) == [("cus_2", "0")]


@pytest.mark.parametrize(
    "why",
    [
        {"seat_sync_enabled": False},
        {"addon_enabled": False},
        {"account_kind": "sandbox"},
    ],
)
@vendor("G", "workos.com/docs/authkit/add-ons/stripe: two switches")
def test_seats_are_not_sent_when_switched_off(
    sandbox: Sandbox, why: dict[str, Any]
) -> None:
    """By its own switch, or with the whole add-on."""
    synced(sandbox)
    sandbox.post("settings", **why)
    sandbox.workos().organization_membership.deactivate_organization_membership("om_1")
    assert counts(sandbox) == []


@belief("that a count nobody can take is lost, and the membership changes")
def test_a_count_that_cannot_be_sent_is_lost(sandbox: Sandbox) -> None:
    """No link, no such customer, a meter that was deactivated."""
    synced(sandbox)
    stripe, memberships = sandbox.stripe(), sandbox.workos().organization_membership
    link(sandbox, None)
    memberships.deactivate_organization_membership("om_1")
    link(sandbox, "cus_unknown")
    memberships.reactivate_organization_membership("om_1")
    link(sandbox)
    (meter,) = stripe.billing.meters.list().data
    stripe.billing.meters.deactivate(meter.id)
    back = memberships.deactivate_organization_membership("om_1")
    assert back.status.value == "inactive"
    assert counts(sandbox) == []


@vendor("G", "workos.com/changelog: seat counts, 2025-10-31")
def test_the_meter_is_there_by_the_first_count(
    start: Callable[[Settings], Sandbox],
) -> None:
    """Also when seat counts were on from the beginning."""
    sandbox = start(Settings(limits_enabled=False, seat_sync_enabled=True))
    document = {
        "stripe": {"customers": [{"id": "cus_2"}]},
        "workos": {
            "users": [{"id": "user_1", "email": "ana@example.test"}],
            "organizations": [
                {"id": "org_1", "name": "Ana", "stripe_customer_id": "cus_2"}
            ],
        },
    }
    sandbox.seed(document)
    sandbox.workos().organization_membership.create_organization_membership(
        user_id="user_1", organization_id="org_1"
    )
    assert counts(sandbox) == [("cus_2", "1")]
