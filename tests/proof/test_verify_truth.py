"""What `eleva verify` finds in businesses whose faults were planted one by one."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter

import pytest

from eleva_cli.chain.codes import CODES
from tests.planted_business import MINUTES, PLANTERS
from tests.proof.rig import Rig
from tests.proof.verifying import (
    ALL_CODES,
    READERS,
    Pair,
    Scene,
    annotated,
    by_severity,
    told,
)
from tests.sound_business import COMMUNITY, TOP, House

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

Report = Callable[[str, Sequence[str]], None]
FIRST, LATER = attrgetter("first"), attrgetter("told")
LASTING = tuple(code for code in ALL_CODES if code not in MINUTES)
# What no business can be brought to show, end to end.
UNPLANTED = {
    "customer-unread": "a linked customer that was not read is not judged at all",
    "token-rejected": "stands in for a reason that the adapter does not know yet",
}
# Seen without tokens, in a look that may be disturbed.
STEADY = (
    "customer-deleted", "customer-shared", "customer-unlinked", "half-linked",
    "membership-inactive", "organization-unlinked", "price-unknown", "role-kept",
    "role-too-high", "role-too-low", "subscription-unpaid", "tier-metadata-stale",
)  # fmt: skip


@pytest.fixture
def people(in_full: bool) -> int:
    return 5_000 if in_full else 400


def test_every_code_is_planted_or_it_is_said_why_not() -> None:
    """Codes without a fault are few, and each has a reason."""
    assert CODES.keys() - PLANTERS.keys() == UNPLANTED.keys()
    assert PLANTERS.keys() <= CODES.keys()


@pytest.mark.parametrize("depth", ["auto", "exact"])
def test_a_sound_business_has_no_findings(rig: Rig, people: int, depth: str) -> None:
    """Every shape of a sound customer, some with tokens: nothing but days of grace."""
    scene = Scene.of(rig, people)
    answer = scene.verify("--depth", depth)

    assert told(answer) == scene.town.notes()
    assert (answer.code, answer.data["data"]["audit"]["findings"]) == (0, 0)


def test_each_planted_fault_is_found_with_its_code_and_nothing_else_is(
    rig: Rig, people: int, report: Report
) -> None:
    """At the first look, deep, and again once earlier looks know what was attached."""
    scene = Scene.of(rig, people, LASTING)
    shallow = scene.verify()
    deep = scene.verify("--depth", "exact")
    scene.age(days=40)
    later = scene.verify("--depth", "exact")

    sure = scene.expected(FIRST) - scene.deep(FIRST)
    assert sure <= told(shallow) <= scene.expected(FIRST)
    assert told(deep) == scene.expected(FIRST)
    assert told(later) == scene.expected(LATER)
    assert {shallow.code, deep.code, later.code} == {3}
    report(
        "verify: planted faults",
        [
            f"{len(scene.plants)} faults of {len(LASTING)} codes",
            f"{scene.town.people} people; calls and seconds:",
            *(
                f"{answer.data['data']['audit']['calls']} {answer.seconds:.0f}"
                for answer in (shallow, deep, later)
            ),
        ],
    )


def test_what_began_minutes_ago_is_left_to_settle(rig: Rig) -> None:
    """Faults that time heals are notes, and the exit status is that of a sound one."""
    scene = Scene.of(rig, 40, sorted(MINUTES))
    answer = scene.verify("--depth", "exact")

    assert told(answer) == scene.expected(FIRST)
    assert answer.code == 0


def test_every_format_tells_the_same_counts_and_exit_status(
    rig: Rig, people: int
) -> None:
    """Each is read by a parser of its own; annotations are counted by severity."""
    scene = Scene.of(rig, people, LASTING)
    answers = {
        form: scene.verify("--again-after", "0", form=form)
        for form in (*READERS, "github")
    }
    counts = {form: read(answers[form].out) for form, read in READERS.items()}
    whole = counts["json"]

    assert whole.total() >= 100
    assert [form for form, found in counts.items() if found != whole] == []
    assert annotated(answers["github"].out) == by_severity(answers["json"].out)
    assert {answer.code for answer in answers.values()} == {3}


def test_no_disturbance_makes_a_finding_that_a_second_read_would_clear(
    rig: Rig, in_full: bool, people: int, report: Report
) -> None:
    """Stale reads, refusals, drops, failures, and renewals while it is read."""
    stale_s, most = (30.0, 500) if in_full else (2.0, 60)
    scene = Scene.of(rig, people, STEADY, latency_ms=20.0)
    scene.ground.break_things(_disturbances(stale_s))
    chosen = [h for h in scene.town.houses[200:] if _is_upgradable(h)]
    with _renewing(scene, chosen[:most], apart_s=stale_s / most) as done:
        child = scene.start("--again-after", f"{2 * stale_s + 1:g}")
        answer = child.wait(1_800.0)

    findings = answer.data["findings"]
    counting = {(one["code"], one["subject"]) for one in findings if one["counts"]}
    assert counting == {pair for pair in scene.expected(FIRST) if _counts(pair)}
    assert answer.code == 3
    assert len(done) == min(most, len(chosen))
    faults = scene.ground.log().faults
    assert faults.keys() == {"stale", "status", "drop_before", "cut_body"}
    unsure = Counter(one["standing"] for one in findings)
    report(
        "verify, disturbed",
        [f"{len(done)} renewals, {answer.seconds:.0f} s, {dict(unsure)}", str(faults)],
    )


def _counts(pair: Pair) -> bool:
    return CODES[pair[0]].stand != "later"


def _disturbances(stale_s: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"kind": "status", "status": 429, "probability": 0.01},
        {"kind": "status", "status": 500, "probability": 0.01},
        {"kind": "status", "status": 503, "probability": 0.005},
        {"kind": "drop_before", "probability": 0.01},
        {"kind": "cut_body", "probability": 0.005},
        {"kind": "stale", "seconds": stale_s, "probability": 0.3},
    ]
    return [row | {"seed": number} for number, row in enumerate(rows)]


def _is_upgradable(house: House) -> bool:
    if not house.subscriptions or len(house.users) != 1:
        return False
    return bool(
        house.sub["items"][0]["price"] in (f"price_{COMMUNITY}", f"price_{TOP}")
        and house.sub["status"] == "active"
        and house.member["role"]["slug"] in ("expert_top", "expert_community")
    )


@contextmanager
def _renewing(
    scene: Scene, houses: Sequence[House], *, apart_s: float
) -> Iterator[list[str]]:
    """Renew one customer after the other, every second onto another tier."""
    done: list[str] = []

    def work() -> None:
        for number, house in enumerate(houses):
            _renew(scene, house, moves=bool(number % 2))
            done.append(house.cus)
            time.sleep(apart_s)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        thread.join()


def _renew(scene: Scene, house: House, *, moves: bool) -> None:
    """Begin a period in Stripe; then the application writes role and metadata."""
    tier = "top" if moves else house.sub["metadata"]["tier"]
    key = f"{tier}-expert-monthly"
    store, now = scene.ground.front.store, int(time.time())
    product = scene.town.catalogue.product(f"expert_{tier}")
    assert product is not None
    with store.write() as session:
        body = session.get("subscription", house.sub["id"])
        assert body is not None
        item = body["items"][0] | {
            "price": f"price_{key}",
            "features": [f"feat_{each}" for each in product.features],
            "current_period_start": now,
            "current_period_end": now + 30 * 86_400,
        }
        session.put("subscription", body | {"items": [item]})
    time.sleep(0.05)
    with store.write() as session:
        names = {"tier": tier, "tierLevel": tier}
        body = session.get("subscription", house.sub["id"])
        assert body is not None
        metadata = body["metadata"] | names
        session.put("subscription", body | {"metadata": metadata})
        body = session.get("organization_membership", house.member["id"])
        assert body is not None
        role = {"slug": f"expert_{tier}"}
        session.put("organization_membership", body | {"role": role, "roles": [role]})


def test_an_outage_half_way_leaves_what_was_found_and_says_so(
    rig: Rig, people: int
) -> None:
    """Exit 6, PARTIAL, and only findings that are true."""
    scene = Scene.of(rig, people, STEADY)
    scene.ground.break_things(
        [
            {
                "kind": "status",
                "status": 503,
                "template": "/user_management/organization_memberships",
                "skip": len(scene.town.houses) // 2,
            }
        ]
    )
    answer = scene.verify()

    assert answer.code == 6
    assert answer.data["data"]["headline"].startswith("PARTIAL: ")
    assert answer.data["data"]["audit"]["partial"]
    assert answer.data["errors"]
    assert told(answer) & scene.expected(FIRST)
    assert told(answer) <= scene.expected(FIRST)
