"""Sessions of users: signing in, and refreshing, each with a token of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.identity.tokens import SignInError, Wish, minted
from eleva_cli.sandbox.kinds import iso

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

KIND = "session"


def sign_in(call: Call, user_id: str, organization_id: str | None) -> Json:
    """Open a session as if the user had signed in now."""
    body: Json = {
        "object": KIND,
        "id": call.session.new_id(KIND),
        "user_id": user_id,
        "organization_id": organization_id,
        "signed_in_at": call.now,
        "created_at": iso(call.now),
    }
    shown = _with_token(call, body)
    user = call.session.get("user", user_id)
    assert user is not None
    call.session.put("user", {**user, "last_sign_in_at": iso(call.now)})
    return shown


def refresh(call: Call, session_id: str) -> Json:
    """Mint a session's next token, with what is known now."""
    return _with_token(call, _session(call, session_id))


def last(call: Call, session_id: str) -> Json:
    """Give a session's last token, as old as it is."""
    return _shown(_session(call, session_id))


def _session(call: Call, session_id: str) -> Json:
    body = call.session.get(KIND, session_id)
    if body is None:
        raise SignInError(f"session: there is no session {session_id!r}")
    return body


def _with_token(call: Call, body: Json) -> Json:
    wish = Wish(
        session_id=body["id"],
        user_id=body["user_id"],
        organization_id=body["organization_id"],
        signed_in_at=body["signed_in_at"],
    )
    kept = {**body, "access_token": minted(call, wish)}
    call.session.put(KIND, kept)
    return _shown(kept)


def _shown(body: Json) -> Json:
    return {
        "session_id": body["id"],
        "access_token": body["access_token"],
        "user_id": body["user_id"],
        "organization_id": body["organization_id"],
    }
