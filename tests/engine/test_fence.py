"""Near a renewal a step waits: in its run, as long as that lasts, or for a resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.engine.run import LONGEST_HOLD_S
from eleva_cli.journal import runs
from eleva_cli.plan import Action, SetRole
from eleva_cli.ports import Membership
from tests.clock import START
from tests.engine.test_threads import Desk, a_link, a_stamp, lanes_alive
from tests.engine.till import SUB, Till, move
from tests.engine.world import states

NOW = int(START)
FENCE_S = 60
ROLE = SetRole(
    membership="om_1",
    organization="org_0",
    user="user_1",
    before=("member",),
    after=("expert",),
    lowers=False,
    reason="test",
)


@pytest.fixture
def till() -> Till:
    made = Till()
    made.members["om_1"] = Membership(
        id="om_1",
        user="user_1",
        organization="org_0",
        status="active",
        role="member",
        directory_managed=False,
    )
    return made


@pytest.fixture
def desk(tmp_path: Path, till: Till) -> Iterator[Desk]:
    made = Desk(tmp_path / "journal.db", services=till)
    yield made
    made.store.close()
    assert [] == lanes_alive()


def renews(till: Till, at: int) -> None:
    """Have the subscription renew then; its next period is a month later."""
    item = till.subscriptions[SUB].items[0]
    till.put(items=(replace(item, period_start=at, period_end=at + 30 * 86_400),))


def revise(_number: int) -> Action:
    return move(fence_s=FENCE_S)


def role(_number: int) -> Action:
    return ROLE


def test_a_step_near_a_renewal_is_done_in_the_same_run(desk: Desk, till: Till) -> None:
    """Link and stamp go first; price and role wait, once each, until it is over."""
    renews(till, NOW)
    run = desk.begin(1, a_link, a_stamp, revise, role)
    report = desk.run(run)

    assert {"applied": 4} == report.counts
    assert 1 == till.done.count(f"revise {SUB}")
    assert NOW + FENCE_S <= desk.clock.now() <= NOW + FENCE_S + 5
    assert 4 == desk.progress.count
    assert {None} == {step.code for step in desk.steps(run).values()}


def test_a_run_with_nothing_else_to_do_does_not_wait_for_long(
    desk: Desk, till: Till
) -> None:
    """It ends with the step held, which says until when; a resume takes it up."""
    far = int(LONGEST_HOLD_S)
    renews(till, NOW + far)
    run = desk.begin(1, a_link, a_stamp, lambda _: move(fence_s=2 * far), role)
    report = desk.run(run)

    assert {"applied": 2, "held": 1, "planned": 1} == report.counts
    assert desk.clock.now() < NOW + 60
    step = desk.steps(run)["cus_0", 2]
    assert ("renewal-fence", NOW + 3 * far) == (step.code, step.due_at)
    assert "not touched until 2026-01-01 00:45 UTC" in (step.message or "")
    assert runs.has_due(desk.store, run)
    assert 2 == runs.unfinished(desk.store, run)  # the two that nobody has read back

    desk.clock.advance(3 * far)
    runs.take_over(desk.store, run, now=desk.clock.now(), retry_failed=False)
    assert {"applied": 4} == desk.run(run).counts
    assert not runs.has_due(desk.store, run)


def test_a_resume_that_comes_too_early_waits_again(desk: Desk, till: Till) -> None:
    """Nothing is written, and it is held as before."""
    renews(till, NOW)
    run = desk.begin(1, lambda _: move(fence_s=7200))
    desk.run(run)
    runs.take_over(desk.store, run, now=desk.clock.now(), retry_failed=False)
    report = desk.run(run)

    assert {"held": 1} == report.counts
    assert [] == till.done


def test_a_long_run_takes_up_what_was_held_for_long(desk: Desk, till: Till) -> None:
    """While it has other lanes to do, however long the hold was."""
    fence_s = int(3 * LONGEST_HOLD_S)
    renews(till, NOW)
    run = desk.begin(1, lambda _: move(fence_s=fence_s))
    with desk.store.write():
        for number in range(1, 60):
            runs.add_steps(desk.store, run, f"cus_{number}", [a_link(number)])

    def dawdle(call: str) -> None:
        if call.startswith("link"):
            desk.clock.advance(60)

    till.hear = dawdle
    report = desk.run(run, 1)

    assert desk.clock.now() >= NOW + fence_s
    assert {"applied": 60} == report.counts


def test_who_held_one_keeps_no_other_off(desk: Desk, till: Till) -> None:
    """While it waits, another run may have the lane."""
    renews(till, NOW)
    run = desk.begin(1, lambda _: move(fence_s=7200))
    desk.run(run)

    assert 0 == desk.store.value("select count(*) from leases")
    assert {"cus_0": ["held"]} == states(desk.steps(run))
