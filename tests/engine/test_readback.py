"""Reading back: what the services show, what they do not, and what cannot be read."""

from __future__ import annotations

import pytest

from eleva_cli.journal import runs
from eleva_cli.journal.store import Store
from tests.engine.world import Plan, World, by_place, link, seed, stamp, states

PLAN: Plan = {"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]}


@pytest.fixture
def applied(world: World) -> tuple[Store, str]:
    store = world.open()
    run = world.begin(store, PLAN)
    world.engine(store).run(run)
    world.wire.requests.clear()
    return store, run


def test_few_are_read_one_by_one(world: World, applied: tuple[Store, str]) -> None:
    """Two objects, two calls."""
    left = world.verify(*applied)

    assert [] == left
    assert 2 == len(world.wire.requests)


def test_many_are_read_by_pages(world: World) -> None:
    """Sixty objects of each kind cost a few lists, not a hundred and twenty reads."""
    world.sandbox.seed(seed(60, first=7))
    store = world.open()
    run = world.begin(
        store,
        {
            f"cus_{n}": [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}")]
            for n in range(1, 61)
        },
    )
    world.engine(store).run(run)
    world.wire.requests.clear()

    left = world.verify(store, run)

    assert [] == left
    assert {"verified"} == set(runs.counts(store, run))
    assert len(world.wire.requests) < 20
    store.close()


def test_what_does_not_show_is_in_doubt_and_looked_at_again(
    world: World, applied: tuple[Store, str]
) -> None:
    """Somebody took the name off: it is named, and a resume puts it right."""
    store, run = applied
    world.ports.stripe.update_customer("cus_1", {"workos_org_id": None}, key="other")

    left = world.verify(store, run)

    assert ["cus_1"] == [step.lane for step in left]
    assert {"cus_1": ["verified", "in_doubt"]} == states(by_place(store, run))
    store.close()
    _, steps = world.resume(run)
    assert {"cus_1": ["verified", "verified"]} == states(steps)
    assert "org_1" == world.stamped("cus_1")


def test_what_shows_late_is_waited_for(
    world: World, applied: tuple[Store, str]
) -> None:
    """A stale read is read again after a second, two, four and eight."""
    store, run = applied
    world.ports.stripe.update_customer("cus_1", {"workos_org_id": None}, key="other")
    began = world.clock.monotonic()

    def settle() -> None:
        if world.clock.monotonic() - began > 5:
            world.clock.on_sleep = lambda: None
            world.ports.stripe.update_customer(
                "cus_1", {"workos_org_id": "org_1"}, key="later"
            )

    world.clock.on_sleep = settle

    assert [] == world.verify(store, run)
    assert {"cus_1": ["verified", "verified"]} == states(by_place(store, run))


def test_what_cannot_be_read_stays_applied(
    world: World, applied: tuple[Store, str]
) -> None:
    """No permission to read is no evidence: it is read back by the next resume."""
    store, run = applied
    world.fault("status", method="GET", status=403, count=99)

    left = world.verify(store, run)

    assert 2 == len(left)
    assert {"cus_1": ["applied", "applied"]} == states(by_place(store, run))
    world.sandbox.http.delete(f"{world.sandbox.base_url}/_sandbox/faults")
    assert [] == world.verify(store, run)


def test_what_is_gone_is_in_doubt(world: World, applied: tuple[Store, str]) -> None:
    """A deleted customer has no stamp to show; the rest is verified."""
    store, run = applied
    assert world.sandbox.raw("DELETE", "/v1/customers/cus_1").is_success

    world.verify(store, run)

    assert {"cus_1": ["verified", "in_doubt"]} == states(by_place(store, run))
