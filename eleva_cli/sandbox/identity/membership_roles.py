"""Which roles a request gives to a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.roles import all_roles
from eleva_cli.sandbox.refusals import denied, unfit_field
from eleva_cli.sandbox.wire import RefusedError

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

DEFAULT = "member"


def assign_roles(call: Call, body: Json, *, is_new: bool = False) -> None:
    """Replace a membership's roles by those that the request names.

    The first in the order of priority is the primary one. A request without roles
    leaves those there are; a new membership gets the default.
    """
    known = {
        role["slug"]: role for role in all_roles(call.session, body["organization_id"])
    }
    wanted = _wanted(call)
    if wanted is None:
        if not is_new:
            return
        wanted = [DEFAULT if DEFAULT in known else list(known)[-1]]
    for slug in wanted:
        _check(slug, known.get(slug))
    roles = [{"slug": slug} for slug in known if slug in wanted]
    body |= {"role": roles[0], "roles": roles}


def _wanted(call: Call) -> list[str] | None:
    """Read the slugs of a request."""
    slug, slugs = (call.params.get(name) for name in ("role_slug", "role_slugs"))
    if slug is None and slugs is None:
        return None
    if slug is not None and slugs is not None:
        message = "role_slug and role_slugs are mutually exclusive"
        raise unfit_field("role_slugs", message, code="mutually_exclusive")
    wanted = [slug] if slugs is None else slugs
    if not isinstance(wanted, list) or not all(isinstance(s, str) for s in wanted):
        raise unfit_field("role_slugs", "must be slugs", code="role_slugs_invalid")
    if not wanted:
        message = "role_slugs must not be empty"
        raise unfit_field("role_slugs", message, code="role_slugs_empty")
    if len(wanted) > 1 and not call.settings.multiple_roles_enabled:
        raise denied(
            422,
            "Multiple roles are not enabled for this environment.",
            code="multiple_roles_not_enabled",
        )
    return wanted


def _check(slug: str, role: Json | None) -> None:
    if role is None:
        raise denied(422, f"Role '{slug}' is not a valid role.", code="invalid_role")
    if role["resource_type_slug"] != "organization":
        raise RefusedError(
            422,
            {
                "message": "Sub-resource scoped roles are not allowed for this"
                " operation.",
                "code": "sub_resource_scoped_role_not_allowed",
                "role_slug": slug,
            },
        )
