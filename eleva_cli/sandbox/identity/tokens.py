"""Access tokens and the keys that prove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from eleva_cli.sandbox import addon
from eleva_cli.sandbox.identity import memberships, roles, signing
from eleva_cli.sandbox.identity.resource import route
from eleva_cli.sandbox.refusals import not_found
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

Defect = Literal["alg_none", "foreign_key", "unsigned", "expired"]
DEFECTS: tuple[str, ...] = get_args(Defect)
URL = "/sso/jwks/{id}"


class SignInError(ValueError):
    """A sign-in that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a token shall be like; everything has the service's own default."""

    session_id: str
    user_id: str
    organization_id: str | None = None
    # when the user signed in; now unless told
    signed_in_at: float | None = None
    age_s: float = 0.0
    lifetime_s: float | None = None
    issuer: str | None = None
    defect: Defect | None = None


def minted(call: Call, wish: Wish) -> str:
    """Mint an access token with what WorkOS knows now."""
    claims = _claims(call, wish)
    ours = signing.pair(call.session)
    kid = signing.key_id(ours)
    match wish.defect:
        case "alg_none":
            return signing.unsigned(claims)
        case "foreign_key":
            theirs = signing.pair(call.session, signing.FOREIGN)
            return signing.signed(theirs, claims, kid=kid)
        case "unsigned":
            head, body, _ = signing.signed(ours, claims, kid=kid).split(".")
            return f"{head}.{body}."
        case _:
            return signing.signed(ours, claims, kid=kid)


def _claims(call: Call, wish: Wish) -> Json:
    settings = call.settings
    lifetime = wish.lifetime_s
    if lifetime is None:
        lifetime = settings.token_lifetime_s
    at = call.now - wish.age_s
    if wish.defect == "expired":
        at = min(at, call.now - lifetime - 60)
    signed_in_at = at if wish.signed_in_at is None else wish.signed_in_at
    default_issuer = f"https://api.workos.com/user_management/{settings.client_id}"
    return {
        "iss": wish.issuer or settings.token_issuer or default_issuer,
        "sub": wish.user_id,
        "sid": wish.session_id,
        **_of_organization(call, wish),
        "jti": call.session.new_id("session", prefix="jti").removeprefix("jti_"),
        "exp": int(at + lifetime),
        "iat": int(at),
        "client_id": settings.client_id,
        "auth_time": int(min(signed_in_at, at)),
    }


def _of_organization(call: Call, wish: Wish) -> Json:
    """Give the claims of a member; without an organization there are none."""
    if call.session.get("user", wish.user_id) is None:
        raise SignInError(f"user_id: there is no user {wish.user_id!r}")
    if wish.organization_id is None:
        return {}
    found = memberships.between(call.session, wish.user_id, wish.organization_id)
    if found is None or found["status"] != "active":
        raise SignInError(
            f"organization_id: {wish.user_id!r} is no active member of"
            f" {wish.organization_id!r}"
        )
    slugs = [role["slug"] for role in found["roles"]]
    return {
        "org_id": wish.organization_id,
        "role": found["role"]["slug"],
        "roles": slugs,
        "permissions": roles.permissions_of(call.session, wish.organization_id, slugs),
        **_entitlements(call, wish.organization_id),
        "feature_flags": [],
    }


def _entitlements(call: Call, organization_id: str) -> Json:
    settings = call.settings
    if not (settings.addon_on and settings.entitlements_in_tokens):
        return {}
    keys = addon.known(call, organization_id)
    if not keys and settings.claim_empty_or_absent == "absent":
        return {}
    return {"entitlements": keys}


def _jwks(call: Call) -> Answer:
    if call.id != call.settings.client_id:
        raise not_found("Client", call.id)
    is_ready = signing.is_ready(call.session)
    keys = [signing.public(signing.pair(call.session))] if is_ready else []
    return Answer.of({"keys": keys})


ROUTES = (route("GET", URL, _jwks, is_public=True),)
