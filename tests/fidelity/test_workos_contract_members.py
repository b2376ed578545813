"""Memberships and roles: the sandbox and the official emulator behave alike."""

from __future__ import annotations

from typing import Any

import pytest
from workos.organization_membership import RoleMultiple, RoleSingle

from tests.fidelity.test_workos_contract import fits
from tests.fidelity.workos_service import MEMBERSHIPS, ROLES, Service

ONE = f"{MEMBERSHIPS}/{{id}}"


def slugs(service: Service, path: str = ROLES) -> list[str]:
    return [role["slug"] for role in service.ok("GET", path)["data"]]


def test_a_membership_is_made_and_read(service: Service) -> None:
    """Active, with the role that everybody has."""
    made = service.member()
    read = service.ok("GET", f"{MEMBERSHIPS}/{made['id']}")
    assert (read["status"], read["role"]["slug"]) == ("active", "member")
    assert read["user_id"] == made["user_id"]
    assert read["organization_id"] == made["organization_id"]


def test_a_membership_is_read_by_the_sdk(service: Service) -> None:
    """Its model wants every field."""
    made = service.member()
    memberships = service.sdk().organization_membership
    read = memberships.get_organization_membership(made["id"])
    assert (read.directory_managed, read.user.id) == (False, made["user_id"])


def test_a_membership_fits_the_description(service: Service) -> None:
    """Every field that it has to have, and no other."""
    made = service.member()
    answer = service.call("GET", f"{MEMBERSHIPS}/{made['id']}")
    assert fits(answer, "GET", ONE) == []


def test_a_membership_is_made_with_a_role(service: Service) -> None:
    """By its slug."""
    assert service.member(role_slug="owner")["role"]["slug"] == "owner"


def test_a_role_is_changed_by_its_slug(service: Service) -> None:
    """The status stays."""
    made = service.member()
    path = f"{MEMBERSHIPS}/{made['id']}"
    changed = service.ok("PUT", path, json={"role_slug": "expert_top"})
    assert (changed["role"]["slug"], changed["status"]) == ("expert_top", "active")


@pytest.mark.parametrize("role", [RoleSingle("owner"), RoleMultiple(["owner"])])
def test_a_role_is_changed_by_the_sdk(service: Service, role: Any) -> None:
    """As one, or as a list of one."""
    made = service.member()
    changed = service.sdk().organization_membership.update_organization_membership(
        made["id"], role=role
    )
    assert changed.role.slug == "owner"


def test_roles_are_given_as_a_list(service: Service) -> None:
    """Also of one."""
    made = service.member()
    path = f"{MEMBERSHIPS}/{made['id']}"
    changed = service.ok("PUT", path, json={"role_slugs": ["owner"]})
    assert changed["role"]["slug"] == "owner"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_unknown_role_is_refused(service: Service, method: str) -> None:
    """By its code."""
    if method == "PUT":
        path, body = f"{MEMBERSHIPS}/{service.member()['id']}", {}
    else:
        path = MEMBERSHIPS
        body = {"user_id": service.user(), "organization_id": service.organization()}
    status, said = service.refused(method, path, json={**body, "role_slug": "emperor"})
    assert (status, said["code"]) == (422, "invalid_role")


def test_a_membership_is_made_once(service: Service) -> None:
    """A second one is a conflict."""
    made = service.member()
    body = {name: made[name] for name in ("user_id", "organization_id")}
    status, _ = service.refused("POST", MEMBERSHIPS, json=body)
    assert status == 409


def test_making_an_inactive_membership_activates_it(service: Service) -> None:
    """It is the same one, with the role that is asked for."""
    made = service.member()
    service.ok("PUT", f"{MEMBERSHIPS}/{made['id']}/deactivate")
    again = service.membership(
        made["user_id"], made["organization_id"], role_slug="owner"
    )
    assert (again["id"], again["status"]) == (made["id"], "active")
    assert again["role"]["slug"] == "owner"


@pytest.mark.parametrize("missing", ["user_id", "organization_id"])
def test_a_membership_needs_both(service: Service, missing: str) -> None:
    """Refused as unfit."""
    body = {"user_id": service.user(), "organization_id": service.organization()}
    del body[missing]
    status, said = service.refused("POST", MEMBERSHIPS, json=body)
    assert status == 422
    assert said["errors"][0]["field"] == missing


def test_the_organization_has_to_exist(service: Service) -> None:
    """Not found otherwise."""
    body = {"user_id": service.user(), "organization_id": "org_unknown"}
    status, _ = service.refused("POST", MEMBERSHIPS, json=body)
    assert status == 404


