"""A run from plan to verified, and what the services say of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from eleva_cli.engine.run import Engine
from eleva_cli.journal.plans import shuffle_of
from eleva_cli.journal.steps import AMENDS_FROM
from tests.engine.world import Plan, World, clear, link, seed, stamp, states


def test_every_kind_of_action_is_done_once_and_verified(world: World) -> None:
    """Link, relink, clear and stamp, each with one write, and all read back."""
    world.ports.workos.set_link("org_2", "cus_6")
    world.ports.workos.set_link("org_3", "cus_3")

    plan: Plan = {
        "cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")],
        "cus_2": [link("org_2", "cus_2", before="cus_6"), stamp("cus_2", "org_2")],
        "cus_3": [clear("org_3", "cus_3")],
    }

    report, steps = world.apply(plan)

    assert {state for lane in states(steps).values() for state in lane} == {"verified"}
    assert (None, False) == (report.stopped_by, report.interrupted)
    assert ["cus_1", "cus_2", None] == [world.linked(f"org_{n}") for n in (1, 2, 3)]
    twice = {path for path, count in world.writes().items() if count > 1}
    assert {"PUT /organizations/org_2", "PUT /organizations/org_3"} == twice  # set up


def test_a_second_run_of_the_same_plan_writes_nothing(world: World) -> None:
    """What is so already is unchanged, and no request but reads goes out."""
    plan: Plan = {"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]}
    world.apply(plan)
    before = world.effects()

    _, steps = world.apply(plan)

    assert {"cus_1": ["unchanged", "unchanged"]} == states(steps)
    assert before == world.effects()


def test_a_lane_stops_at_its_first_snag_and_others_go_on(world: World) -> None:
    """A link that somebody made since the plan is held and not touched."""
    world.ports.workos.set_link("org_1", "cus_6")

    _, steps = world.apply(
        {
            "cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")],
            "cus_2": [link("org_2", "cus_2"), stamp("cus_2", "org_2")],
        }
    )

    assert {"cus_1": ["held", "planned"], "cus_2": ["verified"] * 2} == states(steps)
    assert "changed-since-plan" == steps["cus_1", 0].code
    assert "cus_6" == world.linked("org_1")
    assert world.stamped("cus_1") is None


def test_a_held_lane_goes_on_in_a_resume_once_it_is_free(world: World) -> None:
    """Whoever took the organization gives it back, and the frozen plan goes on."""
    world.ports.workos.set_link("org_1", "cus_6")
    _, steps = world.apply({"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]})
    world.ports.workos.set_link("org_1", None)

    _, steps = world.resume(steps["cus_1", 0].run)

    assert {"cus_1": ["verified", "verified"]} == states(steps)


def test_a_customer_linked_elsewhere_is_refused(world: World) -> None:
    """WorkOS's own refusal ends the step, with its code, and the stamp stays undone."""
    world.ports.workos.set_link("org_5", "cus_1")

    _, steps = world.apply({"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]})

    assert {"cus_1": ["failed", "planned"]} == states(steps)
    assert "customer-already-linked" == steps["cus_1", 0].code
    assert world.linked("org_1") is None


def test_a_link_to_a_customer_that_was_deleted_is_taken_back(world: World) -> None:
    """The stamp fails, the link just made is cleared, and the journal tells both."""
    assert world.sandbox.raw("DELETE", "/v1/customers/cus_1").is_success

    _, steps = world.apply({"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]})

    assert {"cus_1": ["undone", "failed", "verified"]} == states(steps)
    assert ("amended", 0) == (
        steps["cus_1", 0].code,
        steps["cus_1", AMENDS_FROM].amends,
    )
    assert world.linked("org_1") is None


def test_a_link_that_was_there_before_is_not_taken_back(world: World) -> None:
    """Only our own effects are amended: somebody else made this one."""
    world.ports.workos.set_link("org_1", "cus_1")
    assert world.sandbox.raw("DELETE", "/v1/customers/cus_1").is_success

    _, steps = world.apply({"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]})

    assert {"cus_1": ["unchanged", "failed"]} == states(steps)
    assert "cus_1" == world.linked("org_1")


def test_a_lane_that_was_amended_is_not_retried(world: World) -> None:
    """What was taken back is for a new plan; a retry leaves nothing open."""
    assert world.sandbox.raw("DELETE", "/v1/customers/cus_1").is_success
    _, steps = world.apply({"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]})
    before = world.effects()

    _, steps = world.resume(steps["cus_1", 0].run, retry_failed=True)

    assert {"cus_1": ["undone", "failed", "verified"]} == states(steps)
    assert before == world.effects()


def test_a_failed_step_is_retried_under_a_new_key(world: World) -> None:
    """Stripe repeats a stored refusal for a day; a retry must not hear it again."""
    world.fault("status", method="POST", status=400, stored=True)
    _, steps = world.apply({"cus_1": [stamp("cus_1", "org_1")]})
    assert {"cus_1": ["failed"]} == states(steps)

    _, steps = world.resume(steps["cus_1", 0].run, retry_failed=True)

    assert {"cus_1": ["verified"]} == states(steps)
    assert (1, "org_1") == (steps["cus_1", 0].generation, world.stamped("cus_1"))


def test_many_lanes_run_side_by_side_and_leave_no_thread(
    worlds: Callable[[int], World],
) -> None:
    """Eight threads over forty lanes, each effect once, and all threads at home."""
    world = worlds(8)
    world.sandbox.seed(seed(40))
    before = threading.active_count()

    _, steps = world.apply(
        {
            f"cus_{n}": [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}")]
            for n in range(1, 41)
        }
    )

    assert {"verified"} == {step.state for step in steps.values()}
    assert {1} == set(world.writes().values())
    assert 80 == len(world.writes())
    assert not [t for t in threading.enumerate() if t.name.startswith("lane-")]
    assert threading.active_count() <= before + 1


def test_a_later_phase_waits_and_skips_lanes_that_did_not_come_through(
    world: World,
) -> None:
    """Phases are barriers, and a lane that failed in one has no part in the next."""
    world.ports.workos.set_link("org_1", "cus_6")
    store = world.open()
    run = world.begin(
        store,
        {
            f"cus_{n}": [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}")]
            for n in (1, 2, 3)
        },
    )
    store.conn.execute("update steps set phase = 1 where kind = 'stamp_customer'")
    world.wire.requests.clear()

    world.engine(store).run(run)

    methods = [m for m, _ in world.wire.requests if m in ("PUT", "POST")]
    assert ["PUT", "PUT", "POST", "POST"] == methods
    assert world.stamped("cus_1") is None
    store.close()


def test_an_engine_ends_at_once_where_nothing_is_open(world: World) -> None:
    """An empty run makes no request and waits for nothing."""
    store = world.open()
    engine: Engine = world.engine(store)

    report = engine.run(world.begin(store, {}))

    assert ({}, []) == (report.counts, world.wire.requests)
    store.close()


def test_lanes_keep_their_order_whatever_their_length(world: World) -> None:
    """Mixed they keep each limit busy; and who gave them turns relies on it."""
    plan: Plan = {
        f"cus_{n}": [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}")]
        if n % 2
        else [link(f"org_{n}", f"cus_{n}")]
        for n in range(1, 7)
    }

    world.apply(plan)

    linked = [path for method, path in world.wire.requests if method == "PUT"]
    order = sorted(plan, key=shuffle_of)
    assert linked == [f"/organizations/org_{name[4:]}" for name in order]
