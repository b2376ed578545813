"""Organizations; their link to a Stripe customer is the add-on's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox import addon
from eleva_cli.sandbox.identity import domains, memberships
from eleva_cli.sandbox.identity.events import emit
from eleva_cli.sandbox.identity.links import LINK, assign_link
from eleva_cli.sandbox.identity.resource import (
    EPOCH,
    Condition,
    checked_external_id,
    checked_metadata,
    find,
    find_external,
    listing,
    optional_text,
    page,
    route,
    text_field,
)
from eleva_cli.sandbox.kinds import iso
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/organizations"
_OUTSIDERS = "allow_profiles_outside_organization"


def new(given: Json) -> Json:
    """Complete an organization; without a link the field is absent."""
    return {
        "object": "organization",
        "id": "",
        "name": "",
        _OUTSIDERS: False,
        "domains": [],
        "metadata": {},
        "external_id": None,
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def _assign(call: Call, body: Json, *, merge: bool) -> None:
    """Set what a request names; what it does not name stays."""
    params = call.params
    if "name" in params:
        body["name"] = text_field(params, "name")
    if _OUTSIDERS in params:
        body[_OUTSIDERS] = bool(params[_OUTSIDERS])
    if {"domains", "domain_data"} & set(params):
        body["domains"] = domains.of_request(call, body["id"])
    if "metadata" in params:
        body["metadata"] = checked_metadata(
            params["metadata"], present=body["metadata"], merge=merge
        )
    if "external_id" in params:
        body["external_id"] = checked_external_id(
            call, "organization", body["id"], params["external_id"]
        )


def _create(call: Call) -> Answer:
    text_field(call.params, "name")
    body = new({"id": call.session.new_id("organization"), "created_at": iso(call.now)})
    _assign(call, body, merge=False)
    call.session.put("organization", body)
    emit(call, "organization.created", body)
    return Answer.of(body, status=201)


def _retrieve(call: Call) -> Answer:
    return Answer.of(find(call, "organization", call.id))


def _retrieve_external(call: Call) -> Answer:
    return Answer.of(find_external(call, "organization", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "organization", call.id)
    body = {**before}
    _assign(call, body, merge=call.settings.org_metadata_merge)
    if LINK in call.params:
        assign_link(call, body, call.params[LINK])
    _save(call, before, body)
    return Answer.of(body)


def _save(call: Call, before: Json, body: Json) -> None:
    changed = {
        name for name in {**before, **body} if before.get(name) != body.get(name)
    }
    if not changed:
        return
    body["updated_at"] = iso(call.now)
    call.session.put("organization", body)
    if changed != {LINK} or call.settings.put_emits_organization_updated:
        emit(call, "organization.updated", body, before)
    if LINK in changed:
        addon.linked(call, body["id"], body.get(LINK))


def _delete(call: Call) -> Answer:
    before = find(call, "organization", call.id)
    call.session.remove("organization", call.id)
    addon.linked(call, call.id, None)
    for membership in memberships.of_organization(call.session, call.id):
        memberships.remove(call, membership)
    emit(call, "organization.deleted", before)
    return Answer(body="", status=202)


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    if search := optional_text(call.params, "search"):
        where.append(("json_extract(o.body, '$.name') LIKE ?", (f"%{search}%",)))
    if named := optional_text(call.params, "domains"):
        wanted = named.split(",")
        marks = ",".join("?" * len(wanted))
        holds = "EXISTS (SELECT 1 FROM json_each(o.body, '$.domains') d WHERE"
        holds += f" json_extract(d.value, '$.domain') IN ({marks}))"
        where.append((holds, tuple(wanted)))
    return listing(*page(call, "organization", where=where))


ROUTES = (
    route("POST", URL, _create),
    route("GET", URL, _list),
    route("GET", f"{URL}/external_id/{{id}}", _retrieve_external),
    route("GET", f"{URL}/{{id}}", _retrieve),
    route("PUT", f"{URL}/{{id}}", _update),
    route("DELETE", f"{URL}/{{id}}", _delete),
)
