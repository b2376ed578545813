"""Keys made for the tests, tokens signed with them, and a server of the key set."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from jwt.algorithms import RSAAlgorithm

from eleva_cli.adapters import connect
from eleva_cli.adapters.connection import Connection
from eleva_cli.pacing import Gate
from eleva_cli.ports import Claim, TokenPort
from tests.contract.adapter_world import connection, pacer

NOW = 1_700_000_000
ISSUER = "https://api.workos.com/user_management/client_1"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "user_1",
    "sid": "session_1",
    "org_id": "org_1",
    "role": "expert_top",
    "entitlements": ["analytics_access", "events_create"],
    "auth_time": NOW - 100,
    "iat": NOW - 100,
    "exp": NOW + 200,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A key pair under an id; the id is what a token names."""

    kid: str
    key: RSAPrivateKey

    @property
    def public(self) -> dict[str, Any]:
        """The public half as the key set shows it, without a certificate."""
        shown = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        names = {"kid": self.kid, "alg": "RS256", "use": "sig"}
        return {"kty": "RSA", "n": shown["n"], "e": shown["e"], **names}

    def token(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign a sound user's claims, changed as told; `None` takes one out."""
        said = {name: it for name, it in (CLAIMS | claims).items() if it is not None}
        head = {"kid": self.kid, **(headers or {})}
        return jwt.encode(said, self.key, algorithm="RS256", headers=head)

    def raw(self, payload: bytes) -> str:
        """Sign whatever is given, JSON or not."""
        return jwt.PyJWS().encode(payload, self.key, "RS256", {"kid": self.kid})


@cache
def signer(kid: str) -> Signer:
    """Make a key pair once for all tests, none of those that sandboxes get."""
    return Signer(kid, generate_private_key(public_exponent=65537, key_size=2048))


def part(said: object) -> str:
    """Write one part of a token."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def head(**said: object) -> str:
    """Write a token with such a header, and no signature of anybody."""
    return f"{part({'alg': 'RS256', 'kid': 'key_1', **said})}.{part(CLAIMS)}.c2ln"


class KeyServer(httpx2.BaseTransport):
    """Answers the key set, or what it is told to, and keeps what it was asked."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = list(signers)
        self.seen: list[httpx2.Request] = []
        self.instead: Callable[[], httpx2.Response] | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if self.instead is not None:
            return self.instead()
        return httpx2.Response(200, json={"keys": [it.public for it in self.signers]})


@dataclass(frozen=True, slots=True)
class Checking:
    """The adapter over a server of keys."""

    port: TokenPort
    server: KeyServer

    def claim(self, token: str, now: float = NOW) -> Claim:
        return self.port.claims(token, now=now)

    def problem(self, token: str, now: float = NOW) -> str | None:
        return self.claim(token, now).problem


@contextmanager
def checking(*signers: Signer, asked: Connection | None = None) -> Iterator[Checking]:
    server = KeyServer(*signers)
    ports = connect(asked or connection(), pacer(), Gate(), transport=server)
    yield Checking(ports.tokens, server)
    ports.close()
