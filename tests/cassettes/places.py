"""Who answers while cassettes are recorded: emulator, sandbox, or the real services."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.cassettes.real import STRIPE, WORKOS, RealKeys


@dataclass(slots=True, kw_only=True)
class Place:
    """Both services' addresses and keys, and hands to prepare what a test will see."""

    name: str
    base_url: str
    stripe_key: str
    workos_key: str
    http: httpx2.Client
    stripe_base: str = ""
    made: list[str] = field(default_factory=list)

    def make(self, path: str, **body: Any) -> str:
        """Create something at WorkOS; return its id."""
        answer = self.http.post(
            self.base_url + path, json=body, headers=self._headers()
        ).raise_for_status()
        made: str = answer.json()["id"]
        self.made.append(f"{path}/{made}")
        return made

    def control(self, path: str, **body: Any) -> None:
        """Set the sandbox up."""
        url = f"{self.base_url}/_sandbox/{path}"
        self.http.post(url, json=body).raise_for_status()

    def clean(self) -> None:
        """Remove what was made, the newest first."""
        while self.made:
            url = self.base_url + self.made.pop()
            self.http.delete(url, headers=self._headers()).raise_for_status()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.workos_key}"}


@contextmanager
def emulator() -> Iterator[Place]:
    """Run the official WorkOS emulator, empty."""
    from tests.fidelity.emulator import emulator as running
    from tests.outside.installed import NPM, why_not

    if reason := why_not():
        raise RuntimeError(reason)
    package = json.loads((NPM / "node_modules/workos/package.json").read_text())
    with running() as found, httpx2.Client(trust_env=False) as http:
        yield Place(
            name=f"the official emulator (npm workos {package['version']})",
            base_url=found.base_url,
            stripe_key="sk_test_none",
            workos_key=found.key,
            http=http,
        )


@contextmanager
def sandbox() -> Iterator[Place]:
    """Serve our own sandbox on loopback, empty."""
    from eleva_cli.sandbox import keys
    from eleva_cli.sandbox.app import create_app
    from eleva_cli.sandbox.server import serve
    from eleva_cli.sandbox.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(limits_enabled=False)
        app = create_app(Path(folder) / "sandbox.db", settings=settings)
        with serve(app) as server, httpx2.Client(trust_env=False) as http:
            yield Place(
                name="our sandbox",
                base_url=server.base_url,
                stripe_key=keys.STRIPE_KEY,
                workos_key=keys.WORKOS_KEY,
                http=http,
            )


@contextmanager
def real(keys: RealKeys) -> Iterator[Place]:
    """Reach the real services in test mode; what is made there is removed again."""
    with httpx2.Client() as http:
        place = Place(
            name="the real service, test mode",
            base_url=WORKOS,
            stripe_base=STRIPE,
            stripe_key=keys.stripe,
            workos_key=keys.workos,
            http=http,
        )
        try:
            yield place
        finally:
            place.clean()
