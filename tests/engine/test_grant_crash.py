"""A grant may die anywhere, and be finished by anybody: there is only ever one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eleva_cli.invite import Wish
from eleva_cli.plan import Action
from tests.engine.grants import (
    FARTHER,
    GRANTED,
    OLD,
    ORG,
    another,
    at_once,
    behind,
    decided,
    grant,
    remember,
    standing,
    template,
    wish,
)
from tests.engine.trial import Trial, crash_and_resume, every, undisturbed
from tests.engine.world import Fate, Plan, World, copied

FRESH, KNOWN = "fresh", "known"
STARTS = pytest.mark.parametrize("start", [FRESH, KNOWN])
ONE = ("customers", "charged", "linked", "stamped")
Templates = dict[str, Path]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """An expert nobody at Stripe knows, and one with a customer that is not linked."""
    folder = tmp_path_factory.mktemp("templates")
    return {
        FRESH: template(folder / "fresh.db"),
        KNOWN: template(folder / "known.db", OLD),
    }


@pytest.fixture(scope="module")
def plans(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Plan]:
    folder = tmp_path_factory.mktemp("plans")
    found: dict[str, Plan] = {}
    for start, path in templates.items():
        with here(path, folder / start) as world:
            decision, _ = decided(world, wish())
            found[start] = {decision.lane: list[Action](decision.actions)}
    return found


@contextmanager
def here(path: Path, folder: Path) -> Iterator[World]:
    world = World(copied(path, folder))
    yield world
    world.close()


def outcome(trial: Trial) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Give how the services stand, and whether the run came to its end."""
    steps, _, _ = trial.outcome()
    return steps, standing(trial.world)


@STARTS
def test_an_undisturbed_grant(
    start: str, plans: dict[str, Plan], templates: Templates, tmp_path: Path
) -> None:
    """The yardstick: one customer, linked and stamped, one subscription, the role."""
    points, (steps, stands) = undisturbed(
        plans[start], templates[start], tmp_path / "calm", outcome
    )

    assert stands == GRANTED
    assert list(steps.values()) == [["verified"] * 4]
    assert points > 40


def wrong(
    start: str, plans: dict[str, Plan], templates: Templates, folder: Path, points: Any
) -> dict[int, object]:
    """Crash at these points, each time resume, and return what is not as it should."""
    found: dict[int, object] = {}
    for at in points:
        steps, stands = crash_and_resume(
            plans[start], templates[start], folder / str(at), at, outcome=outcome
        )
        if stands != GRANTED or set(*steps.values()) != {"verified"}:
            found[at] = (steps, stands)
    return found


@STARTS
def test_a_crash_here_and_there(
    start: str, plans: dict[str, Plan], templates: Templates, tmp_path: Path
) -> None:
    """A few points of the sweep, in every test run."""
    assert wrong(start, plans, templates, tmp_path, (7, 24, 41)) == {}


@pytest.mark.proof
@pytest.mark.timeout(900)
@STARTS
def test_a_crash_anywhere(
    start: str, plans: Any, templates: Templates, tmp_path: Path, in_full: bool
) -> None:
    """At any write, commit or request, and a resume: as if undisturbed."""
    points, _ = undisturbed(plans[start], templates[start], tmp_path / "calm", outcome)

    rest = every(points, 1 if in_full else 23)
    assert wrong(start, plans, templates, tmp_path, rest) == {}


def elsewhere(
    start: str, plans: dict[str, Plan], templates: Templates, folder: Path, at: int
) -> Any:
    """Die at a point; another machine grants anew; then the first one is resumed."""
    trial = Trial(plans[start], templates[start], folder)
    trial.live(at, first=True)
    trial.world.fate = trial.world.wire.fate = Fate()
    machine = another(trial.world)
    grant(machine, wish())
    between = standing(trial.world)
    machine.ports.close()
    trial.live(None, first=False)
    _, end = outcome(trial)
    trial.world.close()
    return between, end


@STARTS
@pytest.mark.parametrize("at", [12, 33])
def test_another_machine_finishes_it(
    start: str, at: int, plans: Any, templates: Templates, tmp_path: Path
) -> None:
    """From what is there, without the journal; and the first one may come back."""
    found = elsewhere(start, plans, templates, tmp_path / "crash", at)

    assert found == (GRANTED, GRANTED)


@pytest.mark.proof
@pytest.mark.timeout(900)
@STARTS
def test_another_machine_finishes_it_wherever_it_died(
    start: str, plans: Any, templates: Templates, tmp_path: Path, in_full: bool
) -> None:
    """At any point."""
    points, _ = undisturbed(plans[start], templates[start], tmp_path / "calm", outcome)
    found = {
        at: ends
        for at in every(points, 1 if in_full else 23)
        if (ends := elsewhere(start, plans, templates, tmp_path / str(at), at))
        != (GRANTED, GRANTED)
    }

    assert found == {}


def dropping(at: int) -> Callable[[httpx2.Request], None]:
    """Lose one answer on the way back: the effect is there, and nobody was told."""
    count = 0

    def lose(request: httpx2.Request) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise httpx2.RemoteProtocolError("dropped", request=request)

    return lose


def without(path: Path, folder: Path, at: int, *, foresees: bool) -> tuple[Any, int]:
    with here(path, folder) as world:
        world.wire.after = dropping(at)
        states = grant(world, wish(), foresees=foresees)
        stands = standing(world)
        assert set(states) == {"verified"}, (at, states)
        return stands, len(world.wire.requests)


