"""A fresh sandbox for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from tests.fidelity import witness
from tests.sandbox.harness import IN_PROCESS, Sandbox, business
from tests.sandbox.receiver import Receiver, front_of, receiving

QUIET = Settings(limits_enabled=False)


@pytest.fixture(autouse=True)
def agreement() -> Iterator[None]:
    """Fail a test in which the sandbox and the vendors' own types disagreed."""
    yield
    witness.settle()


@pytest.fixture
def start(tmp_path: Path) -> Callable[[Settings], Sandbox]:
    """Give a way to start an empty sandbox with given settings."""

    def started(settings: Settings) -> Sandbox:
        app = create_app(tmp_path / "sandbox.db", settings=settings)
        witness.watch(app)
        transport = httpx2.WSGITransport(app=app)
        client = httpx2.Client(transport=transport)
        return Sandbox(app=app, base_url=IN_PROCESS, http=client)

    return started


@pytest.fixture
def sandbox(start: Callable[[Settings], Sandbox]) -> Sandbox:
    """Give a small business in process, without limits."""
    made = start(QUIET)
    made.seed(business())
    return made


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Sandbox]:
    """Give a small business on a real socket, without limits."""
    app = witness.watch(create_app(tmp_path / "served.db", settings=QUIET))
    with serve(app) as server, httpx2.Client(trust_env=False, timeout=5) as client:
        made = Sandbox(app=app, base_url=server.base_url, http=client)
        made.seed(business())
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give an application's receiver."""
    with receiving() as made:
        yield made


@pytest.fixture
def sending(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Give a sandbox whose deliveries end with the test."""
    yield sandbox
    front_of(sandbox).courier.stop()
