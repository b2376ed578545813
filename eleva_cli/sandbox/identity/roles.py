"""Roles in order of priority; an organization has the environment's and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import EPOCH, find, route
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import not_found
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

DEFAULT_SLUGS = ("admin", "owner", "expert_top", "expert_community", "member")
# whose role it is; WorkOS does not send it
_OWNER = "organization_id"


def new(given: Json) -> Json:
    """Complete a role; one that names an organization is that organization's."""
    slug, owner = str(given.get("slug", "")), given.get(_OWNER)
    return {
        "slug": slug,
        "object": "role",
        "id": f"role_{owner}_{slug}" if owner else f"role_{slug}",
        "name": slug.replace("_", " ").capitalize(),
        "description": None,
        "type": "OrganizationRole" if owner else "EnvironmentRole",
        "resource_type_slug": "organization",
        "permissions": [],
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def all_roles(session: Session, organization_id: str | None = None) -> list[Json]:
    """Give the environment's roles, and an organization's own if one is named.

    Without seeded ones the environment has those of the guide.
    """
    rows = session.rows(
        "SELECT body, seq FROM objects WHERE kind = 'role' ORDER BY seq"
    )
    stored = [load(row[0]) for row in rows]
    if all(role.get(_OWNER) for role in stored):
        stored = [new({"slug": slug}) for slug in DEFAULT_SLUGS] + stored
    return [role for role in stored if role.get(_OWNER) in (None, organization_id)]


def permissions_of(
    session: Session, organization_id: str, slugs: list[str]
) -> list[str]:
    """Give the permissions of some roles together, each once."""
    held = [
        permission
        for role in all_roles(session, organization_id)
        if role["slug"] in slugs
        for permission in role["permissions"]
    ]
    return list(dict.fromkeys(held))


def _shown(role: Json) -> Json:
    return {name: value for name, value in role.items() if name != _OWNER}


def _listed(roles: list[Json]) -> Answer:
    return Answer.of({"object": "list", "data": [_shown(role) for role in roles]})


def _list(call: Call) -> Answer:
    return _listed(all_roles(call.session))


def _list_of_organization(call: Call) -> Answer:
    find(call, "organization", call.id)
    return _listed(all_roles(call.session, call.id))


def _one(roles: list[Json], slug: str) -> Answer:
    role = next((role for role in roles if role["slug"] == slug), None)
    if role is None:
        raise not_found("Role", slug)
    return Answer.of(_shown(role))


def _retrieve(call: Call) -> Answer:
    return _one(all_roles(call.session), call.ids["slug"])


def _retrieve_of_organization(call: Call) -> Answer:
    find(call, "organization", call.id)
    return _one(all_roles(call.session, call.id), call.ids["slug"])


URL = "/authorization/roles"
OF_ORGANIZATION = "/authorization/organizations/{id}/roles"

ROUTES = (
    route("GET", URL, _list),
    route("GET", f"{URL}/{{slug}}", _retrieve),
    route("GET", OF_ORGANIZATION, _list_of_organization),
    route("GET", f"{OF_ORGANIZATION}/{{slug}}", _retrieve_of_organization),
)
