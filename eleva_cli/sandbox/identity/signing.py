"""Key pairs of the sandbox: made when first needed, kept with the store.

PyJWT and what is below it load in a tenth of a second, so only those who ask for a
token or a key set pay for it.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session

OURS = "signing_key"
FOREIGN = "foreign_key"
_BITS = 2048
_VALID = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


def pair(session: Session, name: str = OURS) -> Json:
    """Give a key pair and its certificate as text; make it once."""
    held = _held(session, name)
    if held is None:
        session.run(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO NOTHING",
            (name, dump(_made())),
        )
        # another process may have been first
        held = _held(session, name)
    assert held is not None
    return held


def is_ready(session: Session) -> bool:
    """Say whether the key pair is there or can be made: not in a view of the past."""
    (view,) = session.rows("PRAGMA query_only")
    return not view[0] or _held(session, OURS) is not None


def _held(session: Session, name: str) -> Json | None:
    rows = session.rows("SELECT value, 0 FROM meta WHERE name = ?", (name,))
    return load(rows[0][0]) if rows else None


def _made() -> Json:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {"pem": pem.decode(), "certificate": _certificate(key)}


def _certificate(key: RSAPrivateKey) -> str:
    """Sign a certificate for a key with itself."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sandbox.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID[0])
        .not_valid_after(_VALID[1])
        .sign(key, hashes.SHA256())
    )
    der = made.public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der).decode()


def key_id(held: Json) -> str:
    """Name a key pair as WorkOS does."""
    return make_id("sso_oidc_key_pair", held["certificate"])


def public(held: Json) -> Json:
    """Give the public half as a key of a JWKS."""
    from jwt.algorithms import RSAAlgorithm  # noqa: PLC0415

    shown = RSAAlgorithm.to_jwk(_key(held["pem"]).public_key(), as_dict=True)
    digest = hashlib.sha256(base64.b64decode(held["certificate"])).digest()
    return {
        "alg": "RS256",
        "kty": "RSA",
        "use": "sig",
        "x5c": [held["certificate"]],
        "n": shown["n"],
        "e": shown["e"],
        "kid": key_id(held),
        "x5t#S256": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }


def signed(held: Json, claims: Json, *, kid: str) -> str:
    """Sign claims into a token."""
    import jwt  # noqa: PLC0415

    key = _key(held["pem"])
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


def unsigned(claims: Json) -> str:
    """Write claims as a token that says it needs no signature."""
    import jwt  # noqa: PLC0415

    return jwt.encode(claims, "", algorithm="none")


@lru_cache(maxsize=16)
def _key(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
