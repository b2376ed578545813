"""Planning against fleets whose truth was written before their mess was made."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.inputs import mapping
from eleva_cli.journal import plans
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.observe.claims import Scope
from eleva_cli.planning import CHUNK, Planned, Planning, Wishes
from eleva_cli.progress import SilentProgress
from eleva_cli.sandbox.fleet import Fleet, generate
from eleva_cli.sandbox.fleet.world import World
from tests.clock import FakeClock
from tests.filled_snapshots import ACCOUNT, filled, no_services
from tests.fleet_world import Office, mapping_file, opened
from tests.positions import POSITIONS, some_at_once

Report = Callable[[str, Sequence[str]], None]
SMALL = 300
FEW = 60
GROUPS = 4
WAYS: dict[str, Scope] = {
    "expect": Scope(),
    "expect_match_email": Scope(match_email=True),
    "expect_owner_policy": Scope(organization_policy="owner"),
    "expect_without_mapping": Scope(),
}


def wishes(way: str, path: Path) -> Wishes:
    """Ask as this column of the truth was meant."""
    told = None if way == "expect_without_mapping" else path
    return Wishes(scope=WAYS[way], mapping=told)


def differences(found: dict[str, str], fleet: Fleet, way: str) -> Counter[Any]:
    """Count what was decided otherwise than the truth says, by its mess."""
    wrong: Counter[Any] = Counter()
    truths = fleet.truth["customers"]
    for customer, truth in truths.items():
        outcome = found.get(customer, "out-of-scope")
        if outcome != truth[way]:
            wrong[truth["mess"], truth[way], outcome] += 1
    for lane in found.keys() - truths.keys():
        wrong["nobody's", "", found[lane]] += 1
    return wrong


def strangers(office: Office, fleet: Fleet, plan: Planned) -> dict[str, str]:
    """Return the findings at organizations: lanes of customers that are not there."""
    rows = plans.lanes(office.store, plan.plan, state="held")
    known = fleet.truth["organizations"]
    held = {(row.organization or "", row.held or "") for row in rows}
    return {
        name: code for name, code in held if code == known.get(name, {}).get("finding")
    }


def wrong_links(office: Office, fleet: Fleet) -> list[str]:
    """Return links that the world has and the truth has not."""
    truths = fleet.truth["customers"]
    wrong = []
    after = None
    while True:
        page = office.ports.workos.organizations(after)
        for row in page.rows:
            truth = truths.get(row.stripe_customer_id or "")
            was_made_by_us = truth and truth["expect"] in ("link", "stamp", "linked")
            if was_made_by_us and truth["true_organization"] != row.id:
                wrong.append(f"{row.id} carries {row.stripe_customer_id}")
        after = page.after
        if after is None:
            return wrong


def judge(
    folder: Path, fleet: Fleet, ways: Sequence[str], **switches: Any
) -> list[str]:
    """Plan each way, apply once, plan and apply again; return figures."""
    path = mapping_file(fleet, folder)
    figures = []
    with opened(folder, fleet.document, switches=switches) as office:
        for way in ways:
            start = time.perf_counter()
            plan = office.plan(wishes(way, path))
            found = office.outcomes(plan.plan)
            absent = {c for c in found if c not in fleet.truth["customers"]}
            seen = {c: o for c, o in found.items() if c not in absent}
            assert differences(seen, fleet, way) == {}
            assert {found[c] for c in absent} <= {
                "held:customer-missing",
                "held:mode-mismatch",
            }
            expected = {
                name: each["finding"]
                for name, each in fleet.truth["organizations"].items()
            }
            assert strangers(office, fleet, plan) == expected
            took = time.perf_counter() - start
            figures.append(f"{way}: {len(found)} lanes in {took:.1f} s")
        figures += applied_twice(office, fleet, path)
    return figures


def applied_twice(office: Office, fleet: Fleet, path: Path) -> list[str]:
    plan = office.plan(wishes("expect", path))
    steps = office.apply(plan.plan)
    assert set(steps) == {"applied"}
    assert wrong_links(office, fleet) == []
    expected = Counter(t["expect"] for t in fleet.truth["customers"].values())
    effects = office.effects()
    written = Counter(effect["kind"] for effect in effects)
    assert written["organization"] == expected["link"]
    assert len({effect["id"] for effect in effects}) == len(effects)

    again = office.plan(wishes("expect", path))
    outcomes = Counter(office.outcomes(again.plan).values())
    assert not outcomes.keys() & {"link", "stamp"}
    assert office.apply(again.plan) == {}
    assert office.effects() == effects
    return [f"{len(effects)} writes, and none when applied again"]


def test_a_small_fleet_is_planned_as_its_truth_says(tmp_path: Path) -> None:
    """Every true link, no wrong one, every conflict by its name."""
    judge(tmp_path, generate(SMALL // 2), ["expect"])


@pytest.mark.proof
@pytest.mark.parametrize("switches", POSITIONS, ids=lambda each: next(iter(each)))
def test_the_truth_holds_in_every_position(
    tmp_path: Path, switches: dict[str, Any]
) -> None:
    """Whatever the undocumented facts turn out to be, the same links are made."""
    judge(tmp_path, generate(FEW, seed=5), ["expect"], **switches)


@pytest.mark.parametrize(
    "switches", some_at_once(GROUPS), ids=lambda each: next(iter(each))
)
def test_the_truth_holds_in_some_positions_at_once(
    tmp_path: Path, switches: dict[str, Any]
) -> None:
    """Each fourth together, so that likes are apart; one by one in the long proof."""
    judge(tmp_path, generate(FEW, seed=5), ["expect"], **switches)


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"expect"}))
def test_other_ways_of_asking(tmp_path: Path, way: str) -> None:
    """With the other policy, and without the mapping."""
    fleet = generate(SMALL, seed=7)
    path = mapping_file(fleet, tmp_path)
    with opened(tmp_path, fleet.document) as office:
        found = office.outcomes(office.plan(wishes(way, path)).plan)
    seen = {c: o for c, o in found.items() if c in fleet.truth["customers"]}

    assert differences(seen, fleet, way) == {}


def test_no_mess_is_rare() -> None:
    """Each of at least fifteen has two of a hundred people."""
    fleet = generate(SMALL)
    messes = fleet.truth["counts"]

    assert len(messes) >= 15
    assert min(messes.values()) >= SMALL * 0.02


def test_the_truth_stands_before_the_mess(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no customer anything is made before its truth is written."""
    early: list[str] = []
    made = World.add_customer

    def watched(world: World, person: Any, **more: Any) -> str:
        known = world.customers_truth
        customer = made(world, person, **more)
        if customer not in known and more.get("suffix") != "other-mode":
            early.append(customer)
        return customer

    monkeypatch.setattr(World, "add_customer", watched)
    generate(SMALL)

    assert early == []


