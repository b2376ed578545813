"""Who may write for a customer, and what a machine that slept may still do."""

from __future__ import annotations

import pytest

from eleva_cli.errors import ExitCode, LeaseLostError
from eleva_cli.journal import leases, runs
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate
from tests.engine.world import Plan, Request, World, by_place, link, stamp, states

PLAN: Plan = {"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]}
OTHER = "run-99"


def hold(world: World, lane: str, *, run: str = OTHER, seconds: float = 0) -> None:
    """Take a lane as another process would, over a connection of its own."""
    other = Store.open(world.journal)
    with other.write():
        now = world.clock.now() + seconds
        assert leases.take(other, lane, run, now=now) is None
    other.close()


def give_back(world: World, lane: str) -> None:
    other = Store.open(world.journal)
    with other.write():
        leases.release(other, lane, OTHER)
    other.close()


def test_a_busy_lane_waits_and_gets_its_turn_in_the_same_run(world: World) -> None:
    """No request goes out for it while another run holds it; then all of it is done."""
    world.open().close()
    hold(world, "cus_1")
    free_at = world.clock.now() + leases.LEASE_S
    times: list[float] = []
    world.wire.before = lambda request: (
        times.append(world.clock.now()) if request.url.path.endswith("_1") else None
    )
    others: Plan = {"cus_2": [link("org_2", "cus_2")]}

    _, steps = world.apply({**PLAN, **others})

    assert {"cus_1": ["verified"] * 2, "cus_2": ["verified"]} == states(steps)
    assert min(times) >= free_at


def test_a_busy_lane_is_held_with_a_code_and_a_time(world: World) -> None:
    """Where the run is stopped meanwhile, the journal says why it was not done."""
    store = world.open()
    hold(world, "cus_1")
    run = world.begin(store, PLAN)
    engine = world.engine(store)

    def stop() -> None:
        engine._stop.is_raised = len(world.clock.slept) > 20

    world.clock.on_sleep = stop

    engine.run(run)

    step = by_place(store, run)["cus_1", 0]
    assert ("held", "lane-busy") == (step.state, step.code)
    assert step.due_at is not None
    assert [] == world.wire.requests
    store.close()


def test_a_lane_is_claimed_before_it_is_looked_at(world: World) -> None:
    """Else another run could write between our look and our write."""
    store = world.open()
    run = world.begin(store, PLAN)
    held: list[object] = []

    def ask(request: Request) -> None:
        other = Store.open(world.journal)
        held.append(other.value("select run from leases where lane = 'cus_1'"))
        other.close()

    world.wire.before = ask

    world.engine(store).run(run)

    assert {run} == set(held)
    assert 0 == store.value("select count(*) from leases")
    store.close()


def test_an_hour_s_sleep_does_not_end_a_run(world: World) -> None:
    """A closed lid: lease renewed, what was seen looked at again, and on it goes."""
    slept: list[str] = []

    def sleep(request: Request) -> None:
        if not slept:
            slept.append(request.method)
            world.clock.advance(3600)

    world.wire.after = sleep

    _, steps = world.apply(PLAN)

    assert {"cus_1": ["verified", "verified"]} == states(steps)
    gets = [m for m, path in world.wire.requests if path == "/organizations/org_1"]
    assert ["GET", "GET", "PUT"] == gets[:3]


def test_a_link_made_while_the_machine_slept_is_not_overwritten(world: World) -> None:
    """The look was an hour old: it is done again before a byte leaves."""

    def sleep(request: Request) -> None:
        world.wire.after = lambda _: None
        world.clock.advance(3600)
        world.ports.workos.set_link("org_1", "cus_6")

    world.wire.after = sleep

    _, steps = world.apply(PLAN)

    assert {"cus_1": ["held", "planned"]} == states(steps)
    assert "cus_6" == world.linked("org_1")


@pytest.mark.parametrize("is_given_back", [True, False])
def test_a_lane_lost_while_asleep_stops_the_run(
    world: World, is_given_back: bool
) -> None:
    """Somebody took the expired lease: nothing more is sent, exit 11."""
    store = world.open()
    run = world.begin(store, {**PLAN, "cus_2": [link("org_2", "cus_2")]})
    sent_after: list[str] = []

    def sleep(request: Request) -> None:
        lane = f"cus_{request.url.path[-1]}"
        world.clock.advance(3600)
        hold(world, lane)
        if is_given_back:
            give_back(world, lane)
        world.wire.before = lambda late: sent_after.append(late.url.path)
        world.wire.after = lambda _: None

    world.wire.after = sleep

    report = world.engine(store).run(run)

    assert isinstance(report.stopped_by, LeaseLostError)
    assert ExitCode.LOCKED == report.stopped_by.exit_code
    assert [] == sent_after
    assert {"planned"} == {step.state for step in by_place(store, run).values()}
    store.close()


def test_a_lane_lost_between_the_row_and_the_byte_sends_nothing(world: World) -> None:
    """The lid closes while the call waits for its slot: the row goes back in line."""
    store = world.open()
    run = world.begin(store, PLAN)

    class Sleepy(Gate):
        """Sleeps an hour, once, right before the first write leaves."""

        def check(self) -> None:
            other = Store.open(world.journal)
            is_marked = other.value("select count(*) from steps where state = 'sent'")
            other.close()
            if is_marked and world.clock.now() - began < 3600:
                world.clock.advance(3600)
                hold(world, "cus_1")
                give_back(world, "cus_1")
            super().check()

    began = world.clock.now()
    world.gate = Sleepy()
    world.ports = world.connect()

    report = world.engine(store).run(run)

    assert isinstance(report.stopped_by, LeaseLostError)
    assert ["GET"] == [method for method, _ in world.wire.requests]
    assert {"cus_1": ["planned", "planned"]} == states(by_place(store, run))
    store.close()


def test_a_run_that_another_process_took_over_stops_and_writes_nothing(
    world: World,
) -> None:
    """The other one's journal is not ours to write; it finds out what we sent."""
    store = world.open()
    run = world.begin(store, PLAN)

    def take_over(request: Request) -> None:
        if request.method == "PUT":
            other = Store.open(world.journal)
            runs.take_over(other, run, now=world.clock.now(), retry_failed=False)
            with other.write() as conn:
                conn.execute("update runs set pid = pid + 1")
            other.close()

    world.wire.after = take_over

    report = world.engine(store).run(run)
    runs.finish(store, run, "done", now=world.clock.now(), note="")

    assert isinstance(report.stopped_by, LeaseLostError)
    assert {"cus_1": ["sent", "planned"]} == states(by_place(store, run))
    found = runs.find(store, run)
    assert found is not None
    assert "open" == found.state
    store.close()


def test_a_take_over_by_the_same_process_number_is_noticed_too(world: World) -> None:
    """Containers share process numbers: a take-over counts, whoever makes it."""
    store = world.open()
    run = world.begin(store, PLAN)

    def take_over(request: Request) -> None:
        if request.method == "PUT":
            other = Store.open(world.journal)
            runs.take_over(other, run, now=world.clock.now(), retry_failed=False)
            other.close()

    world.wire.after = take_over

    report = world.engine(store).run(run)

    assert isinstance(report.stopped_by, LeaseLostError)
    store.close()


def test_old_leases_of_a_run_end_with_its_resume(world: World) -> None:
    """What a crash left behind must not keep others off lanes nobody works at."""
    store = world.open()
    run = world.begin(store, PLAN)
    with store.write():
        leases.take(store, "cus_5", run, now=world.clock.now())

    runs.take_over(store, run, now=world.clock.now(), retry_failed=False)

    assert 0 == store.value("select count(*) from leases")
    store.close()


@pytest.mark.parametrize("seconds", [-7200, 7200])
def test_a_clock_that_is_set_does_not_stop_the_heartbeat(
    world: World, seconds: float
) -> None:
    """Set back or forward by two hours: the lease follows the new time."""
    ends: list[float] = []

    def set_clock(request: Request) -> None:
        world.wire.after = lambda _: None
        world.clock.jump(seconds)

    def ask(request: Request) -> None:
        other = Store.open(world.journal)
        ends.append(other.value("select max(expires_at) from leases"))
        other.close()

    world.wire.before, world.wire.after = ask, set_clock

    _, steps = world.apply(PLAN)

    assert {"cus_1": ["verified", "verified"]} == states(steps)
    assert abs(ends[2] - world.clock.now()) < 2 * leases.LEASE_S
