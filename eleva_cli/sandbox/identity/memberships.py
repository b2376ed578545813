"""Memberships: only the active are listed unless asked, and never all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox import addon
from eleva_cli.sandbox.identity import persons
from eleva_cli.sandbox.identity.events import emit
from eleva_cli.sandbox.identity.membership_roles import assign_roles
from eleva_cli.sandbox.identity.resource import (
    EPOCH,
    Condition,
    find,
    listing,
    optional_text,
    page,
    route,
    text_field,
)
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.kinds import iso
from eleva_cli.sandbox.refusals import denied, unfit_field
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

URL = "/user_management/organization_memberships"
KIND = "organization_membership"
STATUSES = frozenset({"active", "inactive", "pending"})


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


def of_user(session: Session, user_id: str) -> list[Json]:
    """Give all memberships of a user, whatever their status."""
    return _by(session, "user_id", user_id)


def of_organization(session: Session, organization_id: str) -> list[Json]:
    """Give all memberships in an organization, whatever their status."""
    return _by(session, "organization_id", organization_id)


def _by(session: Session, name: str, value: str) -> list[Json]:
    rows = session.rows(
        "SELECT o.body, o.seq FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = ? AND r.name = ? AND r.value = ? ORDER BY o.seq",
        (KIND, name, value),
    )
    return [load(row[0]) for row in rows]


def between(session: Session, user_id: str, organization_id: str) -> Json | None:
    """Give the membership of a user in an organization."""
    held = of_user(session, user_id)
    return next((m for m in held if m["organization_id"] == organization_id), None)


def remove(call: Call, membership: Json) -> None:
    """Take a membership away, and tell others."""
    call.session.remove(KIND, membership["id"])
    emit(call, f"{KIND}.deleted", membership)
    if membership["status"] == "active":
        addon.seats_changed(call, membership["organization_id"])


def _shown(call: Call, body: Json) -> Json:
    user = call.session.get("user", body["user_id"])
    organization = call.session.get("organization", body["organization_id"])
    return {
        **body,
        "organization_name": organization["name"] if organization else "",
        "user": user or persons.new({"id": body["user_id"]}),
    }


def _list(call: Call) -> Answer:
    params = call.params
    user, organization = (
        optional_text(params, name) for name in ("user_id", "organization_id")
    )
    if not user and not organization:
        raise denied(
            400,
            "Either user_id or organization_id must be provided.",
            code="missing_user_id_or_organization_id",
        )
    statuses = _statuses(params)
    marks = ",".join("?" * len(statuses))
    where: list[Condition] = [
        (f"json_extract(o.body, '$.status') IN ({marks})", tuple(statuses))
    ]
    reference = ("user_id", user) if user else ("organization_id", organization or "")
    if user and organization:
        where.append(("json_extract(o.body, '$.organization_id') = ?", (organization,)))
    texts, cursors = page(call, KIND, reference=reference, where=where)
    return listing([dump(_shown(call, load(text))) for text in texts], cursors)


def _statuses(params: Json) -> list[str]:
    """Read the statuses, comma separated; of other ways the contract knows nothing."""
    statuses = (optional_text(params, "statuses") or "active").split(",")
    if unknown := set(statuses) - STATUSES:
        message = f"{min(unknown)} is not a status"
        raise unfit_field("statuses", message, code="invalid_status")
    return statuses


def _retrieve(call: Call) -> Answer:
    return Answer.of(_shown(call, find(call, KIND, call.id)))


def _create(call: Call) -> Answer:
    user = find(call, "user", text_field(call.params, "user_id"))["id"]
    organization = find(
        call, "organization", text_field(call.params, "organization_id")
    )["id"]
    held = between(call.session, user, organization)
    if held is not None:
        return _created_again(call, held)
    body = new(
        {
            "id": call.session.new_id(KIND),
            "user_id": user,
            "organization_id": organization,
            "created_at": iso(call.now),
        }
    )
    assign_roles(call, body, is_new=True)
    call.session.put(KIND, body)
    emit(call, f"{KIND}.created", body)
    addon.seats_changed(call, organization)
    return Answer.of(_shown(call, body), status=201)


def _created_again(call: Call, held: Json) -> Answer:
    """Bring an inactive membership back with new roles; others are in the way."""
    if held["status"] == "active":
        raise denied(
            409,
            "The user is already a member of the organization.",
            code="organization_membership_already_exists",
        )
    body = {**held}
    assign_roles(call, body, is_new=True)
    _move(body, "active")
    _save(call, held, body)
    return Answer.of(_shown(call, body), status=201)


def _update(call: Call) -> Answer:
    before = find(call, KIND, call.id)
    body = {**before}
    assign_roles(call, body)
    _save(call, before, body)
    return Answer.of(_shown(call, body))


def _save(call: Call, before: Json, body: Json) -> None:
    if body == before:
        return
    body["updated_at"] = iso(call.now)
    call.session.put(KIND, body)
    emit(call, f"{KIND}.updated", body, before)
    if body["status"] != before["status"]:
        addon.seats_changed(call, body["organization_id"])


def _delete(call: Call) -> Answer:
    remove(call, find(call, KIND, call.id))
    return Answer(body="")


def _move(body: Json, status: str) -> None:
    """Change between active and inactive; a pending one can do neither."""
    if body["status"] != "pending":
        body["status"] = status
        return
    verb, instead = "deactivat", "This membership should be deleted instead."
    if status == "active":
        verb = "reactivat"
        instead = "The user needs to accept the invitation instead."
    raise denied(
        400,
        f"A pending organization membership cannot be {verb}ed. {instead}",
        code=f"cannot_{verb}e_pending_{KIND}",
    )


def _moved(call: Call, status: str) -> Answer:
    before = find(call, KIND, call.id)
    body = {**before}
    _move(body, status)
    _save(call, before, body)
    return Answer.of(_shown(call, body))


def _deactivate(call: Call) -> Answer:
    return _moved(call, "inactive")


def _reactivate(call: Call) -> Answer:
    return _moved(call, "active")


ROUTES = (
    route("POST", URL, _create),
    route("GET", URL, _list),
    route("GET", f"{URL}/{{id}}", _retrieve),
    route("PUT", f"{URL}/{{id}}", _update),
    route("DELETE", f"{URL}/{{id}}", _delete),
    route("PUT", f"{URL}/{{id}}/deactivate", _deactivate),
    route("PUT", f"{URL}/{{id}}/reactivate", _reactivate),
)