@pytest.mark.parametrize("at", range(7, 11))
def test_the_answer_of_a_write_is_lost(
    templates: Templates, tmp_path: Path, at: int
) -> None:
    """What was done is found, not done twice."""
    found, _ = without(templates[FRESH], tmp_path / "a", at, foresees=True)

    assert found == GRANTED


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("foresees", [True, False])
@STARTS
def test_any_answer_is_lost(
    start: str, templates: Templates, tmp_path: Path, in_full: bool, foresees: bool
) -> None:
    """Each in turn, of reads and of writes."""
    _, count = without(templates[start], tmp_path / "calm", 0, foresees=foresees)
    found = {
        at: stands
        for at in every(count, 1 if in_full else 9)
        if (
            stands := without(
                templates[start], tmp_path / str(at), at, foresees=foresees
            )[0]
        )
        != GRANTED
    }

    assert found == {}


SAME = [wish(), wish()]
PAIRS = {
    "same": SAME,
    "ends": [wish(), wish(until=FARTHER)],
    "tiers": [wish(), wish("top")],
    "endless": [wish(until=None), wish("top", FARTHER)],
    "three": [wish(), wish(), wish("top")],
}


def once(found: dict[str, Any], wishes: list[Wish]) -> bool:
    """Tell whether there is one of all, and as one of the admins wished."""
    (sub,) = found["subscriptions"]
    ends = {one.until for one in wishes}
    keys = {one.offer.key for one in wishes}
    roles = {(one.offer.role,) for one in wishes}
    return (
        {name: found[name] for name in ONE} == {name: GRANTED[name] for name in ONE}
        and sub[0] == "active"
        and sub[1] in ends
        and sub[2][0] in keys
        and found["roles"] in roles
    )


def compete(
    templates: Templates, folder: Path, wishes: list[Wish], seed: int
) -> dict[str, Any]:
    start = (FRESH, KNOWN)[seed % 2]
    with here(templates[start], folder / str(seed)) as world:
        states = at_once(world, wishes, seed)
        found = standing(world)
        assert once(found, wishes), (seed, states, found)
        return found


@pytest.mark.parametrize("pair", PAIRS)
def test_admins_at_once_on_several_machines(
    pair: str, templates: Templates, tmp_path: Path
) -> None:
    """In any order of their requests: one customer, one subscription, no bill."""
    found = compete(templates, tmp_path, PAIRS[pair], len(pair))

    assert found == GRANTED or pair != "same"


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("pair", PAIRS)
def test_admins_at_once_in_any_order(
    pair: str, templates: Templates, tmp_path: Path, in_full: bool
) -> None:
    """Many orders."""
    for seed in range(10, 60 if in_full else 11):
        found = compete(templates, tmp_path, PAIRS[pair], seed)
        assert found == GRANTED or pair != "same", seed


def test_a_grant_that_was_revoked_is_not_brought_back(
    plans: Any, templates: Templates, tmp_path: Path
) -> None:
    """Died after the request; finished and revoked elsewhere; then resumed."""
    trial = Trial(plans[FRESH], templates[FRESH], tmp_path / "crash")

    def die(request: httpx2.Request) -> None:
        if (request.method, request.url.path) == ("POST", "/v1/subscriptions"):
            trial.world.fate.at = trial.world.fate.seen + 1

    trial.world.wire.after = die
    assert trial.live(None, first=True) is None
    machine = another(trial.world)
    grant(machine, wish())
    (made,) = subs_of(machine)
    machine.ports.stripe.cancel_subscription(made, note="by rita")
    machine.ports.close()
    trial.world.wire.after = lambda _: None
    trial.live(None, first=False)
    states, found = outcome(trial)
    trial.world.close()

    assert [status for status, *_ in found["subscriptions"]] == ["canceled"]
    assert next(iter(states.values()))[2] == "held"


def subs_of(world: World) -> list[str]:
    linked = world.ports.workos.organization(ORG).stripe_customer_id
    found = world.ports.stripe.subscriptions_of(linked) if linked else ()
    return [one.id for one in found]


def test_lists_that_are_behind_double_nothing(
    templates: Templates, tmp_path: Path
) -> None:
    """Two admins, one after the other, and no list shows what the first has made."""
    with here(templates[FRESH], tmp_path / "a") as world:
        remember(world)
        grant(world, wish())
        machine = another(world)
        behind(world, 3, "/v1/customers", f"/organizations/{ORG}")
        states = grant(machine, wish(until=FARTHER))
        found = standing(world)
        machine.ports.close()

        assert found == GRANTED, states


def test_a_grant_to_a_customer_of_another_organization_leaves_no_trace(
    tmp_path: Path,
) -> None:
    """Nothing says so but the other's link, which refuses ours: the stamp goes off."""
    with here(template(tmp_path / "t.db", OLD), tmp_path / "a") as world:
        world.sandbox.seed({
            "workos": {
                "organizations": [
                    {"id": "org_2", "name": "P", "stripe_customer_id": "cus_1"}
                ]
            }
        })  # fmt: skip
        before = world.ports.stripe.customer("cus_1").metadata
        states = grant(world, wish())

        assert states == {"undone": 1, "failed": 1, "planned": 2, "verified": 1}
        assert world.ports.stripe.customer("cus_1").metadata == before
        assert subs_of(world) == []
