"""A tour through WorkOS's side of a sandbox: every endpoint, through the strict SDK.

Each call gives all that the sandbox knows of its endpoint's parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import workos
from workos.common.models.organization_domain_data_state import (
    OrganizationDomainDataState,
)
from workos.organization_membership import RoleMultiple, RoleSingle
from workos.organizations import OrganizationDomainData

Call = Callable[[workos.WorkOSClient], Any]
PAGES: tuple[dict[str, Any], ...] = (
    {"limit": 1, "order": "asc"},
    {"after": "{}_1"},
    {"before": "{}_1"},
)
EVENTS = (
    "organization.created",
    "organization.updated",
    "organization_membership.updated",
    "user.created",
    "user.updated",
)
FAR_PAST, FAR_FUTURE = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"

WORLD: Mapping[str, Any] = {
    "workos": {
        "users": [
            {
                "id": "user_1",
                "email": "ana@example.test",
                "external_id": "person-1",
                "metadata": {"plan": "x"},
            },
            {"id": "user_2", "email": "bea@example.test"},
        ],
        "organizations": [
            {"id": "org_1", "name": "Ana", "external_id": "company-1"},
            {"id": "org_2", "name": "Bea"},
        ],
        "organization_memberships": [
            {"id": "om_1", "user_id": "user_1", "organization_id": "org_1"},
            {"id": "om_2", "user_id": "user_2", "organization_id": "org_2"},
        ],
        "roles": [{"slug": "owner"}, {"slug": "member"}],
    }
}


def paged(prefix: str, listed: Callable[..., Any], **filters: Any) -> list[Any]:
    """List with every way to page, and with the filters."""
    pages = [
        {name: value.format(prefix) if name in {"after", "before"} else value}
        for page in PAGES
        for name, value in page.items()
    ]
    return [listed(**page).data for page in pages] + [
        listed(**{name: value}).data for name, value in filters.items()
    ]


def domain() -> OrganizationDomainData:
    state = OrganizationDomainDataState("verified")
    return OrganizationDomainData(domain="ana.example.test", state=state)


def create_organization(w: workos.WorkOSClient) -> Any:
    return w.organizations.create_organization(
        name="Cleo",
        allow_profiles_outside_organization=True,
        domains=["cleo.example.test"],
        domain_data=[domain()],
        metadata={"plan": "x"},
        external_id="company-3",
    )


def update_organization(w: workos.WorkOSClient) -> Any:
    return w.organizations.update_organization(
        "org_1",
        name="Ana S.",
        allow_profiles_outside_organization=False,
        domains=["ana.example.test"],
        domain_data=[domain()],
        stripe_customer_id="cus_1",
        metadata={"plan": "y"},
        external_id="company-1",
    )


def create_user(w: workos.WorkOSClient) -> Any:
    return w.user_management.create_user(
        email="cleo@example.test",
        first_name="Cleo",
        last_name="Reis",
        name="Cleo Reis",
        email_verified=True,
        metadata={"plan": "x"},
        external_id="person-3",
    )


def update_user(w: workos.WorkOSClient) -> Any:
    return w.user_management.update_user(
        "user_1",
        email="ana.sousa@example.test",
        first_name="Ana",
        last_name="Sousa",
        name="Ana Sousa",
        email_verified=True,
        metadata={"plan": "y"},
        external_id="person-1",
        locale="pt-PT",
    )


def list_users(w: workos.WorkOSClient) -> Any:
    return paged(
        "user",
        w.user_management.list_users,
        email="ana@example.test",
        organization="org_1",
        organization_id="org_1",
    )


def list_memberships(w: workos.WorkOSClient) -> Any:
    def listed(**query: Any) -> Any:
        owner: dict[str, Any] = (
            {} if "user_id" in query else {"organization_id": "org_1"}
        )
        return w.organization_membership.list_organization_memberships(**owner, **query)

    return paged("om", listed, user_id="user_1", statuses=["active", "pending"])


def create_membership(w: workos.WorkOSClient) -> Any:
    create = w.organization_membership.create_organization_membership
    first = create(user_id="user_1", organization_id="org_2", role=RoleSingle("owner"))
    roles = RoleMultiple(["member"])
    return [first, create(user_id="user_2", organization_id="org_1", role=roles)]


def update_membership(w: workos.WorkOSClient) -> Any:
    update = w.organization_membership.update_organization_membership
    return [
        update("om_1", role=RoleSingle("owner")),
        update("om_1", role=RoleMultiple(["member"])),
    ]


def list_events(w: workos.WorkOSClient) -> Any:
    organization = update_organization(w)
    update_user(w)
    create_user(w)
    create_organization(w)
    update_membership(w)

    def listed(**query: Any) -> Any:
        return w.events.list_events(events=list(EVENTS), **query)

    told = listed(limit=100).data
    assert {event.event for event in told} == set(EVENTS)
    return [
        told,
        listed(order="desc"),
        listed(after=told[0].id),
        listed(before=told[-1].id),
        listed(range_start=FAR_PAST, range_end=FAR_FUTURE),
        listed(organization_id=organization.id),
    ]


_USERS = "/user_management/users"
_MEMBERSHIPS = "/user_management/organization_memberships"
_ROLES, _OWN = "/authorization/roles", "/authorization/organizations/{id}/roles"

CALLS: Mapping[str, Call] = {
    "GET /organizations": lambda w: paged(
        "org",
        w.organizations.list_organizations,
        search="an",
        domains=["ana.example.test"],
    ),
    "POST /organizations": create_organization,
    "GET /organizations/{id}": lambda w: w.organizations.get_organization("org_1"),
    "GET /organizations/external_id/{id}": lambda w: (
        w.organizations.get_organization_by_external_id("company-1")
    ),
    "PUT /organizations/{id}": update_organization,
    f"GET {_USERS}": list_users,
    f"POST {_USERS}": create_user,
    f"GET {_USERS}/{{id}}": lambda w: w.user_management.get_user("user_1"),
    f"GET {_USERS}/external_id/{{id}}": lambda w: (
        w.user_management.get_user_by_external_id("person-1")
    ),
    f"PUT {_USERS}/{{id}}": update_user,
    f"GET {_MEMBERSHIPS}": list_memberships,
    f"POST {_MEMBERSHIPS}": create_membership,
    f"GET {_MEMBERSHIPS}/{{id}}": lambda w: (
        w.organization_membership.get_organization_membership("om_1")
    ),
    f"PUT {_MEMBERSHIPS}/{{id}}": update_membership,
    f"PUT {_MEMBERSHIPS}/{{id}}/deactivate": lambda w: (
        w.organization_membership.deactivate_organization_membership("om_1")
    ),
    f"PUT {_MEMBERSHIPS}/{{id}}/reactivate": lambda w: (
        w.organization_membership.reactivate_organization_membership("om_1")
    ),
    f"GET {_ROLES}": lambda w: w.authorization.list_environment_roles().data,
    f"GET {_ROLES}/{{slug}}": lambda w: w.authorization.get_environment_role("owner"),
    f"GET {_OWN}": lambda w: w.authorization.list_organization_roles("org_1").data,
    f"GET {_OWN}/{{slug}}": lambda w: w.authorization.get_organization_role(
        "org_1", "owner"
    ),
    "GET /events": list_events,
    "GET /sso/jwks/{id}": lambda w: w.user_management.get_jwks("client_sandbox"),
    f"DELETE {_MEMBERSHIPS}/{{id}}": lambda w: (
        w.organization_membership.delete_organization_membership("om_1")
    ),
    f"DELETE {_USERS}/{{id}}": lambda w: w.user_management.delete_user("user_1"),
    "DELETE /organizations/{id}": lambda w: w.organizations.delete_organization(
        "org_1"
    ),
}
