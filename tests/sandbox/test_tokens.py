"""Access tokens and key sets, read as an application reads them."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import jwt
import pytest
import workos
from cryptography.fernet import Fernet
from workos.organization_membership import RoleMultiple
from workos.session import seal_data

from eleva_cli.sandbox.keys import CLIENT_ID
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor

ISSUER = f"https://api.workos.com/user_management/{CLIENT_ID}"
ANA = {"user_id": "user_1", "organization_id": "org_1"}


def keys(sandbox: Sandbox) -> Any:
    """Give the served key set, fetched without a key of ours."""
    answer = sandbox.http.get(f"{sandbox.base_url}/sso/jwks/{CLIENT_ID}")
    return jwt.PyJWKSet.from_dict(answer.json())


def read(sandbox: Sandbox, token: str, **options: Any) -> Any:
    """Verify a token with the served keys."""
    kid = jwt.get_unverified_header(token)["kid"]
    key = keys(sandbox)[kid]
    return jwt.decode(token, key, algorithms=["RS256"], **options)


def sign_in(sandbox: Sandbox) -> Any:
    return sandbox.post("sign-in", **ANA)


def refused(sandbox: Sandbox, path: str, **body: Any) -> str:
    """Give the reason why a control request is refused."""
    url = f"{sandbox.base_url}/_sandbox/{path}"
    answer = sandbox.http.post(url, json=body)
    assert answer.status_code == 400
    return str(answer.json()["error"])


@vendor("F5", "workos 10.8: get_jwks, and the WorkOS OpenAPI")
def test_the_key_set_reads_in_the_sdk(sandbox: Sandbox) -> None:
    """With its certificate; it stays the same, also after a reset."""
    users = sandbox.workos().user_management
    (key,) = users.get_jwks(CLIENT_ID).keys
    assert (key.alg, key.kty, key.use, len(key.x_5_c)) == ("RS256", "RSA", "sig", 1)
    assert key.x_5_t_s_256
    sandbox.post("reset")
    assert users.get_jwks(CLIENT_ID).keys == [key]


@vendor("F5", "WorkOS OpenAPI")
def test_another_client_has_no_keys_here(sandbox: Sandbox) -> None:
    """404, as for anything that is not there."""
    with pytest.raises(workos.NotFoundError):
        sandbox.workos().user_management.get_jwks("client_other")


@vendor("F5", "workos.com/docs/authkit: session tokens")
def test_a_token_has_the_documented_claims(sandbox: Sandbox) -> None:
    """Signed with the served key, for five minutes."""
    before = int(time.time())
    signed_in = sign_in(sandbox)
    claims = read(sandbox, signed_in["access_token"], issuer=ISSUER)
    assert set(claims) == {
        "iss",
        "sub",
        "sid",
        "org_id",
        "role",
        "roles",
        "permissions",
        "feature_flags",
        "jti",
        "exp",
        "iat",
        "client_id",
        "auth_time",
    }
    assert (claims["sub"], claims["org_id"]) == ("user_1", "org_1")
    assert (claims["sid"], claims["role"]) == (signed_in["session_id"], "member")
    assert claims["client_id"] == CLIENT_ID
    assert claims["exp"] - claims["iat"] == 300
    assert before <= claims["iat"] == claims["auth_time"]


@vendor("F5", "workos 10.8: session.py")
def test_a_token_satisfies_the_sdk_s_own_session_check(served: Sandbox) -> None:
    """Which fetches the keys itself, and asks for a session and its sign-in."""
    signed_in = sign_in(served)
    seal = Fernet.generate_key().decode()
    cookie = seal_data({"access_token": signed_in["access_token"]}, seal)
    users = served.workos().user_management
    session = users.load_sealed_session(session_data=cookie, cookie_password=seal)
    checked: Any = session.authenticate()
    assert checked.authenticated
    assert checked.session_id == signed_in["session_id"]
    assert (checked.organization_id, checked.role) == ("org_1", "member")


@vendor("F5", "workos.com/docs/authkit: session tokens")
def test_claims_are_of_the_moment_of_minting(sandbox: Sandbox) -> None:
    """A session's old token keeps the old role, its next has the new one."""
    roles = [
        {"slug": "owner", "permissions": ["a", "b"]},
        {"slug": "member", "permissions": ["b", "c"]},
    ]
    sandbox.seed({"workos": {"roles": roles}})
    sandbox.post("settings", multiple_roles_enabled=True)
    session = sign_in(sandbox)["session_id"]
    sandbox.workos().organization_membership.update_organization_membership(
        "om_1", role=RoleMultiple(["owner", "member"])
    )
    kept = sandbox.get(f"sessions/{session}")["access_token"]
    old = read(sandbox, kept)
    new = read(sandbox, sandbox.post(f"sessions/{session}/refresh")["access_token"])
    assert (old["roles"], old["permissions"]) == (["member"], ["b", "c"])
    assert (new["roles"], new["permissions"]) == (["owner", "member"], ["a", "b", "c"])
    assert new["role"] == "owner"
    assert (old["sid"], old["auth_time"]) == (new["sid"], new["auth_time"])
    assert old["jti"] != new["jti"]


