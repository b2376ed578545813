"""Access tokens against a key set: which are believed, and what others lack."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from eleva_cli.adapters import connect
from eleva_cli.errors import ConfigError, ExitCode, LeaseLostError, RemoteError
from eleva_cli.pacing import Gate
from eleva_cli.ports import Claim, NoTokens
from tests.contract.adapter_world import LOCAL, connection, pacer
from tests.contract.token_world import (
    CLAIMS,
    ISSUER,
    NOW,
    Checking,
    KeyServer,
    Signer,
    checking,
    head,
)


def test_a_sound_token_is_read(check: Checking, ours: Signer) -> None:
    """The key set is asked for once, without our key, and has no certificates."""
    found = [check.claim(ours.token()) for _ in range(3)]

    assert found == 3 * [
        Claim(
            user="user_1",
            organization="org_1",
            entitlements=frozenset({"analytics_access", "events_create"}),
            role="expert_top",
            issued_at=NOW - 100,
            expires_at=NOW + 200,
            kid="key_1",
        )
    ]
    (asked,) = check.server.seen
    assert str(asked.url) == f"{LOCAL}/sso/jwks/client_1"
    assert "authorization" not in asked.headers


def test_what_a_token_may_leave_out(check: Checking, ours: Signer) -> None:
    """No organization and no entitlements are absent, and not empty."""
    bare = check.claim(ours.token(org_id=None, role=None, entitlements=None))
    empty = check.claim(ours.token(entitlements=[]))

    assert (bare.organization, bare.role, bare.entitlements) == (None, None, None)
    assert empty.entitlements == frozenset()
    assert bare.problem is None is empty.problem


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"exp": NOW - 59}, None),
        ({"exp": NOW - 60}, "token-expired"),
        ({"iat": NOW + 60}, None),
        ({"iat": NOW + 61}, "token-early"),
        ({"nbf": NOW + 3600}, "token-early"),
        ({"exp": None}, "token-malformed"),
        ({"iat": 1e400}, "token-malformed"),
        ({"org_id": 7}, "token-malformed"),
        ({"entitlements": "analytics_access"}, "token-malformed"),
        ({"entitlements": [None]}, "token-malformed"),
        ({"role": ["admin"]}, "token-malformed"),
        ({"sub": None}, "token-without-user"),
        ({"sub": "client_1"}, "token-without-user"),
        ({"sid": None}, "token-without-user"),
        ({"auth_time": None}, "token-without-user"),
        ({"sub_profile": "user"}, None),
        ({"sub_profile": "ai_agent"}, "token-without-user"),
        ({"sub_type": "widget"}, "token-without-user"),
        ({"iss": None}, "token-foreign"),
        ({"iss": "https://issuer.example.com"}, "token-foreign"),
        ({"iss": "https://api.workos.com/user_management/client_2"}, "token-foreign"),
        ({"iss": "https://api.workos.com"}, None),
        ({"iss": "https://api.workos.com/"}, None),
        ({"iss": f"{LOCAL}/user_management/client_1"}, None),
    ],
)
def test_claims_are_judged(
    check: Checking, ours: Signer, changed: dict[str, Any], problem: str | None
) -> None:
    """By time, by shape, by issuer, and whether a user signed in at all."""
    payload = {name: it for name, it in (CLAIMS | changed).items() if it is not None}
    # Written by hand: PyJWT would refuse some of it.
    assert check.problem(ours.raw(json.dumps(payload).encode())) == problem


def test_an_expired_token_still_tells_whose_it_was(
    check: Checking, ours: Signer
) -> None:
    """Its signature is proved, so the message can name user and key."""
    old = check.claim(ours.token(exp=NOW - 3600))

    assert (old.problem, old.user, old.kid) == ("token-expired", "user_1", "key_1")
    assert old.expires_at == NOW - 3600


def test_issuers_of_the_configuration_count(ours: Signer) -> None:
    """With a closing slash or without."""
    asked = replace(connection(), issuers=("https://auth.example.com",))
    with checking(ours, asked=asked) as check:
        assert check.problem(ours.token(iss="https://auth.example.com/")) is None
        assert check.problem(ours.token(iss="https://auth.example.com.evil.test"))
        assert check.problem(ours.token(iss=ISSUER)) is None


def test_a_key_of_another_kind_signs_nothing(ours: Signer) -> None:
    """Broken keys and those for other uses are passed over."""
    curve = ECAlgorithm.to_jwk(
        ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True
    )
    keys = [
        {**curve, "kid": "ec"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct", "alg": "HS256"},
        {"kty": "RSA", "kid": "bare"},
        {**ours.public, "kid": "sealing", "use": "enc"},
        {**ours.public, "kid": None},
        ours.public,
    ]
    with checking() as check:
        check.server.instead = lambda: httpx2.Response(200, json={"keys": keys})
        found = {
            kid: check.problem(replace(ours, kid=kid).token())
            for kid in ("ec", "oct", "bare", "sealing", "key_1")
        }

    assert found.pop("key_1") is None
    assert set(found.values()) == {"token-foreign"}


def test_a_rotated_key_is_fetched_once_a_minute(ours: Signer, theirs: Signer) -> None:
    """An unknown key id may be a new key; a thousand of them are one request."""
    with checking(ours) as check:
        assert check.problem(ours.token()) is None
        check.server.signers.append(theirs)

        assert check.problem(theirs.token(), NOW + 59) == "token-foreign"
        assert check.problem(head(alg="HS256", kid="x"), NOW + 60) == "token-foreign"
        assert len(check.server.seen) == 1
        assert check.problem(theirs.token(), NOW + 60) is None
        assert check.problem(ours.token(), NOW + 60) is None
        assert len(check.server.seen) == 2
        check.server.signers.remove(ours)
        for _ in range(100):
            assert check.problem(head(kid="x"), NOW + 120) == "token-foreign"
        assert len(check.server.seen) == 3
        assert check.problem(ours.token(), NOW + 120) == "token-foreign"


def _raising(error: Exception) -> Callable[[], httpx2.Response]:
    def instead() -> httpx2.Response:
        raise error

    return instead


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (lambda: httpx2.Response(500, text="oh"), "server-fault"),
        (lambda: httpx2.Response(429, json={}), "rate-limited"),
        (lambda: httpx2.Response(403, json={}), "permission-missing"),
        (lambda: httpx2.Response(400, json={}), "rejected"),
        (lambda: httpx2.Response(302, headers={"location": "/x"}), "redirected"),
        (lambda: httpx2.Response(200, text="<html>proxy</html>"), "not-json"),
        (lambda: httpx2.Response(200, text="[" * 100_000), "not-json"),
        (lambda: httpx2.Response(200, json={}), "unexpected-shape"),
        (lambda: httpx2.Response(200, json={"keys": 7}), "unexpected-shape"),
        (lambda: httpx2.Response(200, json={"keys": []}), "unexpected-shape"),
        (_raising(httpx2.ConnectError("no")), "unreachable"),
        (_raising(httpx2.ReadTimeout("slow")), "timed-out"),
    ],
)
def test_keys_that_cannot_be_read_are_no_verdict(
    check: Checking, ours: Signer, instead: Callable[[], httpx2.Response], code: str
) -> None:
    """Exit 6: nothing is said of the token, whose text is in no error."""
    check.server.instead = instead
    token = ours.token()

    with pytest.raises(RemoteError) as caught:
        check.claim(token)

    assert (caught.value.code, caught.value.exit_code) == (code, ExitCode.UNCHECKED)
    assert caught.value.hint
    assert token.split(".")[1] not in repr(caught.value)
    # And what was not read is read with the next token.
    check.server.instead = None
    assert check.problem(token) is None


@pytest.mark.parametrize(
    ("client", "code"),
    [
        ("", "key-missing"),
        ("../x", "client-id-malformed"),
        ("client_2", "client-unknown"),
    ],
)
def test_a_client_that_is_not_known_is_a_matter_of_configuration(
    ours: Signer, client: str, code: str
) -> None:
    """Exit 10."""
    asked = replace(connection(), workos_client_id=client)
    with checking(ours, asked=asked) as check:
        check.server.instead = lambda: httpx2.Response(404, json={})
        with pytest.raises(ConfigError) as caught:
            check.claim(ours.token())

    assert caught.value.code == code
    assert len(check.server.seen) == (1 if client == "client_2" else 0)


def test_what_stops_the_door_stops_this(ours: Signer) -> None:
    """The keys come through the gate that every request goes through."""
    gate, server = Gate(), KeyServer(ours)
    ports = connect(connection(), pacer(), gate, transport=server)

    def lost() -> None:
        raise LeaseLostError("lost", code="lease-lost")

    with closing(ports), gate.guarded(lost), pytest.raises(LeaseLostError):
        ports.tokens.claims(ours.token(), now=NOW)
    assert not server.seen


def test_ports_that_check_no_tokens_say_so() -> None:
    """A fake without tokens is never taken for one that found nothing."""
    with pytest.raises(NotImplementedError):
        NoTokens().claims("x", now=NOW)
