"""Access tokens as the sandbox signs them, checked with its own key set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.connection import Connection
from eleva_cli.errors import ConfigError
from eleva_cli.pacing import Gate
from eleva_cli.ports import Claim
from eleva_cli.sandbox import keys
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.settings import Settings
from tests.contract.adapter_world import pacer
from tests.fidelity import witness
from tests.sandbox.harness import IN_PROCESS, Sandbox, business

ANA = {"user_id": "user_1", "organization_id": "org_1"}
KEY = "sso_oidc_key_pair_"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A small business whose customer is linked and entitled."""
    app = create_app(tmp_path / "sandbox.db", settings=Settings(limits_enabled=False))
    witness.watch(app)
    client = httpx2.Client(transport=httpx2.WSGITransport(app=app))
    made = Sandbox(app=app, base_url=IN_PROCESS, http=client)
    document = business(
        features=[{"id": "feat_1", "lookup_key": "events", "name": "Events"}],
        product_features=[
            {"id": "prodft_1", "product": "prod_1", "entitlement_feature": "feat_1"}
        ],
    )
    document["workos"]["organizations"][0]["stripe_customer_id"] = "cus_1"
    made.seed(document)
    yield made
    witness.settle()


def check(sandbox: Sandbox, token: str, client_id: str = keys.CLIENT_ID) -> Claim:
    asked = Connection(
        stripe_key=keys.STRIPE_KEY,
        workos_key=keys.WORKOS_KEY,
        workos_client_id=client_id,
        stripe_base=IN_PROCESS,
        workos_base=IN_PROCESS,
    )
    transport = httpx2.WSGITransport(app=sandbox.app)
    ports = connect(asked, pacer(), Gate(), transport=transport)
    with closing(ports):
        return ports.tokens.claims(token, now=time.time())


def minted(sandbox: Sandbox, **wish: Any) -> str:
    return str(sandbox.post("tokens", **ANA, **wish)["access_token"])


def test_a_sign_in_s_token_is_read(sandbox: Sandbox) -> None:
    """With what the add-on put into it."""
    found = check(sandbox, sandbox.post("sign-in", **ANA)["access_token"])

    assert (found.user, found.organization, found.role, found.problem) == (
        "user_1",
        "org_1",
        "member",
        None,
    )
    assert found.entitlements == frozenset({"events"})
    assert found.expires_at - found.issued_at == 300
    assert found.kid.startswith(KEY)


def test_a_token_of_no_organization_says_nothing_of_one(sandbox: Sandbox) -> None:
    """It proves the user alone."""
    found = check(sandbox, sandbox.post("sign-in", user_id="user_1")["access_token"])

    assert (found.user, found.problem) == ("user_1", None)
    assert (found.organization, found.role, found.entitlements) == (None, None, None)


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"issuer": "https://api.workos.com/"}, None),
        ({"issuer": IN_PROCESS}, None),
        ({"issuer": "https://auth.example.test"}, "token-foreign"),
        ({"age_s": 350.0}, None),
        ({"age_s": 365.0}, "token-expired"),
        ({"age_s": -3600.0}, "token-early"),
        ({"defect": "expired", "lifetime_s": 60}, "token-expired"),
        ({"defect": "alg_none"}, "token-unsigned"),
        ({"defect": "unsigned"}, "token-unsigned"),
        ({"defect": "foreign_key"}, "token-forged"),
    ],
)
def test_every_broken_token_is_told_apart(
    sandbox: Sandbox, wish: dict[str, Any], problem: str | None
) -> None:
    """The sandbox makes each kind; whose it is can be said all the same."""
    found = check(sandbox, minted(sandbox, **wish))

    assert (found.problem, found.user) == (problem, "user_1")


def test_another_client_has_no_keys(sandbox: Sandbox) -> None:
    """A client id of another environment is told before any token is judged."""
    with pytest.raises(ConfigError) as caught:
        check(sandbox, minted(sandbox), "client_other")

    assert caught.value.code == "client-unknown"
