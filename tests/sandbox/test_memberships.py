"""Memberships and roles in full, through WorkOS's own SDK."""

from __future__ import annotations

from typing import Any

import pytest
import workos
from workos.organization_membership import RoleMultiple, RoleSingle

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor


def refusal(called: Any, *args: Any, **named: Any) -> Any:
    """Call what must be refused, and give the refusal."""
    with pytest.raises(workos.WorkOSError) as refused:
        called(*args, **named)
    return refused.value


def put(sandbox: Sandbox, path: str, **body: Any) -> Any:
    return sandbox.raw("PUT", path, json=body)


# --- memberships


@vendor("F4", "workos 10.8: create_organization_membership")
def test_creating_again_brings_an_inactive_membership_back(sandbox: Sandbox) -> None:
    """With the roles asked for now."""
    memberships = sandbox.workos().organization_membership
    memberships.deactivate_organization_membership("om_1")
    back = memberships.create_organization_membership(
        user_id="user_1", organization_id="org_1", role=RoleSingle("owner")
    )
    assert (back.id, back.status, back.role.slug) == ("om_1", "active", "owner")


@vendor("F4", "WorkOS OpenAPI")
def test_a_pending_membership_moves_by_no_request(sandbox: Sandbox) -> None:
    """It is not switched on or off, nor made again; it can be deleted."""
    client = sandbox.workos()
    other = client.organizations.create_organization(name="B").id
    pending = {
        "id": "om_2",
        "user_id": "user_1",
        "organization_id": other,
        "status": "pending",
    }
    sandbox.seed({"workos": {"organization_memberships": [pending]}})
    memberships = client.organization_membership
    off = refusal(memberships.deactivate_organization_membership, "om_2")
    on = refusal(memberships.reactivate_organization_membership, "om_2")
    again = refusal(
        memberships.create_organization_membership,
        user_id="user_1",
        organization_id=other,
    )
    assert off.code == "cannot_deactivate_pending_organization_membership"
    assert on.code == "cannot_reactivate_pending_organization_membership"
    assert again.code == on.code
    assert {off.status_code, on.status_code, again.status_code} == {400}
    memberships.delete_organization_membership("om_2")
    gone = refusal(memberships.get_organization_membership, "om_2")
    assert gone.status_code == 404


@vendor("F4", "workos 10.8: deactivate and reactivate")
def test_switching_to_the_same_status_is_no_event(sandbox: Sandbox) -> None:
    """The roles are kept over an absence."""
    memberships = sandbox.workos().organization_membership
    memberships.update_organization_membership("om_1", role=RoleSingle("owner"))
    memberships.reactivate_organization_membership("om_1")
    for _ in range(2):
        memberships.deactivate_organization_membership("om_1")
    back = memberships.reactivate_organization_membership("om_1")
    assert (back.status, back.role.slug) == ("active", "owner")
    told = sandbox.workos().events.list_events(
        events=["organization_membership.updated"]
    )
    assert len(told.data) == 3


@vendor("F4", "WorkOS OpenAPI")
def test_several_roles_need_their_switch(sandbox: Sandbox) -> None:
    """A set replaces the set there was, and so does a single role."""
    sandbox.post("settings", multiple_roles_enabled=True)
    update = sandbox.workos().organization_membership.update_organization_membership
    several = update("om_1", role=RoleMultiple(["member", "owner"]))
    assert {role.slug for role in several.roles} == {"owner", "member"}
    replaced = update("om_1", role=RoleMultiple(["admin", "expert_top"]))
    assert {role.slug for role in replaced.roles} == {"admin", "expert_top"}
    assert [role.slug for role in update("om_1", role=RoleSingle("owner")).roles] == [
        "owner"
    ]


