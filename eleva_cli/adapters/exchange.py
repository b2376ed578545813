"""One request by name, and what an error answer said, with nothing secret in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from eleva_cli.ports import Service

if TYPE_CHECKING:
    import httpx2

NAMES = {"stripe": "Stripe", "workos": "WorkOS"}
LONGEST = 300

_KEY = re.compile(r"\b(?:sk|rk|pk|whsec)_[\w*=./+-]+")
_TOKEN = re.compile(r"\be[wy][\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_MAIL = re.compile(r"[^\s@<>\"'`,;:()\[\]]+(?:@|%40)[^\s@<>\"'`,;:()\[\]]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def scrub(text: str) -> str:
    """Take keys, tokens and e-mails out of what a service said, and shorten it."""
    text = _CONTROL.sub(" ", text)
    text = _TOKEN.sub("[token]", _KEY.sub("[key]", text))
    return _MAIL.sub("[e-mail]", text)[:LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Which request it was: enough to name it, nothing secret."""

    service: Service
    method: str
    path: str

    def __str__(self) -> str:
        return scrub(f"{NAMES[self.service]} {self.method} {self.path}")

    @property
    def is_read(self) -> bool:
        """Tell whether nothing can have changed; a preview is asked for by a POST."""
        return self.method.upper() == "GET" or self.path.endswith("/create_preview")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An error answer, read: both services' bodies in one shape."""

    exchange: Exchange
    status: int
    code: str | None
    kind: str | None
    message: str
    request_id: str | None
    reason: str | None
    retry_after_s: float | None
    replayed: bool = False
    may_repeat: bool = False  # Stripe says: the same request, under the same key

    def __str__(self) -> str:
        parts = (self.reason, self.code, self.message)
        detail = scrub(": ".join(part for part in parts if part))
        answered = f"{self.exchange} answered {self.status}"
        return f"{answered} ({detail})" if detail else answered


def request_id(headers: httpx2.Headers) -> str | None:
    """Return the id that support asks for: `Request-Id` or `X-Request-ID`."""
    found = headers.get("request-id") or headers.get("x-request-id")
    return None if found is None else scrub(found)


def read(exchange: Exchange, response: httpx2.Response) -> Said:
    """Read an error answer; a body that is no JSON leaves code and message empty."""
    body = _object(response)
    inner = body.get("error")
    # Stripe nests its error; WorkOS answers flat, and its `error` is a word.
    error = inner if isinstance(inner, Mapping) else body
    headers = response.headers
    return Said(
        exchange=exchange,
        status=response.status_code,
        code=_text(error.get("code")) or _text(inner),
        kind=_text(error.get("type")),
        message=_text(error.get("message")) or "",
        request_id=request_id(headers),
        reason=headers.get("stripe-rate-limited-reason"),
        retry_after_s=retry_after_s(headers),
        replayed=headers.get("idempotent-replayed") == "true",
        may_repeat=headers.get("stripe-should-retry") == "true",
    )


def _object(response: httpx2.Response) -> Mapping[str, object]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def retry_after_s(headers: httpx2.Headers) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or against `Date`."""
    value = headers.get("retry-after", "").strip()
    try:
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
            return float(value)
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
