"""A whole look at a served sandbox that refuses, drops, cuts and lags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.adapters import connect
from eleva_cli.chain import Case
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Beginning, Look
from eleva_cli.journal.store import Store
from eleva_cli.observe.auditing import Auditing
from eleva_cli.observe.changes import Since
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from eleva_cli.progress import SilentProgress
from eleva_cli.sandbox import keys, seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.fleet import generate
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from tests.audit_desk import CATALOGUE
from tests.clock import FakeClock
from tests.contract.adapter_world import connection, pacer

LATER = 4_000_000_000.0  # nothing in the fleet is younger
TROUBLE = (
    {"kind": "status", "status": 429, "probability": 0.15, "seed": 1},
    {"kind": "drop_before", "probability": 0.05, "seed": 2},
    {"kind": "cut_body", "probability": 0.05, "seed": 3},
    {"kind": "status", "status": 503, "probability": 0.05, "seed": 4},
)


class Site:
    """A served fleet, the adapters on it, and a journal."""

    def __init__(self, folder: Path, ports: Ports, front: Front) -> None:
        self.store = Store.open(folder / "journal.db")
        self.ports = ports
        self.front = front

    def read(self, at: float = LATER) -> Auditing:
        beginning = Beginning(account="acct_1", mode="test", at=at)
        made = Auditing(
            look=Look.begin(self.store, Taken(stamps=frozenset({"tier"})), beginning),
            ports=self.ports,
            clock=FakeClock(at),
            progress=SilentProgress(),
            threads=8,
        )
        made.read()
        return made


@contextmanager
def served(folder: Path, size: int) -> Iterator[Site]:
    app = create_app(folder / "site.db", settings=Settings(limits_enabled=False))
    front: Front = app.extensions["sandbox"]
    seed.load(front.store, generate(size).document)
    with serve(app) as server:
        base = server.base_url
        asked = replace(
            connection(base, base, stripe_key=keys.STRIPE_KEY, threads=8),
            workos_key=keys.WORKOS_KEY,
        )
        with closing(connect(asked, pacer(), Gate())) as ports:
            site = Site(folder, ports, front)
            yield site
            site.store.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path, 60) as made:
        yield made


def by_name(made: Auditing) -> dict[str, Case]:
    return {case.name: case for case in made.cases()}


def test_trouble_on_the_way_changes_nothing_of_what_is_seen(site: Site) -> None:
    """Refused, dropped and cut answers are asked for again, and counted as calls."""
    calm = site.read()
    quiet = calm.calls
    expected = by_name(calm)
    for rule in TROUBLE:
        site.front.faults.add(rule)
    troubled = site.read()
    paying = [c.buyer.id for c in expected.values() if c.buyer and c.link]
    troubled.entitle(paying)
    made = troubled.calls
    site.front.faults.remove()
    calm.entitle(paying)

    assert len(expected) > 50
    assert any(case.members and case.buyer for case in expected.values())
    assert by_name(troubled) == by_name(calm)
    assert made > quiet + len(set(paying))


def test_a_second_look_clears_what_lists_showed_late(site: Site) -> None:
    """What was linked a moment ago is not yet in the lists, but where it is itself."""
    before = by_name(site.read())
    free = next(c for c in before.values() if c.organization and c.link is None)
    stray = next(c for c in before.values() if c.organization is None)
    assert free.organization is not None
    assert stray.buyer is not None
    site.front.faults.add({"kind": "stale", "seconds": 30})
    site.ports.workos.set_link(free.organization, stray.buyer.id)
    late = site.read()
    assert by_name(late)[free.name].link is None

    site.front.faults.remove()
    again: dict[str, Case | None] = {}
    late.read_cases([stray.name, free.name], again.__setitem__)

    assert {case and case.link for case in again.values()} == {stray.buyer.id}
    assert stray.name not in by_name(late)


def test_events_of_both_services_lead_to_what_changed(site: Site) -> None:
    """As the sandbox tells them: a link, and what a customer names."""
    cases = by_name(site.read())
    linked = next(c for c in cases.values() if c.link)
    free, other = [c for c in cases.values() if c.organization and not c.link][:2]
    stray = next(c for c in cases.values() if c.organization is None)
    assert linked.buyer is not None
    assert stray.buyer is not None
    site.ports.workos.set_link(other.name, "cus_other")
    (told,) = site.ports.workos.events(["organization.updated"], 0, None).rows
    last = site.read(at=told.created)

    site.ports.stripe.update_customer(linked.buyer.id, {"workos_org_id": "x"}, key="1")
    site.ports.workos.set_link(free.name, stray.buyer.id)
    found = Since(
        ports=site.ports,
        clock=FakeClock(told.created + 60),
        progress=SilentProgress(),
        last=last.look,
        catalogue=CATALOGUE,
    ).changes()

    assert found.full == ""
    # the one before is told as well: clocks differ by some minutes
    assert set(found.names) == {linked.name, free.name, other.name}
