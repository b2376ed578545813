"""The two servers that the contract suite runs against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.keys import WORKOS_KEY
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from tests.fidelity import workos_witness
from tests.fidelity.emulator import emulator
from tests.fidelity.workos_differences import DIFFERENCES
from tests.fidelity.workos_service import Service
from tests.outside.installed import why_not

SERVERS = ("sandbox", "emulator")
FIXED = "should it pass, it no longer differs: take it out of workos_differences.py"


@pytest.fixture(scope="session")
def wire() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def sandbox_service(
    wire: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Serve an empty sandbox, witnessed."""
    path: Path = tmp_path_factory.mktemp("contract") / "sandbox.db"
    app = create_app(path, settings=Settings(limits_enabled=False))
    with serve(workos_witness.watch(app)) as server:

        def empty() -> None:
            wire.post(f"{server.base_url}/_sandbox/reset").raise_for_status()

        yield Service(
            name="sandbox",
            base_url=server.base_url,
            key=WORKOS_KEY,
            http=wire,
            empty=empty,
        )


@pytest.fixture(scope="session")
def emulator_service(wire: httpx2.Client) -> Iterator[Service]:
    """Run the official emulator, or skip where it is not installed."""
    if reason := why_not():
        pytest.skip(reason)
    with emulator() as running:
        yield Service(
            name="emulator",
            base_url=running.base_url,
            key=running.key,
            http=wire,
            empty=running.empty,
        )


@pytest.fixture(params=SERVERS)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """Give each server in turn, empty; what the emulator does otherwise must fail."""
    chosen: Service = request.getfixturevalue(f"{request.param}_service")
    difference = DIFFERENCES.get(request.function.__name__)
    if chosen.name == "emulator" and difference is not None:
        reason = f"{difference}; {FIXED}"
        request.node.add_marker(pytest.mark.xfail(strict=True, reason=reason))
    chosen.empty()
    yield chosen
    workos_witness.settle()
