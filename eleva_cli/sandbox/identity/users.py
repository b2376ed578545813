"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import (
    EPOCH,
    Condition,
    find,
    find_external,
    listing,
    page,
    route,
)
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/user_management/users"


def new(given: Json) -> Json:
    """Complete a user."""
    return {
        "object": "user",
        "id": "",
        "email": "",
        "email_verified": True,
        "first_name": None,
        "last_name": None,
        "profile_picture_url": None,
        "external_id": None,
        "metadata": {},
        "locale": None,
        "last_sign_in_at": None,
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def _retrieve(call: Call) -> Answer:
    return Answer.of(find(call, "user", call.id))


def _retrieve_external(call: Call) -> Answer:
    return Answer.of(find_external(call, "user", call.id))


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    email = call.params.get("email")
    organization = call.params.get("organization_id")
    if organization:
        holds = "o.id IN (SELECT json_extract(m.body, '$.user_id') FROM refs q JOIN"
        holds += " objects m ON m.seq = q.seq WHERE q.kind = 'organization_membership'"
        holds += " AND q.name = 'organization_id' AND q.value = ?)"
        where.append((holds, (organization,)))
    reference = ("email", email.casefold()) if email else None
    return listing(*page(call, "user", reference=reference, where=where))


ROUTES = (
    route("GET", URL, _list),
    route("GET", f"{URL}/external_id/{{id}}", _retrieve_external),
    route("GET", f"{URL}/{{id}}", _retrieve),
)
