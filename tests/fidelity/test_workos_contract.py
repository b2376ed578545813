"""Users and organizations: the sandbox and the official emulator behave alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import workos

from tests.fidelity.workos_check import Exchange, check_workos
from tests.fidelity.workos_service import MEMBERSHIPS, Service
from tests.outside.installed import why_not

if TYPE_CHECKING:
    import httpx2

USERS, ORGANIZATIONS = "/user_management/users", "/organizations"
ONES = (USERS, ORGANIZATIONS, MEMBERSHIPS)


def fits(answer: httpx2.Response, method: str, template: str) -> list[str]:
    """Hold an answer to the published description."""
    if reason := why_not():
        pytest.skip(reason)
    exchange = Exchange(
        method=method,
        template=template,
        body=answer.request.content,
        status=answer.status_code,
        answer=answer.content,
    )
    return check_workos(exchange)


def test_a_user_is_made_and_read(service: Service) -> None:
    """Not verified, never signed in, with what was given."""
    users = service.sdk().user_management
    made = users.create_user(
        email="ana@example.test", first_name="Ana", metadata={"plan": "x"}
    )
    read = users.get_user(made.id)
    assert (read.email, read.first_name, read.last_name) == (
        "ana@example.test",
        "Ana",
        None,
    )
    assert (read.email_verified, read.metadata) == (False, {"plan": "x"})
    assert (read.last_sign_in_at, read.external_id) == (None, None)
    assert read.created_at == made.created_at


def test_a_user_is_found_by_address(service: Service) -> None:
    """The filter gives those who have it."""
    made = service.user(email="ana@example.test")
    service.user()
    users = service.sdk().user_management
    assert [u.id for u in users.list_users(email="ana@example.test").data] == [made]
    assert users.list_users(email="nobody@example.test").data == []


def test_a_user_is_found_by_address_in_any_case(service: Service) -> None:
    """No vendor says so; the sandbox believes it."""
    made = service.user(email="ana@example.test")
    listed = service.sdk().user_management.list_users(email="Ana@Example.test")
    assert [user.id for user in listed.data] == [made]


def test_a_user_is_found_by_external_id(service: Service) -> None:
    """Given at creation or later."""
    users = service.sdk().user_management
    first, second = service.user(external_id="first"), service.user()
    users.update_user(second, external_id="second")
    assert users.get_user_by_external_id("first").id == first
    assert users.get_user_by_external_id("second").id == second
    with pytest.raises(workos.NotFoundError):
        users.get_user_by_external_id("third")


def test_a_user_is_changed_in_what_is_named(service: Service) -> None:
    """The rest stays."""
    made = service.user(first_name="Ana", last_name="Sousa")
    users = service.sdk().user_management
    changed = users.update_user(made, last_name="Reis")
    assert (changed.first_name, changed.last_name) == ("Ana", "Reis")


def test_the_users_of_an_organization_are_listed(service: Service) -> None:
    """Members only."""
    member = service.member()
    service.user()
    listed = service.sdk().user_management.list_users(
        organization_id=member["organization_id"]
    )
    assert [user.id for user in listed.data] == [member["user_id"]]


def test_a_deleted_user_is_gone(service: Service) -> None:
    """With the memberships."""
    member = service.member()
    users = service.sdk().user_management
    users.delete_user(member["user_id"])
    with pytest.raises(workos.NotFoundError):
        users.get_user(member["user_id"])
    assert service.memberships(organization_id=member["organization_id"]) == []


def test_a_user_needs_an_address(service: Service) -> None:
    """Refused as unfit."""
    status, body = service.refused("POST", USERS, json={"first_name": "Ana"})
    assert status == 422
    assert body["errors"][0]["field"] == "email"


def test_an_address_has_one_user(service: Service) -> None:
    """A second one is a bad request."""
    service.user(email="ana@example.test")
    with pytest.raises(workos.BadRequestError) as refused:
        service.sdk().user_management.create_user(email="ana@example.test")
    assert refused.value.code == "user_creation_error"


def test_an_external_id_has_one_user(service: Service) -> None:
    """A second user cannot have it."""
    service.user(external_id="one")
    with pytest.raises(workos.BadRequestError):
        service.sdk().user_management.create_user(
            email="ana@example.test", external_id="one"
        )


def test_a_user_fits_the_description(service: Service) -> None:
    """Every field that it has to have, and no other."""
    made = service.user()
    answer = service.call("GET", f"{USERS}/{made}")
    assert fits(answer, "GET", f"{USERS}/{{id}}") == []


def test_a_deleted_user_is_answered_as_described(service: Service) -> None:
    """With 200."""
    answer = service.call("DELETE", f"{USERS}/{service.user()}")
    assert fits(answer, "DELETE", f"{USERS}/{{id}}") == []


def test_an_organization_is_made_and_read(service: Service) -> None:
    """With what was given, without a link."""
    organizations = service.sdk().organizations
    made = organizations.create_organization(
        name="Ana", external_id="ana", metadata={"plan": "x"}
    )
    read = organizations.get_organization(made.id)
    assert (read.name, read.external_id, read.metadata) == ("Ana", "ana", {"plan": "x"})
    assert (read.domains, read.stripe_customer_id) == ([], None)
    assert organizations.get_organization_by_external_id("ana").id == made.id


def test_an_organization_is_changed_in_what_is_named(service: Service) -> None:
    """The rest stays; null clears the external id."""
    made = service.organization(name="Ana", external_id="ana", metadata={"a": "1"})
    organizations = service.sdk().organizations
    changed = organizations.update_organization(made, name="Bea")
    assert (changed.name, changed.external_id) == ("Bea", "ana")
    assert changed.metadata == {"a": "1"}
    path = f"{ORGANIZATIONS}/{made}"
    assert service.ok("PUT", path, json={"external_id": None})["external_id"] is None


def test_metadata_of_an_organization_is_replaced(service: Service) -> None:
    """By default; `org_metadata_merge` is the other belief."""
    made = service.organization(metadata={"a": "1"})
    changed = service.sdk().organizations.update_organization(made, metadata={"b": "2"})
    assert changed.metadata == {"b": "2"}


def test_a_deleted_organization_is_gone(service: Service) -> None:
    """With its memberships."""
    member = service.member()
    organizations = service.sdk().organizations
    organizations.delete_organization(member["organization_id"])
    with pytest.raises(workos.NotFoundError):
        organizations.get_organization(member["organization_id"])
    assert service.memberships(user_id=member["user_id"]) == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_organization_needs_a_name(service: Service, method: str) -> None:
    """Refused as unfit."""
    path = ORGANIZATIONS
    if method == "PUT":
        path = f"{ORGANIZATIONS}/{service.organization()}"
    status, body = service.refused(method, path, json={"name": ""})
    assert status == 422
    assert body["errors"][0]["field"] == "name"


def test_organizations_are_searched_by_name(service: Service) -> None:
    """A part of the name is enough."""
    made = service.organization(name="Ana Sousa")
    service.organization(name="Bea")
    listed = service.sdk().organizations.list_organizations(search="sousa")
    assert [organization.id for organization in listed.data] == [made]


def test_an_external_id_has_one_organization(service: Service) -> None:
    """A second one is a bad request with its own code."""
    service.organization(external_id="ana")
    with pytest.raises(workos.BadRequestError) as refused:
        service.sdk().organizations.create_organization(name="B", external_id="ana")
    assert refused.value.code == "external_id_already_used"


def test_a_link_is_set_and_read_back(service: Service) -> None:
    """The customer of the add-on."""
    made = service.organization()
    organizations = service.sdk().organizations
    organizations.update_organization(made, stripe_customer_id="cus_1")
    assert organizations.get_organization(made).stripe_customer_id == "cus_1"


def test_a_customer_has_one_organization(service: Service) -> None:
    """A second link is refused by its code."""
    first, second = service.organization(), service.organization()
    organizations = service.sdk().organizations
    organizations.update_organization(first, stripe_customer_id="cus_1")
    with pytest.raises(workos.BadRequestError) as refused:
        organizations.update_organization(second, stripe_customer_id="cus_1")
    assert refused.value.code == "stripe_customer_id_already_used"


def test_an_organization_fits_the_description(service: Service) -> None:
    """Without a link the field is absent, not null."""
    made = service.organization()
    answer = service.call("GET", f"{ORGANIZATIONS}/{made}")
    assert fits(answer, "GET", f"{ORGANIZATIONS}/{{id}}") == []


def test_a_deleted_organization_is_answered_as_described(service: Service) -> None:
    """With 200 or 202."""
    answer = service.call("DELETE", f"{ORGANIZATIONS}/{service.organization()}")
    assert fits(answer, "DELETE", f"{ORGANIZATIONS}/{{id}}") == []


@pytest.mark.parametrize("path", ONES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_not_there_is_not_found(
    service: Service, method: str, path: str
) -> None:
    """Read, changed or deleted."""
    body: dict[str, Any] = {"json": {}} if method == "PUT" else {}
    status, said = service.refused(method, f"{path}/x_unknown", **body)
    assert status == 404
    assert "not found" in said["message"]


def test_a_wrong_key_is_refused(service: Service) -> None:
    """None at all is, too."""
    with pytest.raises(workos.AuthenticationError) as refused:
        service.sdk("sk_test_wrong").organizations.list_organizations()
    assert refused.value.request_id
    answer = service.http.get(f"{service.base_url}{USERS}")
    assert answer.status_code == 401


def test_a_body_that_is_no_json_is_refused(service: Service) -> None:
    """A bad request."""
    headers = {"Content-Type": "application/json"}
    status, _ = service.refused(
        "POST", ORGANIZATIONS, content=b"{name", headers=headers
    )
    assert status == 400


def test_an_unknown_address_is_not_found(service: Service) -> None:
    """Of the API itself."""
    status, body = service.refused("GET", "/organisations")
    assert (status, body["message"]) == (404, "Not Found")
