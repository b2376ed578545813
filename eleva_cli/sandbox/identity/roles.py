"""Roles of the environment, in order of priority; organizations inherit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import EPOCH, find, route
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

DEFAULT_SLUGS = ("admin", "owner", "expert_top", "expert_community", "member")


def new(given: Json) -> Json:
    """Complete a role."""
    slug = str(given.get("slug", ""))
    return {
        "slug": slug,
        "object": "role",
        "id": f"role_{slug}",
        "name": slug.replace("_", " ").capitalize(),
        "description": None,
        "type": "EnvironmentRole",
        "resource_type_slug": "organization",
        "permissions": [],
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def all_roles(session: Session) -> list[Json]:
    """Give the environment's roles; without seeded ones, those of the guide."""
    rows = session.rows(
        "SELECT body, seq FROM objects WHERE kind = 'role' ORDER BY seq"
    )
    stored = [load(row[0]) for row in rows]
    return stored or [new({"slug": slug}) for slug in DEFAULT_SLUGS]


def _list(call: Call) -> Answer:
    return Answer.of({"object": "list", "data": all_roles(call.session)})


def _list_of_organization(call: Call) -> Answer:
    find(call, "organization", call.id)
    return _list(call)


ROUTES = (
    route("GET", "/authorization/roles", _list),
    route("GET", "/authorization/organizations/{id}/roles", _list_of_organization),
)
