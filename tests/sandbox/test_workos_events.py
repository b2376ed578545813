"""Events of WorkOS in full, through its own SDK."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor

DAY_S = 86_400


def listed(sandbox: Sandbox, *events: str, **more: Any) -> list[Any]:
    """Give the events of some names, as the SDK reads them."""
    return list(sandbox.workos().events.list_events(events=[*events], **more).data)


@vendor("F4", "WorkOS OpenAPI")
def test_events_are_asked_for_by_name(sandbox: Sandbox) -> None:
    """Without names the request is unfit."""
    answer = sandbox.raw("GET", "/events")
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == ("events", "required")


@vendor("F4", "workos 10.8: list_events")
def test_events_are_bounded_by_dates_that_end_in_z(sandbox: Sandbox) -> None:
    """Their beginning counts, their end does not."""
    users = sandbox.workos().user_management
    users.update_user("user_1", first_name="Ana")
    (event,) = listed(sandbox, "user.updated")
    at = event.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert listed(sandbox, "user.updated", range_start=at) == [event]
    assert listed(sandbox, "user.updated", range_end=at) == []
    offset = at.replace("Z", "+00:00")
    for name, value in itertools.product(["range_start", "range_end"], [offset, "noZ"]):
        params = {"events": "user.updated", name: value}
        assert sandbox.raw("GET", "/events", params=params).status_code == 422


@pytest.mark.parametrize("days", [30, 90])
@belief("30 or 90 days: the pages differ")
def test_how_long_events_are_kept_is_a_switch(sandbox: Sandbox, days: int) -> None:
    """By the service's clock."""
    sandbox.post("settings", events_retention_days=days)
    sandbox.workos().user_management.update_user("user_1", first_name="Ana")
    sandbox.post("settings", clock_offset_s=(days - 1) * DAY_S)
    assert len(listed(sandbox, "user.updated")) == 1
    sandbox.post("settings", clock_offset_s=(days + 1) * DAY_S)
    assert listed(sandbox, "user.updated") == []


@vendor("F4", "workos 10.8: list_events")
def test_events_are_filtered_by_organization(sandbox: Sandbox) -> None:
    """Its own and those of its members."""
    client = sandbox.workos()
    other = client.organizations.create_organization(name="B").id
    client.organizations.update_organization("org_1", name="A")
    client.organization_membership.create_organization_membership(
        user_id="user_1", organization_id=other
    )
    names = [
        "organization.created",
        "organization.updated",
        "organization_membership.created",
    ]
    found = listed(sandbox, *names, organization_id=other)
    assert [each.event for each in found] == [names[0], names[2]]


@vendor("F4", "workos 10.8: the models of its events")
def test_every_event_reads_in_the_sdk(sandbox: Sandbox) -> None:
    """With the values that were replaced; a cleared link is one of them."""
    client = sandbox.workos()
    user = client.user_management.create_user(email="bo@example.test")
    client.organizations.update_organization("org_1", stripe_customer_id="cus_1")
    path = ("organizations", "org_1")
    client.request_raw("put", path, body={"stripe_customer_id": None})
    client.user_management.delete_user(user.id)
    client.organization_membership.delete_organization_membership("om_1")
    client.organizations.delete_organization("org_1")
    kinds = ("user", "organization", "organization_membership")
    verbs = ("created", "updated", "deleted")
    names = [f"{kind}.{verb}" for kind in kinds for verb in verbs]
    found = listed(sandbox, *names, limit=100)
    assert [each.event for each in found] == [
        "user.created",
        "organization.updated",
        "organization.updated",
        "user.deleted",
        "organization_membership.deleted",
        "organization.deleted",
    ]
    assert found[2].context.previous_attributes["stripe_customer_id"] == "cus_1"
