"""Access tokens behind `TokenPort`: PyJWT, with WorkOS's key set through our one door.

Nothing that a token says of where its key lies is followed, and no error here holds
a token's text. It is asked from one thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import jwt
from jwt.api_jws import PyJWS

from eleva_cli.adapters import answers
from eleva_cli.adapters.connection import WORKOS_BASE, Connection
from eleva_cli.adapters.exchange import Exchange
from eleva_cli.adapters.faults import in_doubt
from eleva_cli.chain import tokens
from eleva_cli.errors import ConfigError, MissingError, RejectedError, RemoteError
from eleva_cli.ports import Claim

if TYPE_CHECKING:
    import httpx2

ALGORITHM = "RS256"
LONGEST = 16_384  # a browser keeps 4,096 bytes of cookie
REFRESH_S = 60

Key = jwt.PyJWK
Claims = Mapping[str, object]


class TokenAdapter:
    """Checks tokens against the client's key set, which it reads when first asked."""

    def __init__(self, connection: Connection, client: httpx2.Client) -> None:
        self._client = client
        self._client_id = connection.workos_client_id
        self._base = connection.workos_base.rstrip("/")
        self._issuers = issuers(connection)
        self._jws = PyJWS(algorithms=[ALGORITHM])
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None

    def claims(self, token: str, *, now: float) -> Claim:
        """Return what a token proves; the first one that names a key has it read."""
        header = _header(token)
        if header is None:
            return tokens.refused(tokens.MALFORMED)
        said = self._proved(token, header, now)
        if isinstance(said, str):
            user = _named_user(token)
            return tokens.refused(said, user=user, kid=header.get("kid"))
        return replace(
            tokens.of_session(said, now=now), kid=tokens.key_id(header.get("kid"))
        )

    def _proved(self, token: str, header: Claims, now: float) -> Claims | str:
        """Return the claims of a token that is ours, else the problem."""
        if _is_bare(header, token):
            return tokens.UNSIGNED
        key = self._key(header, now)
        if key is None:
            return tokens.FOREIGN
        try:
            payload = self._jws.decode(token, key, algorithms=[ALGORITHM])
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            return tokens.FORGED
        except jwt.PyJWTError:
            return tokens.MALFORMED
        said = _object(payload)
        if said is None:
            return tokens.MALFORMED
        is_ours = _bare_issuer(said.get("iss")) in self._issuers
        return said if is_ours else tokens.FOREIGN

    def _key(self, header: Claims, now: float) -> Key | None:
        kid = header.get("kid")
        if not isinstance(kid, str):
            return None
        if self._read_at is None:
            self._refresh(now)
        # What WorkOS never signs with is not worth a request.
        if kid not in self._keys and header.get("alg") == ALGORITHM:
            self._refresh(now)
        return self._keys.get(kid)

    def _refresh(self, now: float) -> None:
        """Read the key set, at most once a minute."""
        if self._read_at is not None and abs(now - self._read_at) < REFRESH_S:
            return
        self._keys = self._read_keys()
        self._read_at = now

    def _read_keys(self) -> dict[str, Key]:
        path = f"/sso/jwks/{_checked(self._client_id)}"
        exchange = Exchange(service="workos", method="GET", path=path)
        try:
            response = answers.send(
                self._client, exchange, self._base + path, headers=None
            )
        except MissingError as error:
            raise ConfigError(
                f"WorkOS has no key set of {self._client_id}",
                code="client-unknown",
                hint="correct WORKOS_CLIENT_ID: another environment's, or mistyped",
            ) from error
        except RejectedError as error:
            raise _unchecked(error) from error
        body = answers.parse(exchange, response)
        with answers.sound(exchange):
            keys = _usable(answers.records(body, "keys"))
        if not keys:
            why = f"the key set has no {ALGORITHM} key, so no token can be checked"
            raise in_doubt(exchange, "unexpected-shape", why)
        return keys


def issuers(connection: Connection) -> frozenset[str]:
    """
    Return who may have issued a token, without closing slashes.

    WorkOS's own differ between its pages and what it sends; a custom domain's are
    configured.
    """
    bases = (WORKOS_BASE, connection.workos_base.rstrip("/"))
    client = connection.workos_client_id
    own = (f"{base}/user_management/{client}" for base in bases)
    return frozenset(map(_bare_issuer, (*bases, *own, *connection.issuers)))


def _bare_issuer(issuer: object) -> str:
    return issuer.removesuffix("/") if isinstance(issuer, str) else ""


def _header(token: str) -> Claims | None:
    if len(token) > LONGEST or token.count(".") != 2 or not token.isascii():
        return None
    try:
        found: Claims = jwt.get_unverified_header(token.partition(".")[0] + "..")
    except jwt.PyJWTError:
        return None
    return found if isinstance(found.get("alg"), str) else None


def _is_bare(header: Claims, token: str) -> bool:
    return str(header["alg"]).casefold() == "none" or token.endswith(".")


def _named_user(token: str) -> object:
    """Return whom a token names, to tell it apart; nothing is proved by it."""
    try:
        said = _object(jwt.utils.base64url_decode(token.split(".")[1]))
    except ValueError:
        return None
    return None if said is None else said.get("sub")


def _object(payload: bytes) -> Claims | None:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _usable(rows: list[answers.Json]) -> dict[str, Key]:
    """Read the RSA keys; what is of another kind, or broken, signs nothing of ours."""
    found: dict[str, Key] = {}
    for row in rows:
        kid, is_ours = row.get("kid"), row.get("alg") in (None, ALGORITHM)
        if isinstance(kid, str) and is_ours and row.get("use") in (None, "sig"):
            try:
                found.setdefault(kid, jwt.PyJWK(dict(row), ALGORITHM))
            except jwt.PyJWTError:
                continue
    return found


def _checked(client_id: str) -> str:
    if re.fullmatch(r"client_\w+", client_id, re.ASCII):
        return client_id
    raise ConfigError(
        "WORKOS_CLIENT_ID "
        + ("is no client id" if client_id else "is not set")
        + ": access tokens are checked with that client's keys",
        code="client-id-malformed" if client_id else "key-missing",
        hint="it begins with client_; the WorkOS Dashboard shows it beside the keys",
    )


def _unchecked(error: RejectedError) -> RemoteError:
    """Return the refusal as what it is here: something we could not look at."""
    return RemoteError(
        str(error),
        code=error.code,
        hint=error.hint,
        service=error.service,
        status=error.status,
        remote_code=error.remote_code,
        request_id=error.request_id,
    )
