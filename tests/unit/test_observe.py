"""Reading both services: nothing lost, nothing doubled, nothing read in vain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from eleva_cli.errors import ForbiddenError, NotExecutedError, ServerFaultError
from eleva_cli.journal.store import Store
from eleva_cli.observe import cases, joins
from eleva_cli.observe.claims import Scope
from eleva_cli.observe.sweep import STRIPE_BEGAN, Sweep
from eleva_cli.planning import Wishes
from eleva_cli.ports import Customer
from tests.clock import START, FakeClock
from tests.planning_world import Desk, World

NOW = int(START)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk.at(tmp_path) as made:
        yield made


def scoped(**wishes: object) -> Wishes:
    return Wishes(scope=Scope(**wishes))  # type: ignore[arg-type]


def swept(world: World, *, bound: int = NOW) -> Counter[str]:
    found: Counter[str] = Counter()

    def take(kind: str, rows: Sequence[object]) -> None:
        found.update(row.id for row in rows if isinstance(row, Customer))

    sweep = Sweep(
        ports=world.ports(),
        clock=FakeClock(),
        tick=lambda: None,
        take=take,
        threads=4,
    )
    sweep.run(["customers"], bound=bound)
    assert sweep.cursors["customers"] == 0
    return found


def crowd(world: World, times: Sequence[int]) -> set[str]:
    for number, created in enumerate(times):
        world.customer(f"cus_{number}", status=None, created=created)
    return set(world.customers)


@pytest.mark.parametrize("seed", range(4))
def test_splitting_loses_and_doubles_nothing(seed: int) -> None:
    """Bursts of one second, long silences, and what is evenly spread."""
    chance = Random(seed)
    times = [NOW - 50] * 450
    times += [chance.randrange(STRIPE_BEGAN, NOW) for _ in range(700)]
    times += [NOW - chance.randrange(3_000) for _ in range(600)]
    times += [STRIPE_BEGAN, NOW]
    world = World()
    everyone = crowd(world, times)

    assert swept(world) == Counter(everyone)
    assert len({call.split()[-1].split("-")[0] for call in world.asked}) > 3


def test_a_burst_of_one_second_costs_few_empty_pages() -> None:
    """Splitting a second is of no use, and ends."""
    world = World()
    everyone = crowd(world, [NOW - 5] * 3_000)

    assert swept(world) == Counter(everyone)
    assert world.calls["customers"] < 70


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101])
def test_few_objects_take_the_pages_they_fill(count: int) -> None:
    """And at most one more, where a window was split in vain."""
    world = World()
    everyone = crowd(world, list(range(NOW - count, NOW)))

    assert swept(world) == Counter(everyone)
    assert world.calls["customers"] <= max(1, -(-count // 100)) + count // 100


def test_what_is_made_during_the_scan_is_left_for_the_next() -> None:
    """The bound is fixed before the first page, its own second included."""
    world = World()
    crowd(world, [NOW, NOW + 1, NOW + 100])

    assert set(swept(world)) == {"cus_0"}


def test_an_object_made_meanwhile_is_new_and_not_missing(desk: Desk) -> None:
    """An organization was linked to it while we read."""
    desk.world.customer("cus_1", created=NOW + 60)
    desk.world.organization("org_1", link="cus_1")

    assert desk.lanes(desk.plan()) == {"cus_1": "customer-new"}


def test_reads_that_fail_for_a_while_are_read_again(desk: Desk) -> None:
    """Server faults and refusals on every kind of read."""
    desk.world.customer("cus_1", workosUserId="user_1")
    desk.world.organization("org_1")
    desk.world.user("user_1", "org_1")
    for call in ("customers", "organizations", "memberships_of_user"):
        desk.world.failures[call] = [
            ServerFaultError("500", code="fault", service="stripe", status=500),
            NotExecutedError("429", code="slow", service="workos", status=429),
        ]

    assert desk.lanes(desk.plan()) == {"cus_1": "ready"}
    assert desk.world.calls["customers"] == 3


def test_a_read_that_is_not_permitted_ends_the_plan(desk: Desk) -> None:
    """Half an observation is none."""
    desk.world.failures["organizations"] = [
        ForbiddenError("403", code="forbidden", service="workos", status=403)
    ]
    with pytest.raises(ForbiddenError):
        desk.plan()
    assert desk.store.value("select count(*) from plans") == 0


def named_and_linked(world: World) -> None:
    for n in range(1, 7):
        world.organization(f"org_{n}")
        world.user(f"user_{n}", f"org_{n}")
    world.customer("cus_1", workos_org_id="org_1", workosUserId="user_1")
    world.customer("cus_2", workosUserId="user_2")
    world.customer("cus_3", workos_user_id="user_3", status=None)
    world.customer("cus_4")
    world.organization("org_4", external="cus_4")
    world.customer("cus_5", workos_org_id="org_5", workos_user_id="user_5",
                   workosUserId="user_5")  # fmt: skip
    world.organization("org_5", link="cus_5")


def test_memberships_are_read_only_where_stronger_evidence_is_missing(
    desk: Desk,
) -> None:
    """One user, and the person of one organization."""
    named_and_linked(desk.world)
    plan = desk.plan()
    memberships = [call for call in desk.world.asked if "memberships" in call]

    assert sorted(memberships) == [
        "memberships_of_organization org_4",
        "memberships_of_user user_2",
    ]
    assert desk.lanes(plan) == {
        "cus_1": "ready", "cus_2": "ready", "cus_4": "ready", "cus_5": "unchanged",
    }  # fmt: skip
    assert desk.world.calls["users"] == 0


def test_an_email_of_the_named_user_costs_nothing(desk: Desk) -> None:
    """Only somebody else's address is worth a look."""
    desk.world.organization("org_1")
    desk.world.user("user_1", "org_1", email="a@x.test")
    desk.world.user("user_2", "org_1", email="b@x.test")
    for n, email in ((1, "A@x.test"), (2, "b@x.test")):
        desk.world.customer(f"cus_{n}", email=email, workos_org_id="org_1",
                            workosUserId="user_1")  # fmt: skip
    desk.plan(scoped(match_email=True))

    assert [c for c in desk.world.asked if "memberships" in c] == [
        "memberships_of_user user_2"
    ]


