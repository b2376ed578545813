"""Organizations, and the add-on's rules for linking one to a Stripe customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.events import emit
from eleva_cli.sandbox.identity.resource import (
    EPOCH,
    Condition,
    checked_external_id,
    checked_metadata,
    find,
    find_external,
    iso,
    listing,
    page,
    route,
    text_field,
)
from eleva_cli.sandbox.refusals import denied, unfit_field
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/organizations"
LINK = "stripe_customer_id"


def new(given: Json) -> Json:
    """Complete an organization; without a link the field is absent."""
    return {
        "object": "organization",
        "id": "",
        "name": "",
        "allow_profiles_outside_organization": False,
        "domains": [],
        "metadata": {},
        "external_id": None,
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }


def _create(call: Call) -> Answer:
    params = call.params
    now = iso(call.now)
    body = new(
        {
            "id": call.session.new_id("organization"),
            "name": text_field(params, "name"),
            "created_at": now,
            "metadata": checked_metadata(
                params.get("metadata"), present={}, merge=False
            ),
            "external_id": checked_external_id(
                call, "organization", None, params.get("external_id")
            ),
        }
    )
    call.session.put("organization", body)
    emit(call, "organization.created", body)
    return Answer.of(body, status=201)


def _retrieve(call: Call) -> Answer:
    return Answer.of(find(call, "organization", call.id))


def _retrieve_external(call: Call) -> Answer:
    return Answer.of(find_external(call, "organization", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "organization", call.id)
    body, params = {**before}, call.params
    if "name" in params:
        body["name"] = text_field(params, "name")
    if "allow_profiles_outside_organization" in params:
        name = "allow_profiles_outside_organization"
        body[name] = bool(params[name])
    if "metadata" in params:
        body["metadata"] = checked_metadata(
            params["metadata"],
            present=before["metadata"],
            merge=call.settings.org_metadata_merge,
        )
    if "external_id" in params:
        body["external_id"] = checked_external_id(
            call, "organization", call.id, params["external_id"]
        )
    if LINK in params:
        _link(call, body, params[LINK])
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


def _link(call: Call, body: Json, customer_id: object) -> None:
    """Set or clear the link, by the rules of the add-on."""
    settings = call.settings
    if not settings.addon_on:
        raise denied(
            422,
            "stripe_customer_id is not enabled for this environment",
            error="Unprocessable Entity",
        )
    clears = (customer_id is None and settings.unlink_by_null) or (
        customer_id == "" and settings.unlink_by_empty
    )
    if clears:
        body.pop(LINK, None)
        return
    if not isinstance(customer_id, str) or not customer_id:
        raise unfit_field(LINK, f"{LINK} must be a string", code=f"{LINK}_invalid")
    holder = call.session.find("organization", LINK, customer_id)
    if holder is not None and holder["id"] != body["id"]:
        raise denied(
            400,
            "The Stripe customer ID is already used by another organization.",
            code="stripe_customer_id_already_used",
        )
    if settings.link_checks_customer and not _exists(call, customer_id):
        raise denied(
            400, "The Stripe customer does not exist.", code="stripe_customer_not_found"
        )
    body[LINK] = customer_id


def _exists(call: Call, customer_id: str) -> bool:
    customer = call.session.get("customer", customer_id)
    if customer is None or customer.get("deleted"):
        return False
    return bool(customer["livemode"]) == call.settings.livemode


def _delete(call: Call) -> Answer:
    before = find(call, "organization", call.id)
    members = call.session.rows(
        "SELECT o.id, 0 FROM refs r JOIN objects o USING (seq) WHERE r.kind ="
        " 'organization_membership' AND r.name = 'organization_id' AND r.value = ?",
        (call.id,),
    )
    for member in members:
        call.session.remove("organization_membership", member[0])
    call.session.remove("organization", call.id)
    emit(call, "organization.deleted", before)
    return Answer(body="", status=202)


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    if search := call.params.get("search"):
        where.append(("json_extract(o.body, '$.name') LIKE ?", (f"%{search}%",)))
    if domains := call.params.get("domains"):
        wanted = domains.split(",")
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
