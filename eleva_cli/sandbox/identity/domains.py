"""The domains of an organization, as far as its own requests set them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.kinds import iso
from eleva_cli.sandbox.refusals import unfit_field

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call


def of_request(call: Call, organization_id: str) -> list[Json]:
    """Read `domain_data`, or the older `domains`; either replaces what there was."""
    name = "domain_data" if "domain_data" in call.params else "domains"
    given = call.params[name]
    if not isinstance(given, list):
        raise unfit_field(name, f"{name} must be an array", code=f"{name}_invalid")
    return [_one(call, organization_id, name, each) for each in given]


def _one(call: Call, organization_id: str, name: str, given: object) -> Json:
    named = given if isinstance(given, dict) else {"domain": given, "state": "pending"}
    domain, state = named.get("domain"), named.get("state")
    if not isinstance(domain, str) or state not in {"pending", "verified"}:
        message = "domain must be a string, state pending or verified"
        raise unfit_field(name, message, code=f"{name}_invalid")
    now = iso(call.now)
    return {
        "object": "organization_domain",
        "id": call.session.new_id("organization", prefix="org_domain"),
        "organization_id": organization_id,
        "domain": domain.lower(),
        "state": state,
        "verification_strategy": "manual" if state == "verified" else "dns",
        "created_at": now,
        "updated_at": now,
    }
