"""Stripe's idempotency keys: first answer kept for a day, one request at a time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.session import Session

LIFETIME_S = 24 * 3600
LONGEST = 255
REPLAYED = {"Idempotent-Replayed": "true"}
# no header can hold a line break
_LIVE = "live\n"


def kept_as(key: str | None, *, live: bool) -> str | None:
    """Name a key as it is kept: each mode has its own."""
    if key is None:
        return None
    if len(key) > LONGEST:
        raise invalid(
            f"Idempotency keys can be up to {LONGEST} characters long.",
            is_stored=False,
        )
    return _LIVE + key if live else key


class KeysInUse:
    """The keys of requests that are being answered now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    @contextmanager
    def using(self, key: str | None) -> Iterator[None]:
        """Hold a key for one request, or refuse as Stripe does."""
        if key is None:
            yield
            return
        with self._lock:
            if key in self._keys:
                raise invalid(
                    "There is currently another in-progress request using this"
                    " Idempotent Key (that probably means you submitted twice, and the"
                    " other request is still going through).",
                    status=409,
                    code="idempotency_key_in_use",
                    kind="idempotency_error",
                    is_stored=False,
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def request_hash(method: str, path: str, body: bytes) -> str:
    """Tell requests apart that use the same key."""
    text = f"{method} {path}\n".encode() + body
    return hashlib.sha256(text).hexdigest()


def replay(session: Session, key: str, request: str, now: float) -> Answer | None:
    """Give the stored answer of a key, while it lives."""
    rows = session.rows(
        "SELECT request, status, body, request_id FROM answers"
        " WHERE key = ? AND at > ?",
        (key, now - LIFETIME_S),
    )
    if not rows:
        return None
    first_request, status, body, first = rows[0]  # type: ignore[misc]  # four columns
    if first_request != request:
        raise invalid(
            "Keys for idempotent requests can only be used with the same parameters"
            " they were first used with. Try using a key other than"
            f" '{key.removeprefix(_LIVE)}' if you meant to execute a different"
            " request.",
            kind="idempotency_error",
            is_stored=False,
        )
    headers = {**REPLAYED, "Original-Request": first} if first else REPLAYED
    return Answer(body=body, status=status, headers=headers)


def remember(  # noqa: PLR0913  # the columns of a kept answer
    session: Session,
    key: str,
    request: str,
    answer: Answer,
    now: float,
    *,
    request_id: str,
) -> None:
    """Keep the first answer of a key."""
    session.run(
        "INSERT OR REPLACE INTO answers (key, request, status, body, at, request_id)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (key, request, answer.status, answer.body, now, request_id),
    )
