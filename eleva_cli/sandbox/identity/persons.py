"""The shape of a user, alone and inside a membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.resource import EPOCH

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json


def new(given: Json) -> Json:
    """Complete a user."""
    return {
        "object": "user",
        "id": "",
        "email": "",
        "email_verified": True,
        "first_name": None,
        "last_name": None,
        "name": None,
        "profile_picture_url": None,
        "external_id": None,
        "metadata": {},
        "locale": None,
        "last_sign_in_at": None,
        "created_at": EPOCH,
        "updated_at": given.get("created_at", EPOCH),
        **given,
    }
