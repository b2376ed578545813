"""What goes wrong on the way to a service, and that each effect still comes once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from eleva_cli.engine.retry import KEY_LIFE_S
from eleva_cli.errors import ForbiddenError, NotExecutedError, UnauthorizedError
from eleva_cli.journal import runs
from eleva_cli.plan.linking import reverse
from tests.engine.world import Plan, World, by_place, link, seed, stamp, states

LINK: Plan = {"cus_1": [link("org_1", "cus_1")]}
STAMP: Plan = {"cus_1": [stamp("cus_1", "org_1")]}
BOTH: Plan = {"cus_1": [link("org_1", "cus_1"), stamp("cus_1", "org_1")]}
DONE = {"cus_1": ["verified", "verified"]}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "hang", "seconds": 0.01},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 500, "effect": True},
        {"kind": "status", "status": 503, "effect": True, "stored": True},
        {"kind": "status", "status": 502, "body": "<html>", "stored": False},
        {"kind": "status", "status": 408, "effect": True},
        {"kind": "status", "status": 429, "stored": False},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_one_fault_anywhere_is_gone_round(
    world: World, method: str, fault: dict[str, Any]
) -> None:
    """Dropped, hung, refused or failed, before the effect or after it: done once."""
    if fault["kind"] == "hang":
        world.wire.loss = httpx2.ReadTimeout
    world.fault(**{**fault, "method": method})

    _, steps = world.apply(BOTH)

    assert DONE == states(steps)
    assert {"PUT /organizations/org_1": 1, "POST /v1/customers/cus_1": 1} == dict(
        world.writes()
    )
    assert {1} == set(world.effects().values())


def test_a_key_spent_on_a_request_cut_short_is_not_the_end(world: World) -> None:
    """Ours arrived without its body as we died: the object is read, and stamped."""

    def came_in_part(request: httpx2.Request) -> None:
        if request.method == "POST" and len(world.wire.requests) < 2:
            headers = {**request.headers, "content-length": "0"}
            cut = httpx2.Request("POST", request.url, headers=headers)
            world.wire.inner.handle_request(cut).read()

    world.wire.before = came_in_part

    _, steps = world.apply(STAMP)

    assert {"cus_1": ["verified"]} == states(steps)
    assert world.stamped("cus_1") == "org_1"
    assert steps["cus_1", 0].generation == 1


def test_a_stored_500_moves_the_key_on(world: World) -> None:
    """The same key would hear the same 500 for a day; the object is read first."""
    world.fault("status", method="POST", status=500)

    _, steps = world.apply(STAMP)

    assert ({"cus_1": ["verified"]}, 1) == (states(steps), steps["cus_1", 0].generation)
    stripe = [call for call in world.wire.requests if "cus_1" in call[1]]
    wanted = ["GET", "POST", "GET", "POST", "GET"]
    assert wanted == [method for method, _ in stripe]


def test_a_stored_500_of_a_crashed_run_is_not_waited_out(world: World) -> None:
    """The resume sends the old key, hears the stored 500, looks, and moves on."""
    world.fault("status", method="POST", status=500)
    store = world.open()
    run = world.begin(store, STAMP)

    def die(request: httpx2.Request) -> None:
        if request.method == "POST":
            raise MemoryError  # the answer came, and we never heard it

    world.wire.after = die
    with pytest.raises(MemoryError):
        world.engine(store).run(run)
    assert {"cus_1": ["sent"]} == states(by_place(store, run))
    store.close()
    world.wire.after = lambda _: None

    _, steps = world.resume(run)

    assert ({"cus_1": ["verified"]}, 1) == (states(steps), steps["cus_1", 0].generation)


def test_applying_again_after_an_undo_really_applies(world: World) -> None:
    """Within a day Stripe repeats the first answer to the old key, and does nothing."""
    action = stamp("cus_1", "org_1")
    for cycle in range(3):
        _, steps = world.apply({"cus_1": [action]})
        assert {"cus_1": ["verified"]} == states(steps)
        assert cycle == steps["cus_1", 0].generation
        assert "org_1" == world.stamped("cus_1")

        world.apply({"cus_1": [reverse(action)]})
        assert world.stamped("cus_1") is None

    assert {3} == set(world.effects().values())


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("age_s", [KEY_LIFE_S - 60, KEY_LIFE_S + 60])
def test_an_old_key_is_not_trusted(world: World, age_s: float, is_there: bool) -> None:
    """Read first at any age; past 20 hours a new key where the effect is missing."""
    store = world.open()
    run = world.begin(store, STAMP)
    setattr(world.wire, "after" if is_there else "before", _die_at_post)
    with pytest.raises(MemoryError):
        world.engine(store).run(run)
    store.close()
    world.wire.after = world.wire.before = lambda _: None
    world.clock.advance(age_s)
    world.wire.requests.clear()

    _, steps = world.resume(run)

    is_old = age_s > KEY_LIFE_S
    assert world.wire.requests[0][0] == "GET"
    assert 1 == world.writes()["POST /v1/customers/cus_1"]
    assert {"cus_1": ["verified"]} == states(steps)
    assert (1 if is_old and not is_there else 0) == steps["cus_1", 0].generation


def _die_at_post(request: httpx2.Request) -> None:
    if request.method == "POST":
        raise MemoryError


def test_a_key_keeps_its_age_when_it_is_sent_again(world: World) -> None:
    """Two crashes nineteen hours apart do not make a key younger."""
    store = world.open()
    run = world.begin(store, STAMP)
    world.wire.before = _die_at_post
    first = world.clock.now()
    for _ in range(2):
        with pytest.raises(MemoryError):
            world.engine(store).run(run)
        world.clock.advance(KEY_LIFE_S - 600)

    sent_at = by_place(store, run)["cus_1", 0].sent_at

    assert sent_at is not None
    assert sent_at - first < 60
    store.close()


@pytest.mark.parametrize("has_retry_after", [True, False])
def test_a_refusal_waits_at_least_as_long_as_it_says(
    world: World, has_retry_after: bool
) -> None:
    """429: the same key, after Retry-After or after half a second and more."""
    world.sandbox.post(
        "settings",
        limits_enabled=True,
        limits={"POST /v1/customers/{id}": 0.005},
        retry_after_present=has_retry_after,
    )
    waits: list[float] = []
    began = world.clock.monotonic()

    def lift(request: httpx2.Request) -> None:
        if request.method == "POST":
            waits.append(world.clock.monotonic() - began)
            if len(waits) == 3:
                world.sandbox.post("settings", limits_enabled=False)

    world.ports.stripe.update_customer("cus_6", {"a": "b"}, key="uses the bucket up")
    world.wire.before = lift

    _, steps = world.apply(STAMP)

    assert ({"cus_1": ["verified"]}, 0) == (states(steps), steps["cus_1", 0].generation)
    assert 3 == len(waits)
    assert waits[1] - waits[0] >= (150 if has_retry_after else 0.3)


def test_an_object_that_is_locked_is_tried_again(world: World) -> None:
    """Stripe's lock_timeout ran nothing: same key, no look."""
    body = '{"error": {"code": "lock_timeout", "type": "invalid_request_error"}}'
    world.fault("status", method="POST", status=429, body=body, stored=False, count=2)

    _, steps = world.apply(STAMP)

    assert {"cus_1": ["verified"]} == states(steps)
    assert 0 == steps["cus_1", 0].generation


