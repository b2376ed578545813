"""Users: found by an address in any case, one user an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity import memberships
from eleva_cli.sandbox.identity.events import emit
from eleva_cli.sandbox.identity.persons import new
from eleva_cli.sandbox.identity.resource import (
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
from eleva_cli.sandbox.refusals import denied
from eleva_cli.sandbox.wire import Answer, RefusedError

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/user_management/users"
_TEXTS = ("first_name", "last_name", "name", "locale")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def _assign(call: Call, body: Json) -> None:
    """Set what a request names; what it does not name stays."""
    params, is_new = call.params, not body["id"]
    for name in _TEXTS:
        if name in params:
            body[name] = optional_text(params, name)
    if params.get("email_verified") is not None:
        body["email_verified"] = bool(params["email_verified"])
    if "metadata" in params:
        body["metadata"] = checked_metadata(
            params["metadata"],
            present=body["metadata"],
            merge=call.settings.org_metadata_merge and not is_new,
        )
    if "external_id" in params:
        body["external_id"] = checked_external_id(
            call, "user", body["id"], params["external_id"]
        )


def _unfit_address(call: Call, address: str, own_id: str | None) -> str | None:
    """Name what is wrong with an address."""
    if not _ADDRESS.fullmatch(address):
        return "invalid_email"
    holder = call.session.find("user", "email", address.casefold())
    if holder is not None and holder["id"] != own_id:
        return "email_not_available"
    return None


def _create(call: Call) -> Answer:
    address = text_field(call.params, "email").strip().lower()
    external_id = optional_text(call.params, "external_id")
    code = _unfit_address(call, address, None)
    if external_id and call.session.find("user", "external_id", external_id):
        code = code or "external_id_already_used"
    if code:
        raise _not_created(code)
    now = iso(call.now)
    body = new({"email": address, "email_verified": False, "created_at": now})
    _assign(call, body)
    body["id"] = call.session.new_id("user")
    call.session.put("user", body)
    emit(call, "user.created", body)
    return Answer.of(body, status=201)


def _not_created(code: str) -> RefusedError:
    message = "Request could not be processed."
    errors: list[Json] = [{"code": code, "message": message}]
    return denied(400, "Validation failed.", code="user_creation_error", errors=errors)


def _retrieve(call: Call) -> Answer:
    return Answer.of(find(call, "user", call.id))


def _retrieve_external(call: Call) -> Answer:
    return Answer.of(find_external(call, "user", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "user", call.id)
    body = {**before}
    if "email" in call.params:
        body["email"] = text_field(call.params, "email").strip().lower()
        if code := _unfit_address(call, body["email"], call.id):
            raise denied(400, "Request could not be processed.", code=code)
    _assign(call, body)
    if body != before:
        body["updated_at"] = iso(call.now)
        call.session.put("user", body)
        emit(call, "user.updated", body, before)
    return Answer.of(body)


def _delete(call: Call) -> Answer:
    before = find(call, "user", call.id)
    for membership in memberships.of_user(call.session, call.id):
        memberships.remove(call, membership)
    call.session.remove("user", call.id)
    emit(call, "user.deleted", before)
    return Answer(body="")


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    email = optional_text(call.params, "email")
    organization = optional_text(call.params, "organization_id")
    organization = organization or optional_text(call.params, "organization")
    if organization:
        holds = "o.id IN (SELECT json_extract(m.body, '$.user_id') FROM refs q JOIN"
        holds += " objects m ON m.seq = q.seq WHERE q.kind = 'organization_membership'"
        holds += " AND q.name = 'organization_id' AND q.value = ?)"
        where.append((holds, (organization,)))
    reference = ("email", email.casefold()) if email else None
    return listing(*page(call, "user", reference=reference, where=where))


ROUTES = (
    route("POST", URL, _create),
    route("GET", URL, _list),
    route("GET", f"{URL}/external_id/{{id}}", _retrieve_external),
    route("GET", f"{URL}/{{id}}", _retrieve),
    route("PUT", f"{URL}/{{id}}", _update),
    route("DELETE", f"{URL}/{{id}}", _delete),
)
