"""A small business on the sandbox in process, a journal, and an engine over both."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from eleva_cli.adapters import connect
from eleva_cli.engine import Engine, Report
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate, Pacer, limits_for
from eleva_cli.plan import Action, ClearLink, LinkOrganization, StampCustomer
from eleva_cli.ports import Ports
from eleva_cli.progress import SilentProgress
from eleva_cli.readback import ReadBack
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, WORKOS_KEY
from eleva_cli.sandbox.settings import Settings
from tests.clock import FakeClock
from tests.contract.adapter_world import LOCAL, connection
from tests.sandbox.harness import Sandbox

ACCOUNT = "acct_test"
KIND, MODE = "migrate", "test"
FAST = {"stripe-global": 1e6, "stripe-endpoint": 1e6, "workos-endpoint": 1e6}
Plan = Mapping[str, Iterable[Action]]
Request = httpx2.Request


class PatientClock(FakeClock):
    """A fake clock whose sleepers let other threads run; `on_sleep` hears of each."""

    on_sleep: Callable[[], None] = staticmethod(lambda: None)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.on_sleep()
        time.sleep(0.0005)


class CrashError(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Counts what a process does, and ends it at one point for good."""

    at: int | None = None
    seen: int = 0
    is_dead: bool = False

    def tick(self) -> None:
        if self.is_dead:
            raise CrashError
        self.seen += 1
        if self.seen == self.at:
            self.is_dead = True
            raise CrashError


class Mortal(Store):
    """A journal whose process may end before a write, a commit, or after one."""

    fate = Fate()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        self.fate.tick()
        with super().write() as conn:
            yield conn
            self.fate.tick()
        self.fate.tick()