@belief("that the primary role is the first in the order of priority")
def test_the_primary_role_has_the_highest_priority(sandbox: Sandbox) -> None:
    """Whatever the order in which the request names them."""
    sandbox.post("settings", multiple_roles_enabled=True)
    update = sandbox.workos().organization_membership.update_organization_membership
    assert update("om_1", role=RoleMultiple(["member", "owner"])).role.slug == "owner"


@pytest.mark.parametrize(
    "body",
    [
        {"role_slug": "owner", "role_slugs": ["owner"]},
        {"role_slugs": []},
        {"role_slugs": "owner"},
        {"role_slug": 1},
    ],
)
@vendor("F4", "WorkOS OpenAPI")
def test_roles_come_in_one_form(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Either one slug or a list of them, and nothing else."""
    path = "/user_management/organization_memberships/om_1"
    answer = put(sandbox, path, **body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request_parameters"


@vendor("F4", "WorkOS OpenAPI")
def test_statuses_come_comma_separated(sandbox: Sandbox) -> None:
    """An unknown one is unfit."""
    path = "/user_management/organization_memberships"
    params = {"organization_id": "org_1", "statuses": "active,gone"}
    assert sandbox.raw("GET", path, params=params).status_code == 422
    params["statuses"] = "inactive,pending"
    assert sandbox.raw("GET", path, params=params).json()["data"] == []


@vendor("F4", "WorkOS OpenAPI")
def test_a_membership_shows_its_user_and_organization(sandbox: Sandbox) -> None:
    """Asked for by both, it is found once."""
    seeded = {
        "id": "om_2",
        "user_id": "user_1",
        "organization_id": "org_1",
        "directory_managed": True,
    }
    memberships = sandbox.workos().organization_membership
    memberships.delete_organization_membership("om_1")
    sandbox.seed({"workos": {"organization_memberships": [seeded]}})
    found = memberships.list_organization_memberships(
        user_id="user_1", organization_id="org_1"
    ).data
    (shown,) = found
    assert (shown.organization_name, shown.user.id) == ("Ana", "user_1")
    assert shown.directory_managed


# --- roles


@vendor("F4", "WorkOS OpenAPI")
def test_an_organization_has_roles_of_its_own(sandbox: Sandbox) -> None:
    """Beside those of the environment, and for its own members only."""
    roles = [
        {"slug": "member"},
        {"slug": "org-chef", "organization_id": "org_1", "permissions": ["cook"]},
    ]
    sandbox.seed({"workos": {"roles": roles}})
    authorization = sandbox.workos().authorization
    ours = authorization.list_organization_roles("org_1").data
    assert [(each.slug, each.type.value) for each in ours] == [
        ("member", "EnvironmentRole"),
        ("org-chef", "OrganizationRole"),
    ]
    assert [each.slug for each in authorization.list_environment_roles().data] == [
        "member"
    ]
    assert authorization.get_organization_role("org_1", "org-chef").permissions == [
        "cook"
    ]
    assert authorization.get_environment_role("member").name == "Member"
    update = sandbox.workos().organization_membership.update_organization_membership
    assert update("om_1", role=RoleSingle("org-chef")).role.slug == "org-chef"
    hidden = refusal(authorization.get_environment_role, "org-chef")
    assert hidden.status_code == 404
    shown = sandbox.raw("GET", "/authorization/organizations/org_1/roles").json()
    assert all("organization_id" not in each for each in shown["data"])


@vendor("F4", "WorkOS OpenAPI")
def test_a_role_of_something_smaller_is_no_member_s_role(sandbox: Sandbox) -> None:
    """The refusal names the slug."""
    roles = [{"slug": "editor", "resource_type_slug": "page"}, {"slug": "member"}]
    sandbox.seed({"workos": {"roles": roles}})
    path = "/user_management/organization_memberships/om_1"
    answer = put(sandbox, path, role_slug="editor")
    assert answer.status_code == 422
    assert answer.json()["code"] == "sub_resource_scoped_role_not_allowed"
    assert answer.json()["role_slug"] == "editor"
