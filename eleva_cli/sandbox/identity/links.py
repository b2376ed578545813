"""The rules of the add-on for linking an organization to a Stripe customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.addon import LINK, is_reachable
from eleva_cli.sandbox.refusals import denied, unfit_field

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

__all__ = ["LINK", "assign_link"]


def assign_link(call: Call, body: Json, customer_id: object) -> None:
    """Set or clear the link of an organization, or refuse."""
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
    if settings.link_checks_customer and not is_reachable(call, customer_id):
        raise denied(
            400, "The Stripe customer does not exist.", code="stripe_customer_not_found"
        )
    body[LINK] = customer_id