def test_a_link_is_looked_at_again_after_a_wait(world: World) -> None:
    """Somebody links the organization while we wait out a 429: not overwritten."""
    world.fault("status", method="PUT", status=429)

    def meanwhile(request: httpx2.Request) -> None:
        if request.method == "PUT":
            world.wire.after = lambda _: None
            world.ports.workos.set_link("org_1", "cus_6")

    world.wire.after = meanwhile

    _, steps = world.apply(LINK)

    assert {"cus_1": ["held"]} == states(steps)
    assert "cus_6" == world.linked("org_1")


def test_a_service_that_is_not_there_stops_the_run(world: World) -> None:
    """Connections that never open: nothing was sent, and all of it is left planned."""

    def refuse(request: httpx2.Request) -> None:
        raise httpx2.ConnectError("refused", request=request)

    world.wire.before = refuse

    report, steps = _run_only(world, BOTH)

    assert isinstance(report.stopped_by, NotExecutedError)
    assert {"cus_1": ["planned", "planned"]} == states(steps)
    world.wire.before = lambda _: None
    _, steps = world.resume(report.run)
    assert DONE == states(steps)


def test_a_short_outage_after_many_refusals_does_not_stop_the_run(
    world: World,
) -> None:
    """Each sort of failure is counted alone: ten times 429, then one lost line."""
    world.fault("status", method="POST", status=429, stored=False, count=10)
    tries = 0

    def refuse_once(request: httpx2.Request) -> None:
        nonlocal tries
        tries += request.method == "POST"
        if tries == 11:
            tries += 1
            raise httpx2.ConnectError("refused", request=request)

    world.wire.before = refuse_once

    report, steps = _run_only(world, STAMP)

    assert report.stopped_by is None
    assert {"cus_1": ["applied"]} == states(steps)


