"""Which looks a command may spare, as it has only just read the objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from eleva_cli.engine.worker import Foresight
from eleva_cli.execute import Seen, Sight, Trail
from eleva_cli.execute.sight import OPEN, SATISFIED, changed
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.trails import trails
from tests.engine.test_leases import give_back, hold
from tests.engine.world import Plan, Request, World, by_place, link, stamp, states

PLAN: Plan = {"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]}


@dataclass
class Oracle:
    """Says of every step that it is open; notes what it was asked."""

    answer: Sight | None = OPEN
    asked: list[tuple[str, Trail]] = field(default_factory=list)

    def __call__(self, step: Step, trail: Trail) -> Sight | None:
        self.asked.append((step.action.kind, dict(trail)))
        return self.answer


def calls(
    world: World, foresee: Foresight, plan: Plan = PLAN, *, run: str | None = None
) -> list[str]:
    """Run the plan, or go on with a run; return the methods of the requests."""
    store = world.open()
    try:
        before = len(world.wire.requests)
        run = run or world.begin(store, plan)
        world.engine(store, foresee=foresee).run(run)
        runs.finish(store, run, "done", now=world.clock.now(), note="")
        world.last = by_place(store, run)  # type: ignore[attr-defined]
        return [method for method, _ in world.wire.requests[before:]]
    finally:
        store.close()


def test_what_was_just_read_is_not_read_again(world: World) -> None:
    """One request a step; and each is told what those before it made."""
    oracle = Oracle()

    assert calls(world, oracle) == ["PUT", "POST"]
    assert [kind for kind, _ in oracle.asked] == ["link_organization", "stamp_customer"]
    assert oracle.asked[1][1] == {"link_organization": "org_1"}
    assert (world.linked("org_1"), world.stamped("cus_1")) == ("cus_1", "org_1")


@pytest.mark.parametrize("answer", [None, SATISFIED, changed("another")])
def test_only_open_is_taken_for_granted(world: World, answer: Sight | None) -> None:
    """Anything else is for a look to say."""
    assert calls(world, Oracle(answer)) == ["GET", "PUT", "GET", "POST"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [("status", {"status": 429}), ("status", {"status": 500}), ("drop_after", {})],
)
def test_a_second_request_has_a_look_before_it(
    world: World, kind: str, more: dict[str, int]
) -> None:
    """After a wait, or in doubt: what was read is old by then."""
    world.fault(kind, method="PUT", **more)

    found = calls(world, Oracle())

    assert found[:2] == ["PUT", "GET"]
    assert found.count("POST") == 1
    assert world.linked("org_1") == "cus_1"


def test_what_was_found_and_not_made_ends_the_sparing(world: World) -> None:
    """The lane goes on with an object that nobody has read."""
    world.ports.workos.set_link("org_1", "cus_1")
    links: Callable[[Step, Trail], Sight | None] = lambda step, _: (  # noqa: E731
        None if step.action.kind == "link_organization" else OPEN
    )

    assert calls(world, links) == ["GET", "GET", "POST"]
    assert states(world.last)["cus_1"] == ["unchanged", "applied"]  # type: ignore[attr-defined]


def test_a_lane_that_waited_for_another_run_looks(world: World) -> None:
    """What that run did meanwhile is seen."""
    world.open().close()
    hold(world, "cus_1")
    oracle = Oracle()

    def give() -> None:
        if len(world.clock.slept) > 5:
            world.clock.on_sleep = lambda: None
            world.ports.workos.set_link("org_1", "cus_6")
            give_back(world, "cus_1")

    world.clock.on_sleep = give
    calls(world, oracle)

    assert oracle.asked == []
    assert states(world.last) == {"cus_1": ["held", "planned"]}  # type: ignore[attr-defined]
    assert world.linked("org_1") == "cus_6"


def test_nothing_is_spared_after_the_machine_slept(world: World) -> None:
    """The lid was closed between two steps; a command's own clock may not know."""

    def sleep(request: Request) -> None:
        world.wire.after = lambda _: None
        world.clock.advance(3600)

    world.wire.after = sleep

    assert calls(world, Oracle()) == ["PUT", "GET", "POST"]


def test_nothing_is_spared_on_what_was_read_before_the_sleep(world: World) -> None:
    """It sleeps after the foresight, before the byte leaves."""

    def sleepy(_step: Step, _trail: Trail) -> Sight | None:
        world.clock.advance(3600)
        return OPEN

    found = calls(world, sleepy, {"cus_1": [link("org_1", "cus_1")]})

    assert found == ["GET", "PUT"]


def test_a_run_that_is_taken_up_again_spares_nothing(world: World) -> None:
    """Not even the steps that were never sent."""
    store = world.open()
    run = world.begin(store, PLAN)
    with store.write() as conn:
        conn.execute("update steps set state = 'sent', sent_at = 1 where position = 0")
    store.close()
    oracle = Oracle()

    assert calls(world, oracle, run=run) == ["GET", "PUT", "GET", "POST"]
    assert oracle.asked == []


def test_what_a_lane_made_is_in_the_journal(world: World) -> None:
    """By kind, for the steps after it and for a resume; a lane without has none."""
    calls(world, Oracle(), {**PLAN, "cus_2": [stamp("cus_2", "org_2")]})
    store = world.open()
    (run,) = (one.id for one in runs.listing(store))

    assert trails(store, run, ["cus_1", "cus_2", "cus_3"]) == {
        "cus_1": {"link_organization": "org_1", "stamp_customer": "cus_1"},
        "cus_2": {"stamp_customer": "cus_2"},
    }
    assert {step.made for step in world.last.values()} == {  # type: ignore[attr-defined]
        "org_1", "cus_1", "cus_2",
    }  # fmt: skip
    assert Seen.SATISFIED is SATISFIED.seen
    store.close()
