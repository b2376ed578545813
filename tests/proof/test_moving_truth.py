"""A business on old prices is brought in as its truth says: nobody pays more."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from eleva_cli.sandbox.fleet.clean import CLEAN
from eleva_cli.sandbox.fleet.conflicts import CONFLICTS
from eleva_cli.sandbox.fleet.subscribers import PAST
from tests.conftest import IN_FULL
from tests.positions import POSITIONS as SWITCHES
from tests.positions import some_at_once
from tests.proof.bringing import PATIENCE_S, Scene
from tests.proof.conftest import Report
from tests.proof.rig import Rig, load_average
from tests.proof.viewing import view

pytestmark = [pytest.mark.proof, pytest.mark.timeout(5_400)]

EVERY_MESS = {*PAST, *CLEAN, *CONFLICTS}
FEW = 100  # where a position of a switch is looked at, not how many there are
GROUPS = 3
# A claim that comes late is waited for.
SOON = {"addon_delay_s": 1.0}
POSITIONS = SWITCHES if IN_FULL else some_at_once(GROUPS)
# The group in which nobody loses the owner's role, where that has no test of its own.
KEEPING = 1


def bring_in(scene: Scene) -> list[str]:
    """Plan, apply, judge, plan again, verify; return figures."""
    began = time.monotonic()
    plan = scene.plan()
    assert plan.code == 0, plan.err
    assert scene.judge.codes(plan.data["findings"]) == {}
    applied = scene.apply()
    assert applied.code == 0, applied.out
    time.sleep(scene.judge.settings.addon_delay_s)
    assert scene.judge.faults(view(scene.ground)) == {}

    again = scene.plan("--check")
    assert (again.code, again.data["data"]["ready"]) == (3, 0)
    looked = scene.verify()
    unexcused = scene.judge.unexcused(looked.data["findings"])
    assert [row for row in unexcused if not _is_switched_off(scene, row)] == []
    expected = Counter(each["expect"] for each in scene.judge.truths.values())
    codes = Counter(one["code"] for one in plan.data["findings"])
    return [
        f"{len(scene.judge.customers)} customers: {dict(sorted(expected.items()))}",
        f"codes: {dict(sorted(codes.items()))}",
        f"previewed by the tool: {plan.data['data']['previews']}; {applied.steps}",
        f"plan {plan.seconds:.0f} s, apply {applied.seconds:.0f} s",
        f"{time.monotonic() - began:.0f} s in all, load {load_average()}",
    ]


def _messes(scene: Scene) -> set[str]:
    """Name all that is amiss with somebody or with a subscription."""
    return {
        each["mess"]
        for each in (*scene.judge.customers.values(), *scene.judge.truths.values())
    }


def _is_switched_off(scene: Scene, row: str) -> bool:
    """Tell whether a flaw is what a switch makes of Stripe or of tokens."""
    settings = scene.judge.settings
    grants = settings.grants_while_trialing and settings.grants_while_past_due
    is_whole = grants and settings.entitlements_in_tokens
    return not is_whole and row.startswith("entitlement-")


def test_every_renewal_is_the_same_to_the_cent(
    rig: Rig, in_full: bool, report: Report
) -> None:
    """No invoice, every role and claim right, the second plan empty, verify clean."""
    size = 10_000 if in_full else 200
    scene = Scene.of(rig, size, 11)
    assert _messes(scene) == EVERY_MESS

    report(f"{size} customers on old prices", bring_in(scene))


@pytest.mark.parametrize("number", range(len(POSITIONS)))
def test_claims_are_right_in_each_position_of_the_switches(
    rig: Rig, in_full: bool, number: int
) -> None:
    """One by one in full; else some at once, so that likes are apart."""
    switches = POSITIONS[number]
    late = {name: value for name, value in SOON.items() if name in switches}
    owners = "keep" if number == KEEPING and not in_full else "replace"
    scene = Scene.of(rig, FEW, 20 + number, owners=owners, **{**switches, **late})
    assert _messes(scene) == EVERY_MESS

    bring_in(scene)


def test_owners_stay_owners_where_they_are_kept(rig: Rig, in_full: bool) -> None:
    """The same business, and nobody loses that role."""
    if not in_full:
        pytest.skip("one of the groups of positions plays it")
    bring_in(Scene.of(rig, FEW, 29, owners="keep"))


def test_near_a_renewal_nothing_is_written_and_the_rest_is_done(
    rig: Rig, in_full: bool
) -> None:
    """Whoever is due within the hour waits, linked and stamped; a resume finds them."""
    scene = Scene.of(rig, 150 if in_full else FEW, 31)
    judge = scene.judge
    judge.waiting = frozenset(
        id_ for id_, truth in judge.truths.items() if truth["mess"] == "due-soon"
    )
    words = (*scene.words, *scene.lowering)
    answer = scene.laptop.start("migrate", "apply", *words).wait(PATIENCE_S)

    held = [one for one in answer.data["data"]["steps"] if one["state"] == "held"]
    assert {one["code"] for one in held} == {"renewal-fence"}, answer.out
    assert len(held) == len(judge.waiting) > 0
    assert judge.faults(view(scene.ground)) == {}
    assert any("run resume" in step for step in answer.next_steps)