@pytest.mark.parametrize(
    ("method", "status", "body", "kind"),
    [
        ("PUT", 401, None, UnauthorizedError),
        ("POST", 401, None, UnauthorizedError),
        ("GET", 401, None, UnauthorizedError),
        ("PUT", 403, None, ForbiddenError),
        ("POST", 403, None, ForbiddenError),
        (
            "PUT",
            422,
            '{"message": "stripe_customer_id is not enabled for this environment"}',
            ForbiddenError,
        ),
    ],
)
def test_a_refusal_of_our_key_stops_the_run(
    world: World, method: str, status: int, body: str | None, kind: type[Exception]
) -> None:
    """401, 403 and the add-on being off are about us: the step goes back in line."""
    world.fault("status", method=method, status=status, body=body, count=99)
    others = {f"cus_{n}": [link(f"org_{n}", f"cus_{n}")] for n in range(2, 6)}

    report, steps = _run_only(world, {**BOTH, **others})

    assert isinstance(report.stopped_by, kind)
    assert not report.interrupted
    assert {"planned", "applied"} >= {step.state for step in steps.values()}
    stopped = [step for step in steps.values() if step.code]
    assert 1 == len(stopped)
    assert stopped[0].sent_at is None


def test_a_refusal_after_a_lost_answer_leaves_the_step_sent(world: World) -> None:
    """The key was revoked while a send was in doubt: the resume must find it out."""
    world.fault("drop_after", method="PUT")
    world.sandbox.post(
        "faults", kind="status", method="GET", status=401, skip=1, count=99
    )

    report, steps = _run_only(world, LINK)

    assert isinstance(report.stopped_by, UnauthorizedError)
    assert {"cus_1": ["sent"]} == states(steps)
    world.sandbox.http.delete(f"{world.sandbox.base_url}/_sandbox/faults")
    _, steps = world.resume(report.run)
    assert {"cus_1": ["verified"]} == states(steps)
    assert 1 == world.writes()["PUT /organizations/org_1"]


def test_a_step_whose_effect_cannot_be_found_out_is_in_doubt(world: World) -> None:
    """Sent, no answer, and no read succeeds: in doubt, and never failed."""
    world.fault("drop_after", method="PUT")
    world.sandbox.post(
        "faults", kind="status", method="GET", status=500, skip=1, count=99
    )

    _, steps = _run_only(world, LINK)

    assert {"cus_1": ["in_doubt"]} == states(steps)
    world.sandbox.http.delete(f"{world.sandbox.base_url}/_sandbox/faults")
    _, steps = world.resume(steps["cus_1", 0].run)
    assert {"cus_1": ["verified"]} == states(steps)
    assert {1} == set(world.effects().values())


def test_a_storm_of_faults_costs_no_effect_and_doubles_none(
    worlds: Callable[[int], World],
) -> None:
    """A third of all calls fail somehow, four at once: each effect comes once."""
    world = worlds(4)
    world.sandbox.seed(seed(30))
    faults: tuple[dict[str, Any], ...] = (
        {"kind": "drop_after"},
        {"kind": "drop_before"},
        {"kind": "status", "status": 500, "effect": True},
        {"kind": "status", "status": 429},
    )
    for number, fault in enumerate(faults):
        world.fault(**fault, probability=0.08, seed=number, count=10_000)

    report, _ = _run_only(
        world,
        {
            f"cus_{n}": [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}")]
            for n in range(1, 31)
        },
    )
    world.sandbox.http.delete(f"{world.sandbox.base_url}/_sandbox/faults")
    # a step whose every look met a fault has failed with nothing sent
    _, steps = world.resume(report.run, retry_failed=True)

    assert {step.state for step in steps.values()} <= {"verified", "unchanged"}
    assert 60 == len(world.effects())
    assert {1} == set(world.effects().values())
    assert {1} == set(world.writes().values())


def _run_only(world: World, plan: Plan) -> Any:
    """Run without reading back."""
    store = world.open()
    run = world.begin(store, plan)
    report = world.engine(store).run(run)
    runs.finish(store, run, "open", now=world.clock.now(), note="")
    steps = by_place(store, run)
    store.close()
    return report, steps
