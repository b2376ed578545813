"""The adapters on the sandbox, for what only a server with a memory can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.pacing import Gate
from eleva_cli.ports import StripePort
from eleva_cli.sandbox import keys, seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.settings import Settings
from tests.contract.adapter_world import connection, pacer
from tests.contract.token_world import Checking, Signer, checking, signer
from tests.fidelity import stripe_witness, witness
from tests.sandbox.harness import business

ITEM = {"price": "price_1", "quantity": 3, "current_period_end": 4_000_000_000}
SOLD = {
    "features": [
        {"id": "feat_1", "lookup_key": "events", "name": "Events"},
        {"id": "feat_2", "lookup_key": "old", "name": "Old", "active": False},
    ],
    "product_features": [
        {"id": "prodft_1", "product": "prod_1", "entitlement_feature": "feat_1"}
    ],
    "meters": [{"id": "mtr_1", "event_name": "seats"}],
}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[StripePort]:
    """Stripe as the sandbox plays it, both sides watched by the SDK's types."""
    quiet = Settings(limits_enabled=False)
    app = create_app(tmp_path / "sandbox.db", settings=quiet)
    document = business(**SOLD)
    document["stripe"]["subscriptions"][0]["items"] = [ITEM]
    seed.load(app.extensions["sandbox"].store, document)
    stripe_witness.watch_tool(witness.watch(app))
    asked = connection(stripe_key=keys.STRIPE_KEY)
    transport = httpx2.WSGITransport(app=app)
    ports = connect(asked, pacer(), Gate(), transport=transport)
    with closing(ports):
        yield ports.stripe
    witness.settle()


@pytest.fixture(scope="session")
def ours() -> Signer:
    """The key pair of our client."""
    return signer("key_1")


@pytest.fixture(scope="session")
def theirs() -> Signer:
    """The key pair of somebody else."""
    return signer("key_2")


@pytest.fixture
def check(ours: Signer) -> Iterator[Checking]:
    """The token adapter over a server of our key alone."""
    with checking(ours) as made:
        yield made
