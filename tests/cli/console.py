"""Runs command lines in process against a sandbox on loopback, as a user would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eleva_cli.cli import run
from eleva_cli.sandbox import keys, seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.fleet import Fleet, generate
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.server import RunningServer, serve
from eleva_cli.sandbox.settings import Settings
from eleva_cli.sandbox.store import TABLES
from tests.fidelity import stripe_witness, witness

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one command line came to: exit code, stdout and stderr apart."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Read stdout as the JSON envelope."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def data(self) -> dict[str, Any]:
        """Return the envelope's data."""
        found: dict[str, Any] = self.json["data"]
        return found

    @property
    def error(self) -> str:
        """Return the code of the first failure, "" for none."""
        errors = self.json["errors"]
        return str(errors[0]["code"]) if errors else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a world and a user's journal were at some moment, to go on from again."""

    rows: Mapping[str, list[tuple[Any, ...]]]
    fleet: Fleet | None
    state: Path


@dataclass(slots=True, kw_only=True)
class World:
    """A sandbox on loopback, and what the tool did to it by its own log."""

    front: Front
    server: RunningServer
    fleet: Fleet | None = None

    @classmethod
    def open(cls, folder: Path) -> World:
        """Serve an empty sandbox without limits."""
        app = create_app(folder / "world.db", settings=Settings(limits_enabled=False))
        stripe_witness.watch_tool(witness.watch(app))
        return cls(front=app.extensions["sandbox"], server=serve(app))

    def empty(self) -> None:
        """Make it as if it had just been opened."""
        self.front.log.forget()
        self.front.faults.remove()
        self.front.limits.clear()
        self.front.store.reset()
        self.front.store.set_settings(Settings(limits_enabled=False))
        self.fleet = None

    def fill(self, size: int, *, number: int = 1) -> Fleet:
        """Fill it with a made-up business."""
        self.fleet = generate(size, seed=number)
        seed.load(self.front.store, self.fleet.document)
        return self.fleet

    def load(self, document: Mapping[str, Any]) -> None:
        """Fill it with API-shaped objects."""
        seed.load(self.front.store, document)

    def switch(self, **changes: Any) -> None:
        """Change settings of the server."""
        self.front.store.set_settings(self.front.store.settings().updated(changes))

    def keep(self, state: Path, copy: Path) -> Kept:
        """Keep what is stored here, and a copy of a state folder."""
        self.front.log.flush()
        with self.front.store.read() as session:
            found = {
                table: [tuple(row) for row in session.rows(f"SELECT * FROM {table}")]
                for table in TABLES
            }
        shutil.copytree(state, copy)
        return Kept(rows=found, fleet=self.fleet, state=copy)

    def go_on(self, kept: Kept, state: Path) -> None:
        """Make an empty world and state folder as they were when they were kept."""
        with self.front.store.write() as session:
            for table, found in kept.rows.items():
                if found:
                    marks = ", ".join("?" * len(found[0]))
                    session.run_many(f"INSERT INTO {table} VALUES ({marks})", found)
        shutil.copytree(kept.state, state)
        self.fleet = kept.fleet

    def effects(self) -> list[dict[str, Any]]:
        """Return each change the server made for a call, one entry an object."""
        self.front.log.flush()
        with self.front.store.read() as session:
            rows = session.rows("SELECT effect FROM calls WHERE effect IS NOT NULL")
        return [one for row in rows for one in json.loads(row[0])]

    def calls(self) -> list[tuple[str, str]]:
        """Return method and path of every call."""
        self.front.log.flush()
        with self.front.store.read() as session:
            rows = session.rows("SELECT method, path FROM calls")
        return [(str(row[0]), str(row[1])) for row in rows]

    def organization(self, organization_id: str) -> dict[str, Any]:
        """Return an organization as it is stored."""
        return self.stored(organization_id)

    def customer(self, customer_id: str) -> dict[str, Any]:
        """Return a customer as it is stored."""
        return self.stored(customer_id)

    def stored(self, object_id: str) -> dict[str, Any]:
        """Return any object as it is stored."""
        with self.front.store.read() as session:
            rows = session.rows("SELECT body FROM objects WHERE id = ?", (object_id,))
        found: dict[str, Any] = json.loads(rows[0][0])
        return found


@dataclass(slots=True, kw_only=True)
class Console:
    """A user at a shell: a folder, an environment, and the tool."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    environment: pytest.MonkeyPatch
    lines: list[str] = field(default_factory=list)

    def __call__(self, *words: str) -> Said:
        """Type a command line; `--quiet` keeps progress out of stderr."""
        self.capture.readouterr()
        code = run(words)
        shown = self.capture.readouterr()
        return Said(code=code, out=shown.out, err=shown.err)

    def json(self, *words: str) -> Said:
        """Type a command line and ask for JSON."""
        return self(*words, "--quiet", "--format", "json")

    def point_at(self, base: str) -> None:
        """Set the environment for the services at an address."""
        for name, value in {
            "ELEVA_STRIPE_API_BASE": base,
            "ELEVA_WORKOS_API_BASE": base,
            "STRIPE_SECRET_KEY": keys.STRIPE_KEY,
            "WORKOS_API_KEY": keys.WORKOS_KEY,
            "WORKOS_CLIENT_ID": keys.CLIENT_ID,
        }.items():
            self.environment.setenv(name, value)