def test_the_user_has_to_exist(service: Service) -> None:
    """Not found otherwise."""
    body = {"user_id": "user_unknown", "organization_id": service.organization()}
    status, _ = service.refused("POST", MEMBERSHIPS, json=body)
    assert status == 404


def test_a_membership_is_turned_off_and_on(service: Service) -> None:
    """The role stays."""
    path = f"{MEMBERSHIPS}/{service.member(role_slug='owner')['id']}"
    assert service.ok("PUT", f"{path}/deactivate")["status"] == "inactive"
    assert service.ok("GET", path)["status"] == "inactive"
    back = service.ok("PUT", f"{path}/reactivate")
    assert (back["status"], back["role"]["slug"]) == ("active", "owner")


@pytest.mark.parametrize("times", [["deactivate", "deactivate"], ["reactivate"]])
def test_turning_off_or_on_again_changes_nothing(
    service: Service, times: list[str]
) -> None:
    """And is not refused."""
    path = f"{MEMBERSHIPS}/{service.member()['id']}"
    for verb in times:
        service.ok("PUT", f"{path}/{verb}")


def test_a_deleted_membership_is_gone(service: Service) -> None:
    """The user and the organization stay."""
    made = service.member()
    path = f"{MEMBERSHIPS}/{made['id']}"
    assert service.call("DELETE", path).is_success
    assert service.refused("GET", path)[0] == 404
    sdk = service.sdk()
    assert sdk.user_management.get_user(made["user_id"])
    assert sdk.organizations.get_organization(made["organization_id"])


def test_a_deleted_membership_is_answered_as_described(service: Service) -> None:
    """With 200."""
    answer = service.call("DELETE", f"{MEMBERSHIPS}/{service.member()['id']}")
    assert fits(answer, "DELETE", ONE) == []


@pytest.mark.parametrize("name", ["user_id", "organization_id"])
def test_memberships_are_listed_by_either_id(service: Service, name: str) -> None:
    """Those of others are not."""
    made = service.member()
    service.member()
    assert [m["id"] for m in service.memberships(**{name: made[name]})] == [made["id"]]


def test_memberships_are_listed_by_both_ids(service: Service) -> None:
    """The one between the two."""
    user = service.user()
    first = service.membership(user, service.organization())
    service.membership(user, service.organization())
    found = service.memberships(user_id=user, organization_id=first["organization_id"])
    assert [m["id"] for m in found] == [first["id"]]


def test_memberships_are_not_listed_without_an_id(service: Service) -> None:
    """A bad request with its own code."""
    status, body = service.refused("GET", MEMBERSHIPS)
    assert (status, body["code"]) == (400, "missing_user_id_or_organization_id")


def test_inactive_memberships_are_not_listed_unasked(service: Service) -> None:
    """The default is the active ones."""
    made = service.member()
    service.ok("PUT", f"{MEMBERSHIPS}/{made['id']}/deactivate")
    assert service.memberships(user_id=made["user_id"]) == []


def test_memberships_are_listed_by_status(service: Service) -> None:
    """Comma separated, as the SDK sends them."""
    made = service.member()
    user = made["user_id"]
    off = service.membership(user, service.organization())
    service.ok("PUT", f"{MEMBERSHIPS}/{off['id']}/deactivate")
    inactive = service.memberships(user_id=user, statuses="inactive")
    both = service.memberships(user_id=user, statuses="active,inactive")
    assert [m["id"] for m in inactive] == [off["id"]]
    assert {m["id"] for m in both} == {made["id"], off["id"]}


def test_a_list_of_memberships_fits_the_description(service: Service) -> None:
    """Every one of them."""
    made = service.member()
    query = {"user_id": made["user_id"]}
    answer = service.call("GET", MEMBERSHIPS, params=query)
    assert fits(answer, "GET", MEMBERSHIPS) == []


def test_the_roles_of_the_environment_are_listed(service: Service) -> None:
    """Those that memberships can have."""
    assert {"owner", "member", "expert_top"} <= set(slugs(service))


def test_roles_are_listed_in_order_of_priority(service: Service) -> None:
    """The first is the one that matters most."""
    listed = slugs(service)
    assert listed.index("admin") < listed.index("owner") < listed.index("member")


def test_the_roles_of_an_organization_have_the_environments(service: Service) -> None:
    """Its own come on top."""
    path = f"/authorization/organizations/{service.organization()}/roles"
    assert slugs(service, path) == slugs(service)


def test_a_list_of_roles_fits_the_description(service: Service) -> None:
    """Every field that each has to have, and no pages."""
    assert fits(service.call("GET", ROLES), "GET", ROLES) == []
