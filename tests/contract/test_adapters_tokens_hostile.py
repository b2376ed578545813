"""Hostile access tokens: none is believed, followed, or repeated."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from eleva_cli.chain.tokens import named
from eleva_cli.errors import RemoteError
from eleva_cli.inputs.elements import LONGEST
from eleva_cli.inputs.tokens import read
from eleva_cli.logbook import open_log
from tests.contract.adapter_world import LOCAL
from tests.contract.token_world import CLAIMS, NOW, Checking, Signer, head, part


def _pem(of: Signer) -> bytes:
    return of.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _confused(of: Signer) -> str:
    """Sign with HS256, the public key as the shared secret."""
    signing = f"{part({'alg': 'HS256', 'kid': of.kid})}.{part(CLAIMS)}"
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{signing}.{part(mac.sign(signing.encode(), _pem(of)))}"


def _cut(token: str) -> str:
    return token.rpartition(".")[0] + "."


def _swapped(one: str, other: str) -> str:
    """Put the claims of one token under the signature of another."""
    head, _, tail = one.split(".")
    return f"{head}.{other.split('.')[1]}.{tail}"


FORGERIES: dict[str, tuple[Callable[[Signer, Signer], str], str]] = {
    "alg none": (lambda o, t: jwt.encode(CLAIMS, "", "none"), "token-unsigned"),
    "alg NONE": (lambda o, t: head(alg="NONE"), "token-unsigned"),
    "signature cut off": (lambda o, t: _cut(o.token()), "token-unsigned"),
    "public key as secret": (lambda o, t: _confused(o), "token-forged"),
    "another's claims": (
        lambda o, t: _swapped(o.token(), o.token(role="admin")),
        "token-forged",
    ),
    "our key id": (lambda o, t: replace(t, kid=o.kid).token(), "token-forged"),
    "unknown key id": (lambda o, t: t.token(), "token-foreign"),
    "key id of another service": (lambda o, t: head(kid="x"), "token-foreign"),
    "no key id": (
        lambda o, t: jwt.encode(CLAIMS, o.key, "RS256"),
        "token-foreign",
    ),
    "key id no text": (lambda o, t: head(kid=1), "token-malformed"),
    "its own key": (
        lambda o, t: replace(t, kid=o.kid).token(headers={"jwk": t.public}),
        "token-forged",
    ),
    "key elsewhere": (
        lambda o, t: t.token(
            headers={"jku": "https://evil.test/keys", "x5u": "https://evil.test/crt"}
        ),
        "token-foreign",
    ),
    "critical": (lambda o, t: o.token(headers={"crit": ["x"]}), "token-malformed"),
    "detached": (
        lambda o, t: f"{part({'alg': 'RS256', 'kid': 'key_1', 'b64': False})}..c2ln",
        "token-malformed",
    ),
    "no JSON": (lambda o, t: o.raw(b"\xff\x00"), "token-malformed"),
    "no object": (lambda o, t: o.raw(b"[1]"), "token-malformed"),
    "nested": (lambda o, t: o.raw(b"[" * 8_000), "token-malformed"),
    "huge number": (lambda o, t: o.raw(b'{"exp":' + b"9" * 6_000), "token-malformed"),
    "nested header": (lambda o, t: part(b"[" * 8_000) + ".e30.c2ln", "token-malformed"),
    "huge": (lambda o, t: o.token(padding="x" * 20_000), "token-malformed"),
    "very huge": (lambda o, t: "e30." * 50_000, "token-malformed"),
    "bad base64": (lambda o, t: "e!0.e!0.c!n", "token-malformed"),
    "bad length": (lambda o, t: o.token() + "a", "token-malformed"),
    "bare header": (lambda o, t: "e30.e30.c2ln", "token-malformed"),
    "encrypted": (lambda o, t: "a.b.c.d.e", "token-malformed"),
    "no token": (lambda o, t: "", "token-malformed"),
    "letters of elsewhere": (lambda o, t: "ключ.é.ß", "token-malformed"),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", FORGERIES)
def test_a_hostile_token_proves_nothing(
    check: Checking, ours: Signer, theirs: Signer, name: str
) -> None:
    """It says so by code, is never followed anywhere, and shows ids alone."""
    make, problem = FORGERIES[name]
    token = make(ours, theirs)

    found = check.claim(token)

    assert found.problem == problem
    assert found.entitlements is None
    assert {str(it.url) for it in check.server.seen} <= {f"{LOCAL}/sso/jwks/client_1"}
    assert all(
        len(piece) < 12 or piece not in repr(found) for piece in token.split(".")
    )


def test_a_refused_token_is_named_by_ids_alone(check: Checking, theirs: Signer) -> None:
    """What it says of itself is shown only where it is an id."""
    plain = check.claim(theirs.token())
    odd = check.claim(theirs.token(sub="a" * 90, headers={"kid": "sk live\n"}))

    assert (plain.user, plain.kid) == ("user_1", "key_2")
    assert (odd.user, odd.kid) == ("", "")


def _pieces(tokens: list[str]) -> set[str]:
    return {it[:40] for token in tokens for it in token.split(".") if len(it) > 16}


@pytest.mark.parametrize("answers", [True, False], ids=["keys", "echo"])
def test_no_token_is_in_the_log_or_an_error(
    check: Checking, ours: Signer, theirs: Signer, tmp_path: Path, *, answers: bool
) -> None:
    """Whatever is wrong with it, and where the service itself repeats one."""
    tokens = [make(ours, theirs) for make, _ in FORGERIES.values()]
    rows = [ours.token(), *(it for it in tokens if it.count(".") > 1 and it.isascii())]
    file = tmp_path / "tokens"
    file.write_text("\n".join(it for it in rows if len(it) < LONGEST))
    if not answers:
        refusal = httpx2.Response(400, json={"message": f"what is {rows[0]}?"})
        check.server.instead = lambda: refusal

    shown: list[str] = []
    end = open_log(tmp_path / "log")
    try:
        claims = read(file, lambda token: check.claim(token, NOW + 3600), now=NOW)
        shown += [repr(it) + named(it) for it in claims]
    except RemoteError as error:
        shown += traceback.format_exception(error)
    finally:
        end()

    log = (tmp_path / "log").read_text("utf-8")
    assert "/sso/jwks/client_1" in log
    assert ("what is [token]?" in "".join(shown)) is not answers
    assert not [it for it in _pieces(rows) if it in log + "".join(shown)]
