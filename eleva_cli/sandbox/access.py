"""Who may call: keys, revoked keys, restricted keys."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import account
from eleva_cli.sandbox.refusals import denied, invalid
from eleva_cli.sandbox.wire import Service

if TYPE_CHECKING:
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Route


def key_of(service: Service, authorization: str) -> str | None:
    """Read the bearer's key; to Stripe it may come as the user of HTTP Basic, too."""
    scheme, _, given = authorization.partition(" ")
    key = given.strip() if scheme.lower() == "bearer" else ""
    if service is Service.STRIPE and scheme.lower() == "basic":
        key = _user_of(given)
    return key or None


def _user_of(credentials: str) -> str:
    try:
        pair = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[0]


def check(route: Route, key: str | None, settings: Settings) -> None:
    """Refuse a request without a good key."""
    if route.is_public:
        return
    if route.service is Service.WORKOS:
        if key not in settings.workos_keys:
            raise denied(401, "Unauthorized", error="Unauthorized")
        return
    if key is None:
        raise invalid(
            "You did not provide an API key. You need to provide your API key in the"
            " Authorization header, using Bearer auth.",
            status=401,
            is_stored=False,
        )
    if key not in settings.stripe_keys:
        raise invalid(
            f"Invalid API Key provided: {masked(key)}", status=401, is_stored=False
        )
    if _lacks(route.permission, settings.stripe_keys[key]):
        raise invalid(
            f"The provided key '{masked(key)}' does not have the required permissions"
            f" for this endpoint on account '{account.DEFAULT_ID}'. Having the"
            f" '{route.permission}' permission would allow this request to continue.",
            status=403,
            is_stored=False,
        )


def _lacks(permission: str, lacking: list[str]) -> bool:
    return permission in lacking or permission.removeprefix("rak_") in lacking


def masked(key: str) -> str:
    """Show a key as Stripe does: its kind and its end."""
    return f"{key[:8]}{'*' * 12}{key[-4:]}"