@pytest.mark.proof
@pytest.mark.timeout(1_800)
def test_a_large_fleet_is_planned_as_its_truth_says(
    tmp_path: Path, in_full: bool, report: Report
) -> None:
    """As the small one, in some chunks of lanes; asked in each way, applied twice."""
    size = 10_000 if in_full else 2 * CHUNK + FEW
    fleet = generate(size, seed=3)
    report(f"a fleet of {size}", judge(tmp_path, fleet, list(WAYS)))


def planned(folder: Path, size: int) -> tuple[float, float]:
    """Plan a filled snapshot; return seconds and megabytes at the most."""
    with closing(Store.open(folder / f"{size}.db")) as store:
        pseudonyms = Pseudonyms(b"k")
        snapshot = filled(store, size, pseudonyms=pseudonyms)
        start = time.perf_counter()
        Planning(
            store=store,
            ports=no_services(),
            clock=FakeClock(),
            progress=SilentProgress(),
            account=ACCOUNT,
            mode="test",
            names=Names(),
            pseudonyms=pseudonyms,
            wishes=Wishes(),
        ).settle(snapshot)
        seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(1_800)
def test_memory_and_time_per_customer_stay_flat(
    tmp_path: Path, in_full: bool, report: Report
) -> None:
    """Ten times the customers: no list of them is held, no chunk is slower."""
    sizes = (10_000, 100_000) if in_full else (2_000, 20_000)
    figures = [planned(tmp_path, size) for size in sizes]
    (small_s, small_mb), (large_s, large_mb) = figures

    assert large_s / small_s < 16
    assert large_mb - small_mb < 60
    lines = [
        f"{size} customers: {seconds:.1f} s, {mb:.0f} MB"
        for size, (seconds, mb) in zip(sizes, figures, strict=True)
    ]
    report("planning from filled tables", lines)


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_mapping_of_many_rows_streams(
    tmp_path: Path, in_full: bool, report: Report
) -> None:
    """A million rows in less than a minute, and nothing of them kept."""
    count = 1_000_000 if in_full else 200_000
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write("workos_org_id,stripe_customer_id,email\n")
        file.writelines(f"org_{n},cus_{n},p.{n}@x.test\n" for n in range(count))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with closing(Store.open(tmp_path / "journal.db")) as store:
        snapshot = Snapshot.begin(store, Names(), Pseudonyms(b"k"), now=0)
        start = time.perf_counter()
        assert mapping.load(path, snapshot, lambda: None) == count
        seconds = time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before

    assert seconds < (60 if in_full else 30)
    assert grown < 100
    report("the mapping", [f"{count} rows in {seconds:.1f} s, {grown:.0f} MB more"])