class Wire(httpx2.BaseTransport):
    """The way to the sandbox, on which a process may end before or after the effect."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self.inner = inner
        self.fate = Fate()
        self.loss: type[httpx2.TransportError] = httpx2.RemoteProtocolError
        self.before: Callable[[httpx2.Request], None] = lambda _: None
        self.after: Callable[[httpx2.Request], None] = lambda _: None
        self.requests: list[tuple[str, str]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.fate.tick()
        self.before(request)
        self.requests.append((request.method, request.url.path))
        try:
            response = self.inner.handle_request(request)
            response.read()
        except ConnectionResetError as error:
            raise self.loss("dropped", request=request) from error
        self.after(request)
        self.fate.tick()
        return response


def link(org: str, customer: str, before: str | None = None) -> LinkOrganization:
    return LinkOrganization(
        organization=org, before=before, after=customer, reason="test"
    )


def clear(org: str, customer: str) -> ClearLink:
    return ClearLink(organization=org, before=customer, reason="test")


def stamp(customer: str, org: str | None, before: str | None = None) -> StampCustomer:
    return StampCustomer(
        customer=customer,
        before={"workos_org_id": before},
        after={"workos_org_id": org},
        reason="test",
    )


def seed(count: int = 6, *, first: int = 1) -> Any:
    """Give customers and an organization for each, by number."""
    numbers = range(first, count + 1)
    customers = [
        {"id": f"cus_{n}", "created": 1_600_000_000 + n, "email": None} for n in numbers
    ]
    organizations = [{"id": f"org_{n}", "name": f"O{n}"} for n in numbers]
    return {
        "stripe": {"customers": customers},
        "workos": {"organizations": organizations},
    }


@dataclass
class World:
    """Both services, a journal folder, and what stands between."""

    folder: Path
    clock: PatientClock = field(default_factory=PatientClock)
    fate: Fate = field(default_factory=Fate)
    threads: int = 1

    def __post_init__(self) -> None:
        self.sandbox = open_sandbox(self.folder / "services.db")
        self.wire = Wire(httpx2.WSGITransport(app=self.sandbox.app))
        self.gate = Gate()
        self.ports = self.connect()

    def connect(self) -> Ports:
        limits = limits_for("test", leave=0, rate=None, overrides=FAST)
        pacer = Pacer(self.clock, limits)
        asked = connection(stripe_key=STRIPE_KEY)
        asked = type(asked)(
            stripe_key=STRIPE_KEY,
            workos_key=WORKOS_KEY,
            workos_client_id=CLIENT_ID,
            stripe_base=LOCAL,
            workos_base=LOCAL,
            threads=self.threads,
        )
        return connect(asked, pacer, self.gate, transport=self.wire)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    def open(self) -> Store:
        store = Mortal.open(self.journal)
        assert isinstance(store, Mortal)
        store.fate = self.fate
        return store

    def begin(self, store: Store, plan: Plan, kind: str = KIND) -> str:
        with Store.write(store):
            run = runs.begin(
                store,
                kind=kind,
                account=ACCOUNT,
                mode=MODE,
                plan=None,
                now=self.clock.now(),
            )
            for lane, actions in plan.items():
                runs.add_steps(store, run, lane, actions)
        return run

    def engine(self, store: Store, **more: Any) -> Engine:
        parts: dict[str, Any] = {
            "store": store,
            "ports": self.ports,
            "clock": self.clock,
            "gate": self.gate,
            "progress": SilentProgress(),
            "account": ACCOUNT,
            "threads": self.threads,
        }
        return Engine(**{**parts, **more})

    def apply(self, plan: Plan) -> tuple[Report, dict[tuple[str, int], Step]]:
        """Run a plan in a fresh run and give the report and the steps by place."""
        store = self.open()
        try:
            run = self.begin(store, plan)
            report = self.engine(store).run(run)
            self.verify(store, run)
            runs.finish(store, run, "done", now=self.clock.now(), note="")
            return report, by_place(store, run)
        finally:
            store.close()

    def resume(
        self, run: str, *, retry_failed: bool = False
    ) -> tuple[Report, dict[tuple[str, int], Step]]:
        store = self.open()
        try:
            runs.take_over(store, run, now=self.clock.now(), retry_failed=retry_failed)
            report = self.engine(store).run(run)
            self.verify(store, run)
            runs.finish(store, run, "done", now=self.clock.now(), note="")
            return report, by_place(store, run)
        finally:
            store.close()

    def verify(self, store: Store, run: str) -> list[Step]:
        return ReadBack(
            store=store,
            ports=self.ports,
            clock=self.clock,
            progress=SilentProgress(),
            run=run,
            threads=1,
        ).verify()

    def fault(self, kind: str, **more: Any) -> None:
        self.sandbox.post("faults", kind=kind, **{"count": 1, **more})

    def linked(self, org: str) -> str | None:
        return self.ports.workos.organization(org).stripe_customer_id

    def stamped(self, customer: str) -> str | None:
        return self.ports.stripe.customer(customer).metadata.get("workos_org_id")

    def effects(self) -> Counter[str]:
        """Count what changed, as the services' own log has it."""
        return Counter(
            f"{effect['kind']} {effect['id']} {sorted(effect['fields'].items())}"
            for effect in self.sandbox.effects()
        )

    def writes(self) -> Counter[str]:
        """Count the writes that were done, repeated answers left out."""
        return Counter(
            f"{call['method']} {call['path']}"
            for call in self.sandbox.get("calls")["data"]
            if call["method"] in ("PUT", "POST")
            and (call["effect"] or call["status"] == 200)
            and not call["replayed"]
        )

    def close(self) -> None:
        self.ports.close()
        self.sandbox.app.extensions["sandbox"].store.close()


def open_sandbox(path: Path) -> Sandbox:
    app = create_app(path, settings=Settings(limits_enabled=False))
    http = httpx2.Client(transport=httpx2.WSGITransport(app=app))
    return Sandbox(app=app, base_url="http://sandbox.invalid", http=http)


def by_place(store: Store, run: str) -> dict[tuple[str, int], Step]:
    return {(step.lane, step.position): step for step in runs.steps(store, run)}


def states(steps: Mapping[tuple[str, int], Step]) -> dict[str, list[str]]:
    """Give each lane's states in order."""
    found: dict[str, list[str]] = {}
    for (lane, _), step in sorted(steps.items()):
        found.setdefault(lane, []).append(step.state)
    return found


def copied(template: Path, folder: Path) -> Path:
    """Copy a prepared sandbox into a folder of its own."""
    folder.mkdir()
    shutil.copy(template, folder / "services.db")
    return folder
