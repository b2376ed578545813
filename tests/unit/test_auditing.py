"""Looking at both services: every case with all that belongs to it, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.errors import (
    ForbiddenError,
    MissingError,
    NotExecutedError,
    ServerFaultError,
)
from eleva_cli.observe.chains import Cases, case_names
from eleva_cli.observe.estimate import estimate, estimate_changes
from tests.audit_desk import AuditDesk, audit_desk
from tests.clock import START


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def settle(desk: AuditDesk) -> None:
    """Ana pays for her organization; Bo and Ana are in a team; Cy pays for nobody."""
    world = desk.world
    world.customer("cus_ana", workos_user_id="user_ana", workos_org_id="org_ana")
    world.customer("cus_cy", workosUserId="user_cy")
    world.customer("cus_once", status="canceled")
    world.customer("cus_visitor", status=None)
    world.organization("org_ana", link="cus_ana")
    world.organization("org_team")
    world.user("user_ana", "org_ana", "org_team", role="expert_top")
    world.user("user_bo", "org_team", status="pending")


def test_every_case_has_all_that_belongs_to_it(desk: AuditDesk) -> None:
    """Members, link, customer, subscriptions; who pays without one comes last."""
    settle(desk)
    found = list(desk.read().cases())
    ana, team, cy = found

    assert [case.name for case in found] == ["org_ana", "org_team", "cus_cy"]
    assert ana.link == "cus_ana"
    assert ana.buyer is not None
    assert (ana.buyer.organizations, ana.buyer.users) == (("org_ana",), ("user_ana",))
    (sub,) = ana.buyer.subscriptions
    assert (sub.status, sub.items[0].product) == ("active", "expert_top")
    (member,) = ana.members
    assert (member.user, member.role, member.others) == ("user_ana", "expert_top", 1)
    assert (team.link, team.buyer) == (None, None)
    assert [(m.user, m.status, m.others) for m in team.members] == [
        ("user_ana", "active", 1),
        ("user_bo", "pending", 0),
    ]
    assert (cy.organization, cy.members) == (None, ())
    assert cy.buyer is not None
    assert (cy.buyer.users, len(cy.buyer.subscriptions)) == (("user_cy",), 1)
    assert {case.depth for case in found} == {"derived"}


def test_a_customer_that_several_organizations_carry_names_them(
    desk: AuditDesk,
) -> None:
    """In the case of each."""
    desk.world.customer("cus_1")
    for name in ("org_1", "org_2", "org_3"):
        desk.world.organization(name, link="cus_1")

    found = desk.cases()

    assert found["org_1"].linked_by == ("org_2", "org_3")
    assert found["org_3"].linked_by == ("org_1", "org_2")


def test_a_link_that_leads_nowhere_is_looked_up_once(desk: AuditDesk) -> None:
    """Deleted, never there, no id at all, or made since the lists were read."""
    world = desk.world
    world.customer("cus_new", created=int(START) + 60)
    world.customer("cus_gone")
    world.customers["cus_gone"] = replace(
        world.customers["cus_gone"], deleted=True, created=int(START) + 60
    )
    for link in ("cus_gone", "cus_never", "cus_new", "oh no"):
        world.organization(f"org_{link[-4:]}", link=link)

    found = {case.link: case for case in desk.read().cases()}

    states = {link: case.buyer and case.buyer.state for link, case in found.items()}
    assert states == {
        "cus_gone": "deleted",
        "cus_never": "missing",
        "cus_new": "there",
        "oh no": "missing",
    }
    new = found["cus_new"].buyer
    assert new is not None
    assert len(new.subscriptions) == 1
    assert world.calls["customer"] == 3


def test_chunks_lose_and_double_nothing(desk: AuditDesk) -> None:
    """Whatever their size."""
    for number in range(7):
        desk.world.customer(f"cus_{number}")
        if number % 2:
            desk.world.organization(f"org_{number}", link=f"cus_{number}")
    look = desk.read().look
    whole = list(Cases(look=look))

    assert len(whole) == 7
    for chunk in (1, 2, 3, 7):
        assert list(Cases(look=look, chunk=chunk)) == whole


def test_cases_are_chosen_by_organization_customer_or_user(desk: AuditDesk) -> None:
    """A linked customer's case is its organization's; a name leads to one case."""
    settle(desk)
    made = desk.read()

    def chosen(*names: str) -> list[str]:
        return [case.name for case in made.cases(names)]

    assert chosen("org_team") == ["org_team"]
    assert chosen("cus_ana", "org_ana") == ["org_ana"]
    assert chosen("user_ana") == ["org_ana", "org_team"]
    assert chosen("cus_cy", "cus_once", "cus_unknown") == ["cus_cy", "cus_once"]
    assert chosen() == []
    assert case_names(made.look, ["user_bo", "cus_cy"]) == ["cus_cy", "org_team"]


def test_memberships_are_read_while_the_lists_go_on(desk: AuditDesk) -> None:
    """One call an organization, and no list waits for them."""
    desk.world.page = 2
    for number in range(6):
        desk.world.organization(f"org_{number}")
        desk.world.user(f"user_{number}", f"org_{number}")
    desk.read()
    asked = [call.split()[0] for call in desk.world.asked]

    assert desk.world.calls["memberships_of_organization"] == 6
    last_page = len(asked) - asked[::-1].index("organizations")
    assert "memberships_of_organization" in asked[:last_page]


def test_calls_are_counted_with_the_repeated_ones(desk: AuditDesk) -> None:
    """As the door lets them out."""
    settle(desk)
    desk.world.failures["memberships_of_organization"] = [
        NotExecutedError("429", code="slow", service="workos", status=429),
        ServerFaultError("500", code="fault", service="workos", status=500),
    ]
    made = desk.read()

    assert made.calls == desk.world.calls.total() == 3 + 2 + 2
    assert {case.name for case in made.cases()} == {"org_ana", "org_team", "cus_cy"}


def test_what_is_exact_says_so(desk: AuditDesk) -> None:
    """Also where nothing is granted; a customer that is gone stays unread."""
    settle(desk)
    desk.world.entitled["cus_ana"] = ("events", "analytics")
    made = desk.read()
    made.entitle(["cus_ana", "cus_cy", "cus_gone", "cus_ana"])
    found = {case.name: case for case in made.cases()}

    assert found["org_ana"].entitled == frozenset({"events", "analytics"})
    assert (found["cus_cy"].entitled, found["org_team"].entitled) == (frozenset(), None)
    assert found["org_ana"].depth == "exact"
    assert desk.world.calls["entitlements_of"] == 3


def test_a_sample_is_the_same_for_the_same_seed(desk: AuditDesk) -> None:
    """Of customers that pay or are linked, and of no others."""
    settle(desk)
    for number in range(20):
        desk.world.customer(f"cus_{number}")
    made = desk.read()

    assert made.sample(99, seed=1) == made.sample(99, seed=2)
    assert len(made.sample(99, seed=1)) == 22
    assert made.sample(5, seed=1) == made.sample(5, seed=1) != made.sample(5, seed=2)


def test_a_look_that_breaks_off_says_only_what_it_knows(desk: AuditDesk) -> None:
    """The organizations that were read, if all lists were; customers need them all."""
    settle(desk)
    desk.world.failures["memberships_of_organization"] = [
        ForbiddenError("403", code="forbidden", service="workos", status=403)
    ]
    made = desk.auditing()
    made.threads = 1
    with pytest.raises(ForbiddenError):
        made.read()

    assert made.whole == {"customers", "subscriptions", "organizations"}
    assert {case.name for case in made.cases()} <= {"org_team", "cus_cy"}


@pytest.mark.parametrize("kind", ["customers", "subscriptions", "organizations"])
def test_without_a_list_nobody_is_accused(desk: AuditDesk, kind: str) -> None:
    """Who pays would seem not to; who is linked would seem not to be."""
    settle(desk)
    desk.world.failures[kind] = [
        ForbiddenError("403", code="forbidden", service="stripe", status=403)
    ]
    made = desk.auditing()
    with pytest.raises(ForbiddenError):
        made.read()

    assert kind not in made.whole
    assert list(made.cases()) == []


def test_a_subscription_that_is_read_in_part_is_not_read(desk: AuditDesk) -> None:
    """Nor is the list it stands in; whole, it is there once."""
    settle(desk)
    found = desk.world.subscriptions["sub_0"]
    desk.world.subscriptions["sub_0"] = replace(found, is_cut=True)
    desk.world.failures["whole"] = [
        ForbiddenError("403", code="forbidden", service="stripe", status=403)
    ]
    made = desk.auditing()
    with pytest.raises(ForbiddenError):
        made.read()

    assert "subscriptions" not in made.whole
    again = desk.cases()["org_ana"].buyer
    assert again is not None
    assert [sub.id for sub in again.subscriptions] == ["sub_0"]


def test_an_organization_that_is_deleted_meanwhile_ends_nothing(
    desk: AuditDesk,
) -> None:
    """It has nobody in it."""
    settle(desk)
    desk.world.failures["memberships_of_organization"] = [
        MissingError("404", code="missing", service="workos", status=404)
    ]

    found = desk.cases()
    assert set(found) == {"org_ana", "org_team", "cus_cy"}
    assert () in {case.members for case in found.values() if case.organization}


def test_an_empty_account_has_no_case(desk: AuditDesk) -> None:
    """And ends."""
    assert desk.cases() == {}


def test_the_cost_is_worked_out_from_the_last_counts(desk: AuditDesk) -> None:
    """Close to what it takes: pages, one call an organization, those missing."""
    for number in range(120):
        desk.world.customer(f"cus_{number}", created=int(START) - number)
        desk.world.organization(f"org_{number}", link=f"cus_{number}")
    desk.world.organization("org_x", link="cus_never")
    made = desk.read()

    said = estimate(made.counts())
    assert abs(said.total - made.calls) <= 4
    assert said.workos == 121 + 2
    deep = estimate(made.counts(), exact=10, afresh=2)
    assert deep.total == said.total + 10 + 12
    assert estimate_changes(20) == 122
