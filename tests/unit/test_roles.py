"""The role of a customer: the highest of what lives, and what is never touched."""

from __future__ import annotations

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.roles import Held, is_left_alone, rank, role_for, roles_of

BOOK = read(None)


def held(key: str, status: str = "active") -> Held:
    return Held(key=key, status=status)


@pytest.mark.parametrize(
    ("having", "role"),
    [
        ([], "member"),
        ([held("community-expert-monthly")], "expert_community"),
        ([held("community-expert-monthly"), held("top-expert-invite")], "expert_top"),
        ([held("top-expert-annual", "past_due")], "expert_top"),
        ([held("top-expert-annual", "trialing")], "expert_top"),
        ([held("top-expert-annual", "unpaid")], "member"),
        ([held("top-expert-annual", "paused")], "member"),
        ([held("top-expert-annual", "incomplete")], "member"),
        ([held("top-expert-annual", "canceled")], "member"),
        ([held("lecturer-module-annual")], "member"),
        ([held("team-starter-monthly")], "member"),
        ([held("a-key-of-others")], "member"),
    ],
)
def test_the_highest_role_that_lives_counts(having: list[Held], role: str) -> None:
    """Grace counts, add-ons bring none, and nothing left is a role too."""
    assert role_for(having, BOOK) == role


def test_the_product_says_more_than_a_key_that_was_given_away() -> None:
    """An old price has no key any more, and still brings the role."""
    old = Held(status="active", key=None, product="expert_top")

    assert role_for([old], BOOK) == "expert_top"
    assert roles_of([old], BOOK) == {"expert_top"}


def test_roles_have_a_rank_or_none() -> None:
    """What the catalogue does not rank is worth nothing that could be compared."""
    ranks = [rank(role, BOOK.roles) or 0 for role in BOOK.roles.ranking]

    assert ranks == sorted(ranks, reverse=True)
    assert rank("billing", BOOK.roles) is None


def test_some_roles_are_never_changed() -> None:
    """Protected ones; and an owner, unless alone and the choice is to replace."""
    policy = BOOK.roles

    assert is_left_alone("team_admin", policy, members=1, ownership="replace")
    assert not is_left_alone("member", policy, members=1)
    assert is_left_alone("owner", policy, members=1)
    assert is_left_alone("owner", policy, members=2, ownership="replace")
    assert not is_left_alone("owner", policy, members=1, ownership="replace")
