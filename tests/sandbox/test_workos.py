"""Organizations, users, memberships, roles and events, through WorkOS's own SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import workos
from workos.organization_membership import RoleMultiple, RoleSingle

from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import Sandbox, business
from tests.sandbox.sources import belief, vendor


def unlink(sandbox: Sandbox, value: str | None) -> object:
    body = {"stripe_customer_id": value}
    path = ("organizations", "org_1")
    return sandbox.workos().request_raw("put", path, body=body)


@vendor("F3", "workos 10.8: omitted fields are not sent")
def test_a_link_is_set_and_read_back(sandbox: Sandbox) -> None:
    """What is not named in a PUT stays."""
    organizations = sandbox.workos().organizations
    organizations.update_organization("org_1", metadata={"plan": "x"})
    organizations.update_organization("org_1", stripe_customer_id="cus_1")
    shown = organizations.get_organization("org_1")
    assert (shown.stripe_customer_id, shown.metadata) == ("cus_1", {"plan": "x"})


@vendor("F3", "workos-node fixtures")
def test_an_unset_link_is_absent(sandbox: Sandbox) -> None:
    """The field is omitted, not null."""
    assert "stripe_customer_id" not in sandbox.raw("GET", "/organizations/org_1").json()


@vendor("F3", "workos-node: null, then the field is absent")
def test_null_clears_the_link_and_omission_does_not(sandbox: Sandbox) -> None:
    """The SDK drops None, so that its own way sends nothing."""
    organizations = sandbox.workos().organizations
    organizations.update_organization("org_1", stripe_customer_id="cus_1")
    organizations.update_organization("org_1", stripe_customer_id=None)
    assert organizations.get_organization("org_1").stripe_customer_id == "cus_1"
    unlink(sandbox, None)
    assert organizations.get_organization("org_1").stripe_customer_id is None


@belief("empty text as a way to unlink is described nowhere")
def test_how_a_link_is_cleared_is_a_switch(sandbox: Sandbox) -> None:
    """Whether null or empty text clears is not known, so both can be chosen."""
    sandbox.post("settings", unlink_by_null=False, unlink_by_empty=True)
    sandbox.workos().organizations.update_organization(
        "org_1", stripe_customer_id="cus_1"
    )
    with pytest.raises(workos.UnprocessableEntityError):
        unlink(sandbox, None)
    unlink(sandbox, "")
    shown = sandbox.workos().organizations.get_organization("org_1")
    assert shown.stripe_customer_id is None


@vendor("F3", "WorkOS OpenAPI")
def test_a_customer_has_one_organization(sandbox: Sandbox) -> None:
    """A second link is refused by its code, the same again is accepted."""
    sandbox.seed({"workos": {"organizations": [{"id": "org_2", "name": "B"}]}})
    organizations = sandbox.workos().organizations
    for _ in range(2):
        organizations.update_organization("org_1", stripe_customer_id="cus_1")
    with pytest.raises(workos.BadRequestError) as refused:
        organizations.update_organization("org_2", stripe_customer_id="cus_1")
    assert refused.value.code == "stripe_customer_id_already_used"


@vendor("F3", "workos-node fixture")
@pytest.mark.parametrize("off", [{"addon_enabled": False}, {"account_kind": "sandbox"}])
def test_without_the_add_on_there_is_no_link(
    sandbox: Sandbox, off: dict[str, object]
) -> None:
    """Off, or on a Stripe Sandbox: 422 with no code."""
    sandbox.post("settings", **off)
    with pytest.raises(workos.UnprocessableEntityError) as refused:
        sandbox.workos().organizations.update_organization(
            "org_1", stripe_customer_id="cus_1"
        )
    assert "is not enabled for this environment" in str(refused.value)
    assert refused.value.code is None


@belief("whether WorkOS asks Stripe for the customer is not documented")
def test_whether_the_customer_is_looked_up_is_a_switch(sandbox: Sandbox) -> None:
    """By default WorkOS takes any id."""
    organizations = sandbox.workos().organizations
    organizations.update_organization("org_1", stripe_customer_id="cus_unknown")
    sandbox.post("settings", link_checks_customer=True)
    with pytest.raises(workos.BadRequestError):
        organizations.update_organization("org_1", stripe_customer_id="cus_other")


@belief("the contract does not say; the official emulator replaces")
@pytest.mark.parametrize(("merge", "left"), [(True, {"a", "b"}), (False, {"b"})])
def test_metadata_on_put_is_a_switch(
    sandbox: Sandbox, merge: bool, left: set[str]
) -> None:
    """Merged or replaced: the vendor does not say."""
    sandbox.post("settings", org_metadata_merge=merge)
    organizations = sandbox.workos().organizations
    organizations.update_organization("org_1", metadata={"a": "1"})
    changed = organizations.update_organization("org_1", metadata={"b": "2"})
    assert set(changed.metadata) == left


@vendor("F3", "WorkOS OpenAPI")
def test_an_external_id_names_one_organization(sandbox: Sandbox) -> None:
    """It can be read by it, and no other can have it."""
    organizations = sandbox.workos().organizations
    organizations.update_organization("org_1", external_id="ana/1")
    assert organizations.get_organization_by_external_id("ana/1").id == "org_1"
    with pytest.raises(workos.BadRequestError) as refused:
        organizations.create_organization(name="B", external_id="ana/1")
    assert refused.value.code == "external_id_already_used"


@vendor("F2", "WorkOS OpenAPI")
def test_organizations_are_paged_both_ways(sandbox: Sandbox) -> None:
    """Ten a page; auto paging crosses them in either order."""
    more = [
        {
            "id": f"org_x{n:02}",
            "name": "X",
            "created_at": f"2025-01-{n + 1:02}T00:00:00Z",
        }
        for n in range(24)
    ]
    sandbox.seed({"workos": {"organizations": more}})
    organizations = sandbox.workos().organizations
    first = organizations.list_organizations()
    assert len(first.data) == 10
    everything = [each.id for each in first.auto_paging_iter()]
    assert everything == sorted(everything, reverse=True)
    assert len(everything) == 25
    up = organizations.list_organizations(order="asc", limit=100)
    assert [each.id for each in up.data] == everything[::-1]
    back = organizations.list_organizations(before="org_x20", limit=2)
    assert [each.id for each in back.data] == ["org_x22", "org_x21"]


@belief("that memberships go with it is said nowhere")
def test_a_deleted_organization_is_gone(sandbox: Sandbox) -> None:
    """With its memberships."""
    client = sandbox.workos()
    client.organizations.delete_organization("org_1")
    with pytest.raises(workos.NotFoundError):
        client.organizations.get_organization("org_1")
    memberships = client.organization_membership
    assert memberships.list_organization_memberships(user_id="user_1").data == []


@vendor("F4", "workos 10.8: addresses are stored in lower case")
def test_users_are_found_by_address_without_case(sandbox: Sandbox) -> None:
    """And by their organization."""
    users = sandbox.workos().user_management
    assert [u.id for u in users.list_users(email="ANA@example.test").data] == ["user_1"]
    assert [u.id for u in users.list_users(organization_id="org_1").data] == ["user_1"]
    assert users.list_users(email="nobody@example.test").data == []


@vendor("F4", "WorkOS OpenAPI")
def test_memberships_need_an_id(sandbox: Sandbox) -> None:
    """There is no way to list them all."""
    with pytest.raises(workos.BadRequestError) as refused:
        sandbox.workos().organization_membership.list_organization_memberships()
    assert refused.value.code == "missing_user_id_or_organization_id"


@vendor("F4", "WorkOS OpenAPI")
def test_only_active_memberships_are_listed_by_default(sandbox: Sandbox) -> None:
    """Others are listed when their status is asked for."""
    sandbox.seed(
        {
            "workos": {
                "organizations": [{"id": "org_2", "name": "B"}],
                "organization_memberships": [
                    {
                        "user_id": "user_1",
                        "organization_id": "org_2",
                        "status": "pending",
                    }
                ],
            }
        }
    )
    memberships = sandbox.workos().organization_membership
    listed = memberships.list_organization_memberships
    assert [m.organization_id for m in listed(user_id="user_1").data] == ["org_1"]
    both = listed(user_id="user_1", statuses=["active", "pending"])
    assert len(both.data) == 2
    assert both.data[0].user.email == "Ana@example.test"


@vendor("F4", "WorkOS OpenAPI")
def test_a_role_is_set_by_its_slug(sandbox: Sandbox) -> None:
    """Unknown slugs and several roles at once are refused by their codes."""
    memberships = sandbox.workos().organization_membership
    update = memberships.update_organization_membership
    changed = update("om_1", role=RoleSingle("expert_top"))
    assert (changed.role.slug, [r.slug for r in changed.roles]) == (
        "expert_top",
        ["expert_top"],
    )
    with pytest.raises(workos.UnprocessableEntityError) as unknown:
        update("om_1", role=RoleSingle("emperor"))
    assert unknown.value.code == "invalid_role"
    with pytest.raises(workos.UnprocessableEntityError) as several:
        update("om_1", role=RoleMultiple(["owner", "member"]))
    assert several.value.code == "multiple_roles_not_enabled"


@belief("the contract names no error for it; the official emulator says 409")
def test_a_membership_is_made_once(sandbox: Sandbox) -> None:
    """The same user in the same organization again is a conflict."""
    client = sandbox.workos()
    other = client.organizations.create_organization(name="B")
    made = client.organization_membership.create_organization_membership(
        user_id="user_1", organization_id=other.id
    )
    assert made.status == "active"
    with pytest.raises(workos.ConflictError):
        client.organization_membership.create_organization_membership(
            user_id="user_1", organization_id=other.id
        )
    turned_off = client.organization_membership.deactivate_organization_membership(
        made.id
    )
    assert turned_off.status == "inactive"


@vendor("F4", "WorkOS OpenAPI")
def test_roles_are_listed_in_order(sandbox: Sandbox) -> None:
    """Of the environment and of an organization; seeded ones replace the default."""
    authorization = sandbox.workos().authorization
    assert "expert_top" in [r.slug for r in authorization.list_environment_roles().data]
    sandbox.seed({"workos": {"roles": [{"slug": "boss"}, {"slug": "member"}]}})
    listed = authorization.list_organization_roles("org_1").data
    assert [role.slug for role in listed] == ["boss", "member"]


@vendor("F4", "workos 10.8")
def test_changes_are_events_oldest_first(sandbox: Sandbox) -> None:
    """With the values that were replaced."""
    client = sandbox.workos()
    client.organizations.update_organization("org_1", stripe_customer_id="cus_1")
    client.organization_membership.update_organization_membership(
        "om_1", role=RoleSingle("owner")
    )
    wanted = ["organization.updated", "organization_membership.updated"]
    events: list[Any] = list(client.events.list_events(events=wanted).data)
    assert [event.event for event in events] == wanted


@belief("whether linking is told as an event is not documented")
def test_whether_a_link_is_an_event_is_a_switch(sandbox: Sandbox) -> None:
    """Off, a changed link is silent and a changed name is not."""
    sandbox.post("settings", put_emits_organization_updated=False)
    client = sandbox.workos()
    client.organizations.update_organization("org_1", stripe_customer_id="cus_1")
    listed = client.events.list_events
    assert listed(events=["organization.updated"]).data == []
    client.organizations.update_organization("org_1", name="B")
    assert len(listed(events=["organization.updated"]).data) == 1


@vendor("F1", "WorkOS OpenAPI")
def test_a_wrong_key_is_refused(start: Callable[[Settings], Sandbox]) -> None:
    """Also one that was good a moment ago."""
    sandbox = start(Settings())
    sandbox.seed(business())
    sandbox.workos().organizations.get_organization("org_1")
    sandbox.post("settings", workos_keys=[])
    with pytest.raises(workos.AuthenticationError):
        sandbox.workos().organizations.get_organization("org_1")
