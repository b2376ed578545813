"""A process may end at any point: before or after any request, write or commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.trial import crash_and_resume, every, undisturbed
from tests.engine.world import Plan, clear, link, open_sandbox, seed, stamp

# Every kind of action, a lane that takes its link back, and one that is held.
PLAN: Plan = {
    "cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")],
    "cus_2": [
        link("org_2", "cus_2", before="cus_9"),
        stamp("cus_2", "org_2"),
    ],
    "cus_3": [clear("org_3", "cus_3"), stamp("cus_3", None, before="org_3")],
    "cus_4": [link("org_4", "cus_4"), stamp("cus_4", "org_4")],
    "cus_5": [link("org_5", "cus_5"), stamp("cus_5", "org_5")],
}
EXPECTED = {
    "cus_1": ["verified", "verified"],
    "cus_2": ["verified", "verified"],
    "cus_3": ["verified", "verified"],
    "cus_4": ["undone", "failed", "verified"],
    "cus_5": ["held", "planned"],
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare the services once; each crash starts from a copy."""
    path = tmp_path_factory.mktemp("template") / "services.db"
    sandbox = open_sandbox(path)
    document = seed()
    for org, customer in (("org_2", "cus_9"), ("org_3", "cus_3"), ("org_5", "cus_8")):
        place = int(org[-1]) - 1
        document["workos"]["organizations"][place]["stripe_customer_id"] = customer
    document["stripe"]["customers"][2]["metadata"] = {"workos_org_id": "org_3"}
    sandbox.seed(document)
    assert sandbox.raw("DELETE", "/v1/customers/cus_4").is_success
    store = sandbox.app.extensions["sandbox"].store
    sandbox.app.extensions["sandbox"].log.forget()
    with store.write() as session:
        session.run("DELETE FROM calls")
    store.close()
    return path


def test_an_undisturbed_run_does_what_the_plan_says(
    template: Path, tmp_path: Path
) -> None:
    """The yardstick: each effect once, the lost link taken back."""
    points, (found, effects, writes) = undisturbed(PLAN, template, tmp_path / "calm")

    assert EXPECTED == found
    assert {1} == set(effects.values())
    assert {"PUT /organizations/org_4": 2} == {k: n for k, n in writes.items() if n > 1}
    assert points > 100


@pytest.mark.parametrize("share", range(5))
def test_a_crash_here_and_there(template: Path, tmp_path: Path, share: int) -> None:
    """A few points of the sweep, in every test run."""
    points, expected = undisturbed(PLAN, template, tmp_path / "calm")
    at = 1 + points * (2 * share + 1) // 10

    assert expected == crash_and_resume(PLAN, template, tmp_path / "crash", at)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_crash_everywhere(template: Path, tmp_path: Path, in_full: bool) -> None:
    """A crash at any point, and a resume: the end is that of an undisturbed run."""
    points, expected = undisturbed(PLAN, template, tmp_path / "calm")

    wrong = {
        at: found
        for at in every(points, 1 if in_full else 9)
        if (found := crash_and_resume(PLAN, template, tmp_path / str(at), at))
        != expected
    }

    assert {} == wrong


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_crash_everywhere_and_again(
    template: Path, tmp_path: Path, in_full: bool
) -> None:
    """The resume crashes too, and the one after it comes through."""
    points, expected = undisturbed(PLAN, template, tmp_path / "calm")
    pairs = [
        (first, second)
        for first in every(points, 7 if in_full else 41)
        for second in every(points, 11 if in_full else 43)
    ]

    wrong = {
        pair: found
        for pair in pairs
        if (found := crash_and_resume(PLAN, template, tmp_path / f"{pair}", *pair))
        != expected
    }

    assert {} == wrong
