"""Planning and applying in process, against a sandbox that holds a fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from eleva_cli.adapters import connect
from eleva_cli.adapters.http import Connection
from eleva_cli.engine import Engine
from eleva_cli.journal import plans, runs
from eleva_cli.journal.snapshots import Names, Pseudonyms
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate, Pacer, limits_for
from eleva_cli.planning import Planned, Planning, Wishes
from eleva_cli.ports import Ports
from eleva_cli.progress import SilentProgress
from eleva_cli.sandbox import seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.fleet import Fleet
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, WORKOS_KEY
from eleva_cli.sandbox.settings import Settings
from tests.clock import FakeClock

LOCAL = "http://127.0.0.1:8420"
KEY = b"a key that is only used in tests"


@dataclass(kw_only=True)
class Office:
    """One operator's journal, and the services through the real adapters."""

    http: httpx2.Client
    ports: Ports
    store: Store
    clock: FakeClock
    gate: Gate
    threads: int = 4
    names: Names = field(default_factory=Names)

    def plan(self, wishes: Wishes | None = None) -> Planned:
        return Planning(
            store=self.store,
            ports=self.ports,
            clock=self.clock,
            progress=SilentProgress(),
            account=self.ports.stripe.account(),
            mode="test",
            names=self.names,
            pseudonyms=Pseudonyms(KEY),
            wishes=wishes or Wishes(),
            threads=self.threads,
        ).make()

    def apply(self, plan: str) -> dict[str, int]:
        """Run every ready lane; return the steps by their states."""
        head = plans.head(self.store, plan)
        assert head is not None
        run = runs.begin_from_plan(self.store, head, now=self.clock.now())
        engine = Engine(
            store=self.store,
            ports=self.ports,
            clock=self.clock,
            gate=self.gate,
            progress=SilentProgress(),
            account=head.account,
            threads=self.threads,
        )
        return dict(engine.run(run).counts)

    def outcomes(self, plan: str) -> dict[str, str]:
        """Return for each lane what a fleet's truth would call it."""
        kinds: dict[str, set[str]] = {}
        for row in self.store.rows(
            "select lane, kind from plan_actions where plan = ?", plan
        ):
            kinds.setdefault(row["lane"], set()).add(row["kind"])
        found = {}
        for lane in plans.lanes(self.store, plan):
            match lane.state:
                case "held":
                    found[lane.lane] = f"held:{lane.held}"
                case "unchanged":
                    found[lane.lane] = "linked"
                case "ready":
                    has_link = "link_organization" in kinds[lane.lane]
                    found[lane.lane] = "link" if has_link else "stamp"
        return found

    def effects(self) -> list[Any]:
        """Return the objects that calls so far changed, in their order."""
        found: list[Any] = []
        after = 0
        while True:
            address = f"{LOCAL}/_sandbox/effects?after={after}"
            answer = self.http.get(address).json()
            if not answer["data"]:
                return found
            found += [effect for call in answer["data"] for effect in call["effect"]]
            after = answer["after"]

    def calls(self) -> Counter[str]:
        """Count the calls so far by method and endpoint."""
        rows = self.http.get(f"{LOCAL}/_sandbox/calls/summary").json()["data"]
        found: Counter[str] = Counter()
        for row in rows:
            found[f"{row['method']} {row['template']}"] += row["calls"]
        return found


@contextmanager
def opened(
    folder: Path,
    document: Any,
    *,
    threads: int = 4,
    switches: Mapping[str, Any] | None = None,
) -> Iterator[Office]:
    """Open an office on a sandbox that holds these objects and has no limits."""
    settings = Settings(limits_enabled=False).updated(switches or {})
    app = create_app(folder / "world.db", settings=settings)
    seed.load(app.extensions["sandbox"].store, document)
    transport = httpx2.WSGITransport(app=app)
    clock, gate = FakeClock(), Gate()
    asked = Connection(
        stripe_key=STRIPE_KEY,
        workos_key=WORKOS_KEY,
        workos_client_id=CLIENT_ID,
        stripe_base=LOCAL,
        workos_base=LOCAL,
        threads=threads,
    )
    limits = limits_for("test", leave=0, rate=None, overrides={})
    ports = connect(asked, Pacer(FakeClock(), limits), gate, transport=transport)
    store = Store.open(folder / "journal.db")
    with closing(ports), closing(store), httpx2.Client(transport=transport) as http:
        yield Office(
            http=http,
            ports=ports,
            store=store,
            clock=clock,
            gate=gate,
            threads=threads,
        )


def mapping_file(fleet: Fleet, folder: Path) -> Path:
    """Write the fleet's files; return its mapping."""
    fleet.write(folder / "fleet")
    return folder / "fleet" / "mapping.csv"
