"""A second look at single cases: few calls, and no belief in what was read before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.chain import Case
from eleva_cli.errors import NotExecutedError
from eleva_cli.observe.afresh import CUSTOMER, MOST_OTHERS, Afresh
from eleva_cli.observe.auditing import Auditing
from eleva_cli.progress import SilentProgress
from tests.audit_desk import TAKEN, AuditDesk, audit_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def settle(desk: AuditDesk) -> Auditing:
    """Two who pay, one of them for an organization; and look at them."""
    desk.world.customer("cus_1", workos_org_id="org_1")
    desk.world.customer("cus_2")
    desk.world.organization("org_1", link="cus_1")
    desk.world.organization("org_2")
    desk.world.user("user_1", "org_1", "org_2")
    desk.world.entitled["cus_1"] = ("events",)
    made = desk.read()
    desk.world.calls.clear()
    return made


def link(desk: AuditDesk, name: str, customer: str | None) -> None:
    found = desk.world.organizations[name]
    desk.world.organizations[name] = replace(found, stripe_customer_id=customer)


def test_a_case_read_afresh_is_the_same_case(desk: AuditDesk) -> None:
    """But exact, and in at most five calls."""
    made = settle(desk)
    before = {case.name: case for case in made.cases()}

    for name in ("org_1", "cus_2", "org_2"):
        desk.world.calls.clear()
        again = made.read_case(name)
        assert again is not None
        assert replace(again, entitled=None) == before[name]
        assert desk.world.calls.total() <= 5
    again = made.read_case("org_1")
    assert again is not None
    assert (again.depth, again.entitled) == ("exact", frozenset({"events"}))


def test_what_was_read_afresh_is_kept(desk: AuditDesk) -> None:
    """The look then says what is so now, and nothing of before."""
    made = settle(desk)
    desk.world.subscribe("cus_1", "active", 900, "lecturer")
    desk.world.memberships.pop()
    desk.world.join("user_9", "org_2")
    again = desk.again(made, ["org_2"]) | desk.again(made, ["org_1"])

    assert {case.name: case for case in made.cases()} | again == {
        case.name: case for case in made.cases()
    }
    kept = again["org_1"]
    assert kept is not None
    assert kept.buyer is not None
    assert len(kept.buyer.subscriptions) == 2


def test_a_customer_s_case_becomes_its_organization_s(desk: AuditDesk) -> None:
    """Where it was linked in the meantime: by its own word, or by another case read."""
    made = settle(desk)
    link(desk, "org_2", "cus_2")
    again = desk.again(made, ["cus_2", "org_2"])

    assert {name: case and case.name for name, case in again.items()} == {
        "org_2": "org_2",
        "cus_2": "org_2",
    }
    assert "cus_2" not in {case.name for case in made.cases()}
    named = made.read_case("cus_1")
    assert named is not None
    assert named.name == "org_1"


def test_an_organization_that_is_gone_leaves_its_customer(desk: AuditDesk) -> None:
    """Who pays for nobody now; without one there is no case any more."""
    made = settle(desk)
    del desk.world.organizations["org_1"], desk.world.organizations["org_2"]
    again = desk.again(made, ["org_1", "org_2", "org_never", "cus_never", "oh no"])

    assert {name: case and case.name for name, case in again.items()} == {
        "org_1": "cus_1",
        "org_2": None,
        "org_never": None,
        "cus_never": None,
        "oh no": None,
    }
    assert {case.name for case in made.cases()} == {"cus_1", "cus_2"}


def test_a_customer_that_is_gone_is_said_to_be(desk: AuditDesk) -> None:
    """Deleted is not missing; neither holds anything."""
    made = settle(desk)
    link(desk, "org_2", "cus_2")
    del desk.world.customers["cus_1"]
    found = desk.world.customers["cus_2"]
    desk.world.customers["cus_2"] = replace(found, deleted=True)
    again = desk.again(made, ["org_1", "org_2"])

    buyers = [case.buyer for case in again.values() if case]
    assert [(b.state, b.subscriptions) for b in buyers if b] == [
        ("missing", ()),
        ("deleted", ()),
    ]


def test_others_with_the_same_link_are_asked_as_well(desk: AuditDesk) -> None:
    """A conflict that was settled since is none; six calls with one other."""
    made = settle(desk)
    link(desk, "org_2", "cus_1")
    shared = made.read_case("org_2")
    assert shared is not None
    assert shared.linked_by == ("org_1",)
    link(desk, "org_1", None)
    desk.world.calls.clear()
    settled = made.read_case("org_2")

    assert settled is not None
    assert settled.linked_by == ()
    assert desk.world.calls.total() == 6
    kept = {case.name: case for case in made.cases()}
    assert (kept["org_1"].link, kept["org_2"].linked_by) == (None, ())


def test_a_crowd_with_the_same_link_is_believed(desk: AuditDesk) -> None:
    """Beyond the first few, as the look has them."""
    desk.world.customer("cus_1")
    for number in range(9):
        desk.world.organization(f"org_{number}", link="cus_1")
    made = desk.read()
    desk.world.calls.clear()
    found = made.read_case("org_0")

    assert found is not None
    assert len(found.linked_by) == 8
    assert desk.world.calls["organization"] == 1 + MOST_OTHERS


def test_many_are_read_side_by_side(desk: AuditDesk) -> None:
    """Each is handed on once, whatever had to be read again."""
    for number in range(250):
        desk.world.customer(f"cus_{number}")
    made = desk.read()
    desk.world.failures["customer"] = [
        NotExecutedError("429", code="slow", service="stripe", status=429)
    ] * 3
    taken: list[str] = []
    made.read_cases(
        [f"cus_{number}" for number in range(250)],
        lambda name, _case: taken.append(name),
    )

    assert sorted(taken) == sorted(f"cus_{number}" for number in range(250))
    assert len(list(made.cases())) == 250


def test_one_case_needs_no_look(desk: AuditDesk) -> None:
    """A question about one person fills no tables; what is linked, it says itself."""
    settle(desk)
    before = desk.store.value("select count(*) from audit_members")
    found: list[Case | None] = []
    afresh = Afresh(
        ports=desk.world.ports(),
        clock=desk.clock,
        progress=SilentProgress(),
        taken=TAKEN,
    )
    afresh.read(["org_1", "cus_1"], lambda _, case: found.append(case))

    assert [case and case.name for case in found] == ["org_1", "org_1"]
    assert desk.store.value("select count(*) from audit_members") == before


def test_a_customer_alone_is_looked_for_among_all_links(desk: AuditDesk) -> None:
    """It need not name its organization, and WorkOS cannot be asked for it."""
    desk.world.customer("cus_1")
    desk.world.organization("org_1", link="cus_1")
    desk.world.organization("org_2")
    made = desk.auditing()
    found = made.read_case("cus_1")

    assert found is not None
    assert found.name == "org_1"
    assert desk.world.calls["organizations"] == 1
    assert [case.name for case in made.cases()] == ["org_1"]
    made.read_case("org_2")
    made.read_case("cus_1")
    assert desk.world.calls["organizations"] == 1


def test_only_ids_of_customers_are_asked_of_stripe() -> None:
    """What somebody typed into a link is no id."""
    assert CUSTOMER.fullmatch("cus_Ab12")
    assert not CUSTOMER.fullmatch("cus_1/../x")
