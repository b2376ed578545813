"""The WorkOS adapter on what the official emulator answered."""

from __future__ import annotations

import pytest

from eleva_cli.errors import MissingError, UnauthorizedError
from tests.cassettes.places import Place
from tests.cassettes.tape import Tape, recorded

ORGANIZATIONS = "/organizations"
USERS = "/user_management/users"
MEMBERSHIPS = "/user_management/organization_memberships"


def two_organizations(place: Place) -> None:
    """One with what may be set, one with nothing but a name."""
    place.make(
        ORGANIZATIONS,
        name="Ana",
        external_id="cus_1",
        metadata={"stripe_customer_id": "cus_1"},
    )
    place.make(ORGANIZATIONS, name="Bo")


def two_users(place: Place) -> None:
    place.make(USERS, email="ana@example.com", email_verified=True)
    place.make(USERS, email="bo@example.com", external_id="7")


def a_team(place: Place) -> None:
    """One person in two organizations, another in one of them."""
    organizations = [place.make(ORGANIZATIONS, name=name) for name in ("A", "B")]
    people = [place.make(USERS, email=f"{name}@example.com") for name in ("ana", "bo")]
    for user, organization in ((0, 0), (0, 1), (1, 0)):
        place.make(
            MEMBERSHIPS,
            user_id=people[user],
            organization_id=organizations[organization],
        )


@recorded("emulator", two_organizations)
def test_organizations_come_oldest_first(tape: Tape) -> None:
    """What is set is read, what is null is none; a cursor goes on behind its row."""
    page = tape.ports.workos.organizations(None)
    ana, bo = page.rows
    rest = tape.ports.workos.organizations(ana.id)

    assert (ana.name, ana.external_id) == ("Ana", "cus_1")
    assert ana.metadata == {"stripe_customer_id": "cus_1"}
    assert (bo.name, bo.external_id, bo.stripe_customer_id) == ("Bo", None, None)
    assert page.after is None
    assert rest.rows == (bo,)


@recorded("emulator", two_organizations, is_real=True)
def test_an_organization_is_read_again(tape: Tape) -> None:
    """By the id that a list gave, it is what the list said."""
    workos = tape.ports.workos
    row = next(row for row in workos.organizations(None).rows if row.name == "Ana")

    assert workos.organization(row.id) == row


@recorded("emulator", is_real=True)
def test_what_is_not_there_is_missing(tape: Tape) -> None:
    """Organizations and users alike."""
    workos = tape.ports.workos
    for read in (workos.organization, workos.user):
        with pytest.raises(MissingError) as missing:
            read("org_01MISSING" if read == workos.organization else "user_01MISSING")
        assert missing.value.status == 404
        assert missing.value.request_id


@recorded("emulator", is_real=True, key="sk_test_nobody")
def test_a_wrong_key_is_told(tape: Tape) -> None:
    """The key is rejected before anything is read."""
    with pytest.raises(UnauthorizedError) as refused:
        tape.ports.workos.organizations(None)

    assert refused.value.code == "key-rejected"


@recorded("emulator", two_users)
def test_users_are_listed_and_read(tape: Tape) -> None:
    """With address and whether it is verified."""
    workos = tape.ports.workos
    ana, bo = workos.users(None).rows

    assert (ana.email, ana.email_verified) == ("ana@example.com", True)
    assert (bo.email_verified, bo.external_id) == (False, "7")
    assert workos.user(bo.id) == bo


@recorded("emulator", a_team)
def test_memberships_are_read_both_ways(tape: Tape) -> None:
    """Of a user and of an organization, though the emulator leaves fields out."""
    workos = tape.ports.workos
    ana, _ = workos.users(None).rows
    mine = workos.memberships_of_user(ana.id)
    first = next(row.id for row in workos.organizations(None).rows if row.name == "A")
    theirs = workos.memberships_of_organization(first)

    assert {row.user for row in mine} == {ana.id}
    assert len(mine) == len(theirs) == 2
    assert len(set(mine) & set(theirs)) == 1
    assert {(row.status, row.role) for row in mine} == {("active", "member")}
    assert not any(row.directory_managed for row in mine)


@recorded("emulator", two_organizations)
def test_a_link_is_sent_and_the_emulator_loses_it(tape: Tape) -> None:
    """A success that did nothing: what was set is read back, never believed."""
    workos = tape.ports.workos
    row = workos.organizations(None).rows[1]
    written = workos.set_link(row.id, "cus_2")
    workos.set_link(row.id, None)

    assert written.value.stripe_customer_id is None
    assert written.request_id