def test_a_half_linked_customer_has_its_user_looked_up(desk: Desk) -> None:
    """A link that its own user contradicts must not be stamped."""
    desk.world.organization("org_1", link="cus_1")
    desk.world.organization("org_2")
    desk.world.user("user_1", "org_2")
    desk.world.customer("cus_1", workosUserId="user_1")

    assert desk.lanes(desk.plan()) == {"cus_1": "customer-shared"}


def test_a_user_that_is_gone_is_not_one_without_membership(desk: Desk) -> None:
    """Nor one whose name can be no id."""
    for n, user in enumerate(("user_1", "user_2", "user 3/../x", "ana@x.test")):
        desk.world.customer(f"cus_{n}", workosUserId=user)
    desk.world.user("user_1")

    assert desk.lanes(desk.plan()) == {
        "cus_0": "no-organization",
        "cus_1": "user-missing",
        "cus_2": "user-missing",
        "cus_3": "user-missing",
    }


def test_only_active_memberships_count(desk: Desk) -> None:
    """Pending and inactive ones are offered to a person at most."""
    for n, status in enumerate(("pending", "inactive")):
        desk.world.organization(f"org_{n}")
        desk.world.customer(f"cus_{n}", workosUserId=f"user_{n}")
        desk.world.user(f"user_{n}", f"org_{n}", status=status)

    assert set(desk.lanes(desk.plan()).values()) == {"no-organization"}


def test_the_owner_policy_decides_between_organizations(desk: Desk) -> None:
    """Where the user owns exactly one."""
    desk.world.customer("cus_1", workosUserId="user_1")
    for n, role in ((1, "member"), (2, "owner")):
        desk.world.organization(f"org_{n}")
        desk.world.join("user_1", f"org_{n}", role=role)
    desk.world.user("user_1")
    (link, _) = desk.actions(desk.plan(scoped(organization_policy="owner")))

    assert desk.lanes(desk.plan()) == {"cus_1": "many-organizations"}
    assert getattr(link, "organization", None) == "org_2"


def test_only_the_named_customers_are_decided_and_their_rivals_read(
    desk: Desk,
) -> None:
    """A pilot of one does not read the memberships of everybody."""
    for n in range(1, 6):
        desk.world.organization(f"org_{n}")
        desk.world.customer(f"cus_{n}", workosUserId=f"user_{n}")
        desk.world.user(f"user_{n}", f"org_{n}")
    desk.world.customer("cus_rival", workosUserId="user_1")
    desk.world.customer("cus_named", workosUserId="user_6")
    desk.world.user("user_6", "org_2")
    plan = desk.plan(scoped(customers=("cus_1", "cus_2", "cus_3")))

    assert desk.lanes(plan) == {
        "cus_1": "duplicate-customers",
        "cus_2": "duplicate-customers",
        "cus_3": "ready",
    }
    asked = {call for call in desk.world.asked if "memberships" in call}
    assert not asked & {f"memberships_of_user user_{n}" for n in (4, 5)}


def test_a_named_customer_that_is_not_there_is_a_lane(desk: Desk) -> None:
    """A mistyped id is not silently nothing to do."""
    plan = desk.plan(scoped(customers=("cus_typo",)))

    assert desk.lanes(plan) == {"cus_typo": "customer-missing"}
    assert "--customers" in desk.findings(plan)["customer-missing"]


PER_CHUNK = (
    "CUSTOMERS", "ONLY", "CLAIMS", "PROBLEMS", "LINKS", "ORGANIZATIONS", "STATES",
    "RIVALS", "LOST_ROWS",
)  # fmt: skip
PER_ROW = ("STANDING", "MAPPED_BY_EMAIL", "MAPPED_USER_BY_EMAIL", "HOMELESS",
           "BY_EMAIL", "SHARED_EMAIL")  # fmt: skip
VALUES = dict.fromkeys(("s", "only", "strength", "after", "chunk", "ids"), 1)


def searches(store: Store, sql: str) -> list[str]:
    rows = store.conn.execute(f"explain query plan {sql}", VALUES)
    steps = [str(row[3]) for row in rows]
    return [s for s in steps if "VIRTUAL" not in s and s.startswith(("SCAN", "SEARCH"))]


@pytest.mark.parametrize("name", PER_CHUNK)
def test_no_chunk_reads_the_whole_snapshot(desk: Desk, name: str) -> None:
    """Each table is entered by an index that goes on after the snapshot's number."""
    for step in searches(desk.store, getattr(cases, name)):
        assert step.startswith("SEARCH")
        assert " AND " in step, step


@pytest.mark.parametrize("name", PER_ROW)
def test_no_row_reads_the_whole_snapshot(desk: Desk, name: str) -> None:
    """Of each statement only the outermost loop may."""
    sql = getattr(joins, name).format(among="true")
    whole = [step for step in searches(desk.store, sql) if " AND " not in step]

    assert len(whole) <= (2 if name == "HOMELESS" else 1), whole
    assert not [step for step in whole if re.match(r"SEARCH [sduv] ", step)]
