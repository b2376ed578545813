"""What a recording keeps: little, and nothing that is secret or anybody's.

Headers are kept by name, so that an unknown one is dropped. The same rules are
applied to a request that is played, or it would not match what was recorded.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

HOST = "recorded.invalid"
GONE = "scrubbed"
ASKED = frozenset({"content-type", "stripe-version"})
ANSWERED = frozenset({
    "content-type", "date", "idempotent-replayed", "location", "original-request",
    "request-id", "retry-after", "stripe-rate-limited-reason", "stripe-should-retry",
    "stripe-version", "x-request-id",
})  # fmt: skip
FIELDS = frozenset({
    "access_token", "api_key", "client_secret", "password", "private_key",
    "refresh_token", "secret",
})  # fmt: skip
# Fields that are secrets where they are sent, and harmless where they are answered.
SENT = FIELDS | {"code", "token"}
SECRETS = (
    (re.compile(r"(?<![A-Za-z0-9])whsec_[\w+/=*-]+"), f"whsec_{GONE}"),
    (re.compile(r"(?<![A-Za-z0-9])([srp]k)_[\w*]+"), rf"\1_{GONE}"),
    (re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}(?:\.[\w-]*){0,2}"), GONE),
)
ADDRESS = re.compile(r"[\w.+-]+(@|%40)((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})\b")
# RFC 2606: nobody lives there.
NOBODYS = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid)$")


def request(asked: Any) -> Any:
    """Take host, secrets and people out of a request, in place."""
    parts = urlsplit(asked.uri)
    asked.uri = urlunsplit(("http", HOST, parts.path, text(parts.query), ""))
    asked.headers = {
        name: value for name, value in asked.headers.items() if name.lower() in ASKED
    }
    asked.body = _body(asked.body, asked.headers.get("content-type", ""), SENT)
    return asked


def response(answered: Any) -> Any:
    """Take secrets and people out of an answer, in place."""
    answered["headers"] = {
        name.lower(): [text(value) for value in values]
        for name, values in answered["headers"].items()
        if name.lower() in ANSWERED
    }
    body = answered["body"]
    content = "".join(answered["headers"].get("content-type", []))
    body["string"] = _body(body["string"], content, FIELDS)
    return answered


def text(value: str) -> str:
    """Take what looks like a secret or an address out of a text."""
    for pattern, instead in SECRETS:
        value = pattern.sub(instead, value)
    return ADDRESS.sub(_nobody, value)


def _nobody(match: re.Match[str]) -> str:
    """Keep an example; let the same address always become the same nobody."""
    if NOBODYS.search(match.group(2).lower()):
        return match.group()
    folded = match.group().replace("%40", "@").casefold().encode()
    digest = hashlib.sha256(folded).hexdigest()
    return f"somebody-{digest[:8]}{match.group(1)}example.test"


def _body(body: bytes | str | None, content: str, fields: frozenset[str]) -> bytes:
    plain = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    if "x-www-form-urlencoded" in content:
        pairs = parse_qsl(plain, keep_blank_values=True)
        plain = urlencode([(n, GONE if n in fields else text(v)) for n, v in pairs])
        return plain.encode()
    try:
        found = json.loads(plain)
    except ValueError:
        return text(plain).encode()
    return json.dumps(_without(found, fields), separators=(",", ":")).encode()


def _without(value: Any, fields: frozenset[str]) -> Any:
    match value:
        case dict():
            return {
                name: _hidden(inner) if name in fields else _without(inner, fields)
                for name, inner in value.items()
            }
        case list():
            return [_without(inner, fields) for inner in value]
        case str():
            return text(value)
        case _:
            return value


def _hidden(value: Any) -> Any:
    """Hide a secret; of a webhook's keep what kind it is, as its reader does."""
    if not isinstance(value, str):
        return None if value is None else GONE
    return f"whsec_{GONE}" if value.startswith("whsec_") else GONE
