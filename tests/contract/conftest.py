"""The adapters on the sandbox, for what only a server with a memory can show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.ports import StripePort
from tests.contract.sandbox_world import playing
from tests.contract.token_world import Checking, Signer, checking, signer
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
    document = business(**SOLD)
    document["stripe"]["subscriptions"][0]["items"] = [ITEM]
    with playing(tmp_path, document) as ports:
        yield ports.stripe


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
