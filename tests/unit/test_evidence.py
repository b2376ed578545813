"""Which organization a user's memberships stand for, and who an organization is."""

from __future__ import annotations

from eleva_cli.evidence import Home, home_of, person_of
from eleva_cli.ports import Membership


def in_(organization: str, role: str = "member", status: str = "active") -> Membership:
    return Membership(
        id=f"om_{organization}",
        user="user_1",
        organization=organization,
        status=status,
        role=role,
        directory_managed=False,
    )


def by(user: str, role: str = "member") -> Membership:
    return Membership(
        id=f"om_{user}",
        user=user,
        organization="org_1",
        status="active",
        role=role,
        directory_managed=False,
    )


def test_the_only_active_membership_is_home() -> None:
    """Pending and inactive ones do not count."""
    found = [in_("org_1"), in_("org_2", status="pending"), in_("org_3", "owner", "x")]

    assert Home(organization="org_1") == home_of(found, "sole")


def test_several_are_a_question() -> None:
    """Unless the policy says owner, and there is one owned."""
    found = [in_("org_2"), in_("org_1", "owner")]

    assert home_of(found, "sole") == Home(
        problem="many-organizations", options=("org_1", "org_2")
    )
    assert home_of(found, "owner") == Home(organization="org_1")


def test_none_is_a_problem_that_names_what_is_pending() -> None:
    """So that a person can activate it."""
    found = [in_("org_1", status="pending")]

    assert home_of(found, "sole") == Home(problem="no-organization", options=("org_1",))
    assert home_of([], "owner").problem == "no-organization"


def test_a_mere_team_member_does_not_stand_for_the_team() -> None:
    """Its link would hand the team what it pays for alone."""
    found = [in_("org_1", "team_member")]

    for policy in ("sole", "owner"):
        assert home_of(found, policy) == Home(problem="team-member", options=("org_1",))


def test_an_organization_is_its_owner_or_its_only_member() -> None:
    """Several members without one owner are nobody in particular."""
    assert person_of([by("user_1"), by("user_2", "owner")]) == "user_2"
    assert person_of([by("user_1")]) == "user_1"
    assert person_of([by("user_1"), by("user_2")]) is None
