"""Sign-ins: access tokens, minted as if the user had signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from eleva_cli.sandbox.control.clock import FARTHEST_S
from eleva_cli.sandbox.control.door import ControlError, acting, body_of
from eleva_cli.sandbox.identity import sessions
from eleva_cli.sandbox.identity.tokens import DEFECTS, SignInError, Wish, minted

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

_WISHES = ("user_id", "organization_id", "age_s", "lifetime_s", "issuer", "defect")


def views(front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    control = Sessions(front)
    return (
        ("sign-in", control.sign_in, ("POST",)),
        ("sessions/<session_id>", control.last, ("GET",)),
        ("sessions/<session_id>/refresh", control.refresh, ("POST",)),
        ("tokens", control.token, ("POST",)),
    )


class Sessions:
    """The views, over the front whose store keeps sessions and keys."""

    def __init__(self, front: Front) -> None:
        self._store = front.store

    def sign_in(self) -> Json:
        """Sign a user in to an organization."""
        user, organization = _who(_known(body_of(), _WISHES[:2]))
        with self._signing() as call:
            return sessions.sign_in(call, user, organization)

    def last(self, session_id: str) -> Json:
        """Show a session's last token, with the claims of its time."""
        with self._signing() as call:
            return sessions.last(call, session_id)

    def refresh(self, session_id: str) -> Json:
        """Refresh a session."""
        with self._signing() as call:
            return sessions.refresh(call, session_id)

    def token(self) -> Json:
        """Mint one token as a test wants it: old, broken, of another issuer."""
        body = _known(body_of(), _WISHES)
        user, organization = _who(body)
        defect = body.get("defect")
        if defect is not None and defect not in DEFECTS:
            raise ControlError(f"defect: must be one of {', '.join(DEFECTS)}")
        with self._signing() as call:
            wish = Wish(
                session_id=call.session.new_id("session"),
                user_id=user,
                organization_id=organization,
                age_s=_number(body, "age_s") or 0.0,
                lifetime_s=_number(body, "lifetime_s"),
                issuer=_text(body, "issuer"),
                defect=defect,
            )
            return {"access_token": minted(call, wish)}

    @contextmanager
    def _signing(self) -> Iterator[Call]:
        try:
            with acting(self._store) as call:
                yield call
        except SignInError as error:
            raise ControlError(str(error)) from None


def _known(body: Json, names: tuple[str, ...]) -> Json:
    for name in body:
        if name not in names:
            raise ControlError(f"{name}: there is no such field")
    return body


def _who(body: Json) -> tuple[str, str | None]:
    user = _text(body, "user_id")
    if user is None:
        raise ControlError("user_id: is required")
    return user, _text(body, "organization_id")


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ControlError(f"{name}: must be a text")


def _number(body: Json, name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"{name}: must be a number")
    # NaN is not within anything
    if not -FARTHEST_S <= value <= FARTHEST_S:
        raise ControlError(f"{name}: must be within twenty years")
    return float(value)