@vendor("F5", "workos.com/docs/authkit: session tokens")
def test_how_long_a_token_lives_is_set_by_the_environment(sandbox: Sandbox) -> None:
    """The token of a refresh is as young as the clock says."""
    sandbox.post("settings", token_lifetime_s=60)
    session = sign_in(sandbox)["session_id"]
    sandbox.post("settings", clock_offset_s=3600)
    token = sandbox.post(f"sessions/{session}/refresh")["access_token"]
    claims = read(sandbox, token, options={"verify_iat": False})
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] - claims["auth_time"] >= 3600


@belief("the issuer differs between the pages and what others observed")
def test_the_issuer_is_a_switch(sandbox: Sandbox) -> None:
    """A test can also ask for one token of another issuer."""
    sandbox.post("settings", token_issuer="https://api.workos.com/")
    token = sign_in(sandbox)["access_token"]
    assert read(sandbox, token)["iss"] == "https://api.workos.com/"
    single = sandbox.post("tokens", **ANA, issuer="https://auth.example.test")
    assert read(sandbox, single["access_token"])["iss"] == "https://auth.example.test"


@belief("a sign-in without an organization has no claim of one")
def test_a_token_without_an_organization_has_none_of_its_claims(
    sandbox: Sandbox,
) -> None:
    """It names the user alone."""
    claims = read(sandbox, sandbox.post("sign-in", user_id="user_1")["access_token"])
    assert "org_id" not in claims
    assert "entitlements" not in claims


@belief("that only an active member can sign in to an organization")
def test_only_an_active_member_gets_a_token(sandbox: Sandbox) -> None:
    """At sign-in and at every refresh."""
    session = sign_in(sandbox)["session_id"]
    sandbox.workos().organization_membership.deactivate_organization_membership("om_1")
    assert "no active member" in refused(sandbox, "sign-in", **ANA)
    assert "no active member" in refused(sandbox, f"sessions/{session}/refresh")
    assert sandbox.get(f"sessions/{session}")["access_token"]


@vendor("F4", "WorkOS OpenAPI: last_sign_in_at")
def test_a_sign_in_is_seen_at_the_user(sandbox: Sandbox) -> None:
    """With its time."""
    users = sandbox.workos().user_management
    assert users.get_user("user_1").last_sign_in_at is None
    sign_in(sandbox)
    assert users.get_user("user_1").last_sign_in_at is not None


@ours
def test_a_token_can_be_of_another_time(sandbox: Sandbox) -> None:
    """An hour old and still good, or just expired."""
    aged = sandbox.post("tokens", **ANA, age_s=3600, lifetime_s=7200)
    claims = read(sandbox, aged["access_token"])
    assert time.time() - claims["iat"] >= 3600
    gone = sandbox.post("tokens", **ANA, defect="expired")["access_token"]
    with pytest.raises(jwt.ExpiredSignatureError):
        read(sandbox, gone)


@ours
def test_a_forged_token_is_seen(sandbox: Sandbox) -> None:
    """Of another key, without a signature, or of no algorithm."""

    def forged(defect: str) -> str:
        return str(sandbox.post("tokens", **ANA, defect=defect)["access_token"])

    for defect in ("foreign_key", "unsigned"):
        with pytest.raises(jwt.InvalidSignatureError):
            read(sandbox, forged(defect))
    bare = forged("alg_none")
    assert jwt.get_unverified_header(bare)["alg"] == "none"
    (key,) = keys(sandbox).keys
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(bare, key, algorithms=["RS256"])


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("sign-in", {}, "user_id: is required"),
        ("sign-in", {"user_id": "user_9"}, "user_id: there is no user"),
        ("sign-in", {"user_id": 1}, "user_id: must be a text"),
        ("sign-in", {**ANA, "age_s": 1}, "age_s: there is no such field"),
        ("sessions/nobody/refresh", {}, "session: there is no session"),
        ("tokens", {**ANA, "defect": "rust"}, "defect: must be one of"),
        ("tokens", {**ANA, "age_s": "old"}, "age_s: must be a number"),
        ("tokens", {**ANA, "lifetime_s": True}, "lifetime_s: must be a number"),
    ],
)
@ours
def test_a_wrong_wish_names_its_field(
    sandbox: Sandbox, path: str, body: dict[str, Any], said: str
) -> None:
    """And says what is wrong with it."""
    assert said in refused(sandbox, path, **body)


@ours
def test_a_view_of_the_past_has_no_key_before_the_first(served: Sandbox) -> None:
    """A stale read never makes one."""
    rule = {"kind": "stale", "method": "GET", "seconds": 60}
    served.post("faults", **rule)
    sign_in(served)
    url = f"{served.base_url}/sso/jwks/{CLIENT_ID}"
    assert served.http.get(url).json() == {"keys": []}


@ours
def test_a_sandbox_starts_without_the_weight_of_tokens() -> None:
    """PyJWT and its cryptography are loaded by the first who asks."""
    program = "import sys, eleva_cli.sandbox.app;"
    program += "print({'jwt', 'cryptography'} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "set()"
