"""Who may call: keys, revoked keys, restricted keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import account
from eleva_cli.sandbox.refusals import denied, invalid
from eleva_cli.sandbox.wire import Service

if TYPE_CHECKING:
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Route


def key_of(authorization: str) -> str | None:
    """Read the bearer's key."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


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
