"""Both adapters on the sandbox, each side watched by the vendors' own contracts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from eleva_cli.adapters import connect
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from eleva_cli.sandbox import keys, seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.settings import Settings
from tests.contract.adapter_world import connection, pacer
from tests.fidelity import stripe_witness, witness

QUIET = Settings(limits_enabled=False)


@contextmanager
def playing(folder: Path, document: Any, settings: Settings = QUIET) -> Iterator[Ports]:
    """Connect to a sandbox with a seed document; fail with what a witness found."""
    app = create_app(folder / "sandbox.db", settings=settings)
    seed.load(app.extensions["sandbox"].store, document)
    stripe_witness.watch_tool(witness.watch(app))
    asked = replace(connection(stripe_key=keys.STRIPE_KEY), workos_key=keys.WORKOS_KEY)
    transport = httpx2.WSGITransport(app=app)
    found = connect(asked, pacer(), Gate(), transport=transport)
    with closing(found):
        yield found
    witness.settle()
