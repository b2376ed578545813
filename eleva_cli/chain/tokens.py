"""What the claims of an access token are worth, once it is known who signed them.

Pure: the signature is checked elsewhere, the time is an argument. Claims are data of
others, so nothing is believed of their shape.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from eleva_cli.ports import Claim

EARLY = "token-early"
EXPIRED = "token-expired"
FOREIGN = "token-foreign"
FORGED = "token-forged"
MALFORMED = "token-malformed"
UNSIGNED = "token-unsigned"
WITHOUT_USER = "token-without-user"

LEEWAY_S = 60

_USER = re.compile(r"user_[A-Za-z0-9_]{1,64}", re.ASCII)
_ORGANIZATION = re.compile(r"org_[A-Za-z0-9_]{1,64}", re.ASCII)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LONGEST = 256
_FARTHEST_S = 1e11  # the year 5138; beyond it are milliseconds and nonsense


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a token proves nothing, and what to do."""

    meaning: str
    remedy: str


_FRESH = "take a fresh token from the application, and run this while it lives"
# alphabetical; each is a value of `Claim.problem`
PROBLEMS: Mapping[str, Problem] = {
    EARLY: Problem(
        meaning="the token begins in the future",
        remedy="set this machine's clock; see: eleva doctor",
    ),
    EXPIRED: Problem(
        meaning="the token's time is over: it says nothing of today",
        remedy=_FRESH,
    ),
    FOREIGN: Problem(
        meaning="the token is of another issuer, or of a key that this client has not",
        remedy="check WORKOS_CLIENT_ID; a custom authentication domain is named under"
        " [tokens] issuers in eleva.toml",
    ),
    FORGED: Problem(
        meaning="the token names a key of ours, and its signature is not of that key",
        remedy="ask who made it: no token of WorkOS looks like that, unless it was cut",
    ),
    MALFORMED: Problem(
        meaning="this is no access token, or a claim in it is not what it should be",
        remedy="copy the access token whole, and neither the session cookie nor the"
        " refresh token",
    ),
    UNSIGNED: Problem(
        meaning="the token carries no signature, so anybody may have written it",
        remedy="take the access token itself; claims that the application exports are"
        " read with --unsigned-claims",
    ),
    WITHOUT_USER: Problem(
        meaning="the token is not of a user's session: it is an agent's, a widget's or"
        " a machine's",
        remedy=_FRESH,
    ),
}


def refused(problem: str, *, user: object = None, kid: object = None) -> Claim:
    """Return a claim that proves nothing; what it names is kept where it is an id."""
    return Claim(
        user=_id(_USER, user),
        organization=None,
        entitlements=None,
        role=None,
        issued_at=0,
        expires_at=0,
        problem=problem,
        kid=key_id(kid),
    )


def key_id(value: object) -> str:
    """Return a key's id as it may be shown, "" for what is none."""
    return _id(_KEY_ID, value)


def of_session(claims: Mapping[str, object], *, now: float) -> Claim:
    """
    Judge the claims of a token whose signature and issuer are proved.

    Agents, widgets and machines get theirs from the same keys; only a user's own
    session has a `sid` and the time of the sign-in.
    """
    is_session = (
        _is_text(claims.get("sid"))
        and _seconds(claims.get("auth_time")) is not None
        and claims.get("sub_profile") in (None, "user")
        and claims.get("sub_type") is None
    )
    user = claims.get("sub")
    return _judged(claims, now) if is_session else refused(WITHOUT_USER, user=user)


def of_export(claims: Mapping[str, object], *, now: float) -> Claim:
    """Judge claims that nobody signed, marked as such."""
    return replace(_judged(claims, now), source="unsigned-export")


def named(claim: Claim) -> str:
    """Name a token by its place, user and key, and never by its text."""
    parts = (f"line {claim.line}" if claim.line else "", claim.user)
    key = f"key {claim.kid}" if claim.kid else ""
    return ", ".join(part for part in (*parts, key) if part) or "a token"


def _judged(claims: Mapping[str, object], now: float) -> Claim:
    user = claims.get("sub")
    if not _id(_USER, user):
        return refused(WITHOUT_USER)
    found = _read(claims)
    if found is None:
        return refused(MALFORMED, user=user)
    return replace(found, problem=_of_time(claims, found, now))


def _read(claims: Mapping[str, object]) -> Claim | None:
    issued, expires = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    organization, role = claims.get("org_id"), claims.get("role")
    entitlements = claims.get("entitlements")
    is_sound = (
        (organization is None or _id(_ORGANIZATION, organization))
        and (role is None or _is_text(role))
        and (entitlements is None or _are_texts(entitlements))
    )
    if issued is None or expires is None or not is_sound:
        return None
    return Claim(
        user=str(claims["sub"]),
        organization=None if organization is None else str(organization),
        entitlements=_set(entitlements),
        role=None if role is None else str(role),
        issued_at=int(issued),
        expires_at=int(expires),
    )


def _of_time(claims: Mapping[str, object], found: Claim, now: float) -> str | None:
    if found.expires_at + LEEWAY_S <= now:
        return EXPIRED
    begins = max(found.issued_at, _seconds(claims.get("nbf")) or 0)
    return EARLY if begins - LEEWAY_S > now else None


def _id(pattern: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) < _LONGEST and value.isprintable()


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _set(value: object) -> frozenset[str] | None:
    return frozenset(value) if isinstance(value, list) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and abs(value) < _FARTHEST_S else None
