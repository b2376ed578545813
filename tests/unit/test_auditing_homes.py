"""Customers without a link whose organization can be told are looked at there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.chain import Case
from eleva_cli.observe.chains import Cases
from tests.audit_desk import AuditDesk, audit_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def unlinked(desk: AuditDesk, **metadata: Any) -> None:
    """Somebody who pays, and their organization, which carries nobody."""
    desk.world.customer("cus_1", **metadata)
    desk.world.organization("org_1")
    desk.world.user("user_1", "org_1")


def paying(case: Case) -> tuple[str | None, str | None]:
    """Say who is linked, and who pays."""
    return case.link, case.buyer.id if case.buyer else None


def test_it_pays_for_the_organization_that_it_names(desk: AuditDesk) -> None:
    """One case, not two: the organization's, with the payer in it."""
    unlinked(desk, workos_org_id="org_1")
    cases = desk.cases()

    assert list(cases) == ["org_1"]
    assert paying(cases["org_1"]) == (None, "cus_1")


def test_without_a_name_its_users_only_organization_will_do(desk: AuditDesk) -> None:
    """A user who is at home in two organizations says nothing."""
    unlinked(desk, workos_user_id="user_1")
    assert list(desk.cases()) == ["org_1"]

    desk.world.organization("org_2")
    desk.world.join("user_1", "org_2")
    assert sorted(desk.cases()) == ["cus_1", "org_1", "org_2"]


def test_an_organization_that_lives_on_another_customer_is_left_to_it(
    desk: AuditDesk,
) -> None:
    """Which of the two is right, nobody can tell from here."""
    desk.world.customer("cus_1", workos_org_id="org_1")
    desk.world.customer("cus_2")
    desk.world.organization("org_1", link="cus_2")

    cases = desk.cases()
    assert sorted(cases) == ["cus_1", "org_1"]
    assert paying(cases["org_1"]) == ("cus_2", "cus_2")


def test_one_that_is_linked_to_an_idle_customer_shows_who_pays(
    desk: AuditDesk,
) -> None:
    """The link says one customer, and another one pays."""
    desk.world.customer("cus_1", workos_org_id="org_1")
    desk.world.customer("cus_2", status=None)
    desk.world.organization("org_1", link="cus_2")

    assert paying(desk.cases()["org_1"]) == ("cus_2", "cus_1")


def test_two_that_name_the_same_organization_stay_alone(desk: AuditDesk) -> None:
    """Both are told of as customers without a link."""
    unlinked(desk, workos_org_id="org_1")
    desk.world.customer("cus_2", workos_org_id="org_1")

    assert sorted(desk.cases()) == ["cus_1", "cus_2", "org_1"]


@pytest.mark.parametrize(
    "named", [{"workos_org_id": "org_1"}, {"workos_user_id": "user_1"}]
)
def test_a_second_look_sees_the_same(desk: AuditDesk, named: dict[str, str]) -> None:
    """By the organization's name; and once it is linked, it is an ordinary case."""
    unlinked(desk, **named)
    made = desk.read()
    first = {case.name: case for case in made.cases()}
    again = desk.again(made, ["org_1"])["org_1"]

    assert again is not None
    assert (again.link, again.buyer) == (None, first["org_1"].buyer)

    desk.world.organization("org_1", link="cus_1")
    linked = desk.again(made, ["org_1"])["org_1"]
    assert linked is not None
    assert (linked.link, linked.buyer) == ("cus_1", first["org_1"].buyer)
    assert [case.name for case in made.cases(["cus_1"])] == ["org_1"]


def test_a_payer_who_has_left_meanwhile_is_nobodys(desk: AuditDesk) -> None:
    """What was joined at the first look is asked for again."""
    unlinked(desk, workos_org_id="org_1")
    made = desk.read()
    desk.world.customer("cus_1", workos_org_id="org_9")

    again = desk.again(made, ["org_1"])["org_1"]
    assert again is not None
    assert again.buyer is None


def test_where_not_all_links_are_known_nothing_is_said_of_it(desk: AuditDesk) -> None:
    """Somebody unseen may carry the customer; and nobody is accused meanwhile."""
    unlinked(desk, workos_org_id="org_1")
    look = desk.read().look

    assert list(Cases(look=look, strays=False)) == []


def test_where_not_all_members_were_read_anybody_may_be_elsewhere(
    desk: AuditDesk,
) -> None:
    """So that a token of another organization is not held against its user."""
    unlinked(desk)
    alone = desk.auditing().read_case("org_1")
    whole = {case.name: case for case in desk.read().cases()}["org_1"]

    assert alone is not None
    assert [each.others for each in alone.members] == [1]
    assert [each.others for each in whole.members] == [0]
