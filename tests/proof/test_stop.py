"""Stopped by the operator, by a service or by a second run: it says so, and goes on."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from eleva_cli.sandbox import keys
from tests.proof.ground import BUSY, JITTER_MS, LATENCY_MS, Ground, wait_for
from tests.proof.rig import Answer, Child, Laptop, Reference, Rig

pytestmark = [pytest.mark.proof, pytest.mark.timeout(240)]

PEOPLE, SEED = 50, 21
PATIENCE_S = 30.0
PROMPT_S = 5.0
RESUME = "eleva run resume run-1"
IN_SHORT = {"test_a_second_signal_leaves_at_once"}


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Reference]:
    """Keep what the business becomes when nothing is in the way."""
    return {}


@pytest.fixture
def reference(rig: Rig, undisturbed: dict[str, Reference]) -> Reference:
    if not undisturbed:
        undisturbed["it"] = rig.undisturbed(PEOPLE, SEED)
    return undisturbed["it"]


@pytest.fixture(autouse=True)
def only_in_full(request: pytest.FixtureRequest, in_full: bool) -> None:
    """Leave to the short form what is named for it: each of these takes seconds."""
    if not in_full and request.node.originalname not in IN_SHORT:
        pytest.skip("only with ELEVA_PROOF=full")


@pytest.fixture
def ground(rig: Rig) -> Ground:
    return rig.ground(PEOPLE, SEED, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)


@pytest.fixture
def laptop(rig: Rig, ground: Ground) -> Laptop:
    return rig.laptop(ground)


def at_work(laptop: Laptop, ground: Ground) -> Child:
    """Start an apply and wait until it is in the middle of writing."""
    child = laptop.start("migrate", "apply", "--only", "links")
    is_busy = wait_for(
        lambda: ground.count_effects() > BUSY and ground.in_flight > BUSY, PATIENCE_S
    )
    assert is_busy, child.wait()
    return child


def ends_well(answer: Answer, ground: Ground, same: Reference) -> None:
    """Assert that this was the end of it, as if nothing had been in the way."""
    assert answer.code == 0, answer
    same.compare(ground)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_drains_and_prints_the_way_on(
    number: signal.Signals, laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """What was sent is awaited, nothing more is begun, and 130 names the resume."""
    child = at_work(laptop, ground)
    at = child.send(number)
    stopped = child.wait()
    left_behind = ground.in_flight
    late = ground.log().writes_begun_after(at + 0.5)

    assert (stopped.code, stopped.next_steps) == (130, [RESUME])
    assert "sent" not in stopped.steps
    assert (left_behind, late) == (0, [])
    ends_well(laptop.follow(RESUME), ground, reference)


def test_a_second_signal_leaves_at_once(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """It does not wait for slow answers; what they did is found by the resume."""
    child = at_work(laptop, ground)
    ground.switch(latency_ms=4000)
    time.sleep(1.0)  # by now only slow answers are awaited
    child.send(signal.SIGINT)
    time.sleep(0.3)
    at = child.send(signal.SIGINT)
    stopped = child.wait()
    took_s = time.time() - at
    ground.switch(latency_ms=LATENCY_MS)

    assert stopped.code == 130
    assert took_s < 1.0
    assert ground.in_flight > 0
    wait_for(lambda: ground.in_flight == 0, PATIENCE_S)
    ends_well(laptop.run("run", "resume"), ground, reference)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_observing_ends_before_anything_is_written(
    number: signal.Signals, laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """130, no run, no effect; the same command starts it again."""
    child = laptop.start("migrate", "apply", "--only", "links")
    assert wait_for(lambda: ground.in_flight > BUSY, PATIENCE_S)
    at = child.send(number)
    stopped = child.wait()

    assert stopped.code == 130
    assert time.time() - at < PROMPT_S
    assert ground.count_effects() == 0
    ends_well(laptop.run("migrate", "apply", "--only", "links"), ground, reference)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_reading_back_prints_the_way_on(
    number: signal.Signals, laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """Everything is written and not yet read back: 130 and the resume."""
    child = laptop.start("migrate", "apply", "--only", "links")
    wait_for(lambda: ground.count_effects() == reference.changes.total(), PATIENCE_S)
    wait_for(lambda: ground.in_flight == 0, PATIENCE_S)
    assert wait_for(lambda: ground.in_flight > 0, PATIENCE_S)
    child.send(number)
    stopped = child.wait()

    assert stopped.code == 130
    assert stopped.next_steps == [RESUME]
    ends_well(laptop.run("run", "resume"), ground, reference)


REVOKED = {"stripe_keys": {"sk_test_another": []}, "workos_keys": ["sk_test_another"]}
RESTORED = {"stripe_keys": {keys.STRIPE_KEY: []}, "workos_keys": [keys.WORKOS_KEY]}


@pytest.mark.parametrize("name", sorted(REVOKED))
def test_a_revoked_key_stops_the_run_until_it_is_restored(
    name: str, laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """Exit 10, what was refused is not taken for failed, and a resume finishes."""
    child = at_work(laptop, ground)
    ground.switch(**{name: REVOKED[name]})
    stopped = child.wait()
    again = laptop.run("run", "resume")
    ground.switch(**{name: RESTORED[name]})

    assert (stopped.code, stopped.next_steps) == (10, [RESUME])
    assert "failed" not in stopped.steps
    assert again.code == 10
    ends_well(laptop.follow(RESUME), ground, reference)


def test_a_short_outage_is_ridden_out(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """The services are gone for some seconds and come back: the run goes on."""
    child = at_work(laptop, ground)
    ground.stop()
    time.sleep(2.0)
    ground.start()

    ends_well(child.wait(), ground, reference)


def test_a_long_outage_ends_in_part_and_is_resumed(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """The services stay away: exit 5 with the resume; while away, 6."""
    child = at_work(laptop, ground)
    ground.stop()
    stopped = child.wait(120)
    again = laptop.run("run", "resume")
    ground.start()

    assert (stopped.code, stopped.next_steps) == (5, [RESUME])
    assert "failed" not in stopped.steps
    assert again.code == 6
    ends_well(laptop.follow(RESUME), ground, reference)


def test_nobody_to_ask_is_no_yes(laptop: Laptop, ground: Ground) -> None:
    """With stdin closed an unconfirmed apply is refused and names the flag."""
    refused = laptop.run("migrate", "apply", "--only", "links", yes=False, stdin=False)

    assert refused.code == 4
    assert "--yes" in refused.data["errors"][0]["hint"]
    assert ground.count_effects() == 0


def test_a_closed_stdin_does_no_harm(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """As cron and CI start it."""
    answer = laptop.run("migrate", "apply", "--only", "links", stdin=False)

    ends_well(answer, ground, reference)


def test_a_second_run_in_the_same_folder_is_told_who_is_first(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """Exit 11 with host, process and since when; reading is not refused."""
    first = at_work(laptop, ground)
    second, third = (
        laptop.run("migrate", "apply", "--only", "links"),
        laptop.run("run", "resume"),
    )
    reading = laptop.run("run", "list")
    plan = laptop.run("migrate", "plan", "--only", "links")

    for refused in (second, third):
        (error,) = refused.data["errors"]
        assert (refused.code, error["code"]) == (11, "run-locked")
        for fact in (socket.gethostname(), str(first.process.pid), "since"):
            assert fact in error["message"]
    assert (reading.code, plan.code) == (0, 0)
    ends_well(first.wait(), ground, reference)


def test_a_second_run_is_told_who_is_first_before_anything_is_written(
    laptop: Laptop, ground: Ground
) -> None:
    """The first one still observes, and has no run in the journal yet."""
    ground.switch(latency_ms=1500)
    first = laptop.start("migrate", "apply", "--only", "links")
    assert wait_for(lambda: ground.in_flight > 1, PATIENCE_S)
    refused = laptop.run("migrate", "apply", "--only", "links")
    first.kill()

    (error,) = refused.data["errors"]
    assert (refused.code, error["code"]) == (11, "run-locked")
    assert str(first.process.pid) in error["message"]


def test_an_open_run_keeps_a_new_one_from_starting(
    laptop: Laptop, ground: Ground, reference: Reference
) -> None:
    """After a kill, apply is refused and names the resume; then it is resumed."""
    at_work(laptop, ground).kill()
    ground.settle()
    changed = ground.count_effects()
    refused = laptop.run("migrate", "apply", "--only", "links")

    assert (refused.code, refused.data["errors"][0]["code"]) == (4, "run-open")
    assert RESUME in refused.data["errors"][0]["hint"]
    assert ground.count_effects() == changed
    ends_well(laptop.run("run", "resume"), ground, reference)
