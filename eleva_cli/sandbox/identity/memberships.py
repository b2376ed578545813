"""Memberships: only the active are listed unless asked, and never all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity import users
from eleva_cli.sandbox.identity.events import emit
from eleva_cli.sandbox.identity.resource import (
    EPOCH,
    Condition,
    find,
    iso,
    listing,
    page,
    route,
    text_field,
)
from eleva_cli.sandbox.identity.roles import all_roles
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.refusals import denied
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/user_management/organization_memberships"
KIND = "organization_membership"


def new(given: Json) -> Json:
    """Complete a membership; its user is embedded when it is sent."""
    role = given.get("role", {"slug": "member"})
    return {
        "object": KIND,
        "id": "",
        "user_id": "",
        "organization_id": "",
        "status": "active",
        "role": role,
        "roles": [role],
        "custom_attributes": {},
        "directory_managed": False,
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def _shown(call: Call, body: Json) -> Json:
    user = call.session.get("user", body["user_id"])
    organization = call.session.get("organization", body["organization_id"])
    return {
        **body,
        "organization_name": organization["name"] if organization else "",
        "user": user or users.new({"id": body["user_id"]}),
    }


def _list(call: Call) -> Answer:
    user, organization = (
        call.params.get(name) for name in ("user_id", "organization_id")
    )
    if not user and not organization:
        raise denied(
            400,
            "Either user_id or organization_id must be provided.",
            code="missing_user_id_or_organization_id",
        )
    statuses = call.params.get("statuses", "active").split(",")
    if unknown := set(statuses) - {"active", "inactive", "pending"}:
        message = f"statuses: {min(unknown)} is not a status"
        raise denied(422, message, code="validation_error")
    marks = ",".join("?" * len(statuses))
    where: list[Condition] = [
        (f"json_extract(o.body, '$.status') IN ({marks})", tuple(statuses))
    ]
    reference = ("user_id", user) if user else ("organization_id", organization or "")
    if user and organization:
        where.append(("json_extract(o.body, '$.organization_id') = ?", (organization,)))
    texts, cursors = page(call, KIND, reference=reference, where=where)
    return listing([dump(_shown(call, load(text))) for text in texts], cursors)


def _retrieve(call: Call) -> Answer:
    return Answer.of(_shown(call, find(call, KIND, call.id)))


def _wanted_roles(call: Call) -> list[str]:
    params = call.params
    if "role_slugs" in params and len(params["role_slugs"]) > 1:
        raise denied(
            422,
            "Multiple roles are not enabled for this environment.",
            code="multiple_roles_not_enabled",
        )
    wanted: list[str] = params.get("role_slugs") or [params.get("role_slug", "member")]
    known = {role["slug"] for role in all_roles(call.session)}
    for slug in wanted:
        if slug not in known:
            raise denied(422, f"Invalid role: '{slug}'.", code="invalid_role")
    return wanted


def _create(call: Call) -> Answer:
    user = find(call, "user", text_field(call.params, "user_id"))["id"]
    organization = find(
        call, "organization", text_field(call.params, "organization_id")
    )["id"]
    held = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = ? AND r.name = 'user_id' AND r.value = ?",
        (KIND, user),
    )
    if any(load(row[0])["organization_id"] == organization for row in held):
        raise denied(
            409,
            "The user is already a member of the organization.",
            code="organization_membership_already_exists",
        )
    roles = [{"slug": slug} for slug in _wanted_roles(call)]
    body = new(
        {
            "id": call.session.new_id(KIND),
            "user_id": user,
            "organization_id": organization,
            "role": roles[0],
            "roles": roles,
            "created_at": iso(call.now),
        }
    )
    call.session.put(KIND, body)
    emit(call, "organization_membership.created", _shown(call, body))
    return Answer.of(_shown(call, body), status=201)


def _update(call: Call) -> Answer:
    before = find(call, KIND, call.id)
    body = {**before}
    if {"role_slug", "role_slugs"} & set(call.params):
        roles = [{"slug": slug} for slug in _wanted_roles(call)]
        body |= {"role": roles[0], "roles": roles}
    return _saved(call, before, body)


def _saved(call: Call, before: Json, body: Json) -> Answer:
    if body != before:
        body["updated_at"] = iso(call.now)
        call.session.put(KIND, body)
        emit(call, "organization_membership.updated", _shown(call, body), before)
    return Answer.of(_shown(call, body))


def _set_status(call: Call, status: str) -> Answer:
    before = find(call, KIND, call.id)
    return _saved(call, before, {**before, "status": status})


def _deactivate(call: Call) -> Answer:
    return _set_status(call, "inactive")


def _reactivate(call: Call) -> Answer:
    return _set_status(call, "active")


ROUTES = (
    route("POST", URL, _create),
    route("GET", URL, _list),
    route("GET", f"{URL}/{{id}}", _retrieve),
    route("PUT", f"{URL}/{{id}}", _update),
    route("PUT", f"{URL}/{{id}}/deactivate", _deactivate),
    route("PUT", f"{URL}/{{id}}/reactivate", _reactivate),
)
