"""Which role a member has once a grant stands, and once it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.invite.roles import role_after, role_left
from eleva_cli.ports import Membership
from eleva_cli.roles import Ownership
from tests.granting_world import (
    RULES,
    at_home,
    item,
    membership,
    subscription,
    wish,
)

TOP, COMMUNITY = "expert_top", "expert_community"


def after(
    tier: str,
    member: Membership,
    *subs: Any,
    members: int | None = None,
    ownership: Ownership | None = None,
) -> tuple[str, ...] | str | None:
    """Return the new roles, the code of the finding, or `None` for no change."""
    found = at_home(tier, *subs, membership=member, members=members)
    change = role_after(wish(tier).offer, found, replace(RULES, ownership=ownership))
    if change.actions:
        assert not change.actions[0].lowers
        assert change.actions[0].before == member.every_role
        return change.actions[0].after
    return change.findings[0].code if change.findings else None


@pytest.mark.parametrize(
    ("tier", "roles", "wanted"),
    [
        ("community", ["member"], (COMMUNITY,)),
        ("top", ["member"], (TOP,)),
        ("top", [COMMUNITY], (TOP,)),
        ("top", ["member", COMMUNITY], (TOP,)),
        ("community", [COMMUNITY], None),
        ("community", ["member", COMMUNITY], None),
        ("community", [TOP], None),
        ("community", ["member", TOP], None),
        ("lecturer", ["member"], None),
        ("lecturer", ["admin"], None),
        ("top", ["admin"], "role-left"),
        ("top", ["team_admin"], "role-left"),
        ("top", ["member", "team_member"], "role-left"),
        ("top", ["billing"], "role-left"),
        ("top", ["owner"], "role-left"),
    ],
)
def test_a_grant_raises_or_leaves(
    tier: str, roles: list[str], wanted: tuple[str, ...] | str | None
) -> None:
    """It never lowers, and touches no role that is protected or not known."""
    assert after(tier, membership(*roles)) == wanted


def test_what_else_is_lived_on_counts() -> None:
    """A paid top subscription beside a community grant keeps the role at top."""
    top = subscription("sub_2", item("top", paid=True))

    assert after("community", membership("member"), top) == (TOP,)
    dead = replace(top, status="unpaid")
    assert after("community", membership("member"), dead) == (COMMUNITY,)


def test_a_directorys_role_is_its_own() -> None:
    """It would put it back."""
    assert after("top", membership("member", directory_managed=True)) == "role-left"


@pytest.mark.parametrize(
    ("members", "ownership", "wanted"),
    [
        (1, "replace", (TOP,)),
        (1, "join", (TOP, "owner")),
        (1, "keep", "role-left"),
        (1, None, "role-left"),
        (2, "replace", "role-left"),
        (2, "join", "role-left"),
        (None, "replace", "role-left"),
    ],
)
def test_an_owner_changes_only_alone_and_by_choice(
    members: int | None, ownership: Ownership | None, wanted: Any
) -> None:
    """Nobody is left without an owner unless somebody has said so."""
    found = after("top", membership("owner"), members=members, ownership=ownership)

    assert found == wanted


@pytest.mark.parametrize(
    ("roles", "subs", "wanted"),
    [
        ([TOP], [], ("member",)),
        ([COMMUNITY], [subscription("s", item("community", paid=True))], None),
        ([TOP], [subscription("s", item("community", paid=True))], (COMMUNITY,)),
        ([TOP], [subscription("s", item("lecturer"))], ("member",)),
        ([TOP], [subscription("s", item("top"), status="past_due")], None),
        ([TOP], [subscription("s", item("top"), status="paused")], ("member",)),
        (["member", TOP], [], ("member",)),
        (["member"], [], None),
        (["member"], [subscription("s", item("top"))], (TOP,)),
        (["owner"], [], None),
        (["admin"], [], None),
        (["billing", TOP], [], None),
    ],
)
def test_the_end_leaves_what_else_is_lived_on(
    roles: list[str], subs: list[Any], wanted: tuple[str, ...] | None
) -> None:
    """Never below what remains, and not what is protected or not known."""
    change = role_left(membership(*roles), subs, None, RULES)

    assert (change.actions[0].after if change.actions else None) == wanted
    if change.actions:
        assert change.actions[0].lowers == (TOP in roles)
