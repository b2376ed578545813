"""Whose role outlived a grant: what is taken back, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.invite import Grant, Rules
from eleva_cli.invite.lapsing import Left, decide, lapses, nameless
from eleva_cli.invite.ledger import Ledger
from eleva_cli.plan import SetRole
from eleva_cli.ports import Membership, Subscription, SubscriptionItem

CATALOGUE = read(None)
LEDGER = Ledger.of(CATALOGUE)
RULES = Rules(catalogue=CATALOGUE, account="acct_1", is_live=False)
TOP, COMMUNITY, LECTURER = "expert_top", "expert_community", "lecturer_module"
NOW = 1_800_000_000
WHOSE = {"workos_user_id": "user_1", "workos_org_id": "org_1", "eleva_grant": "g_1"}


def sub(name: str, product: str, amount: int = 2500, **more: Any) -> Subscription:
    item = SubscriptionItem(
        id=f"si_{name}", price="price_1", product=product, quantity=1,
        unit_amount=amount, currency="eur", interval="month",
    )  # fmt: skip
    made = Subscription(
        id=f"sub_{name}", customer="cus_1", status="active", created=NOW,
        livemode=False, metadata={}, items=(item,),
    )  # fmt: skip
    return replace(made, **more)


def granted(name: str = "1", product: str = TOP, **more: Any) -> Grant:
    """Return a grant, over if nothing else is said."""
    over = {"status": "canceled", "ended_at": NOW, "metadata": WHOSE, **more}
    found = LEDGER.grant(sub(name, product, 0, **over))
    assert found is not None
    return found


def member(*roles: str, **more: Any) -> Membership:
    made = Membership(
        id="om_1", user="user_1", organization="org_1", status="active",
        role=roles[0], roles=roles, directory_managed=False,
    )  # fmt: skip
    return replace(made, **more)


def decided(
    membership: Membership | None,
    *held: Subscription,
    members: int | None = None,
    rules: Rules = RULES,
) -> tuple[tuple[str, ...] | None, list[str]]:
    """Return the roles that one has after a Top grant, and what is told."""
    (lapse,) = lapses([granted()])
    left = Left(membership=membership, subscriptions=held, members=members)
    lane = decide(lapse, left, rules)
    after = [one.after for one in lane.actions if isinstance(one, SetRole)]
    assert all(isinstance(one, SetRole) and one.lowers for one in lane.actions)
    return next(iter(after), None), [one.code for one in lane.findings]


def test_what_a_grant_brought_goes_down_to_what_remains() -> None:
    """To nothing, to a lower tier that is paid, not at all where the same is paid."""
    overdue = sub("2", TOP, status="past_due")

    assert decided(member(TOP)) == (("member",), [])
    assert decided(member(TOP), sub("2", COMMUNITY)) == ((COMMUNITY,), [])
    assert decided(member(TOP), sub("2", LECTURER)) == (("member",), [])
    assert decided(member(TOP), sub("2", TOP)) == (None, [])
    assert decided(member(TOP), overdue) == (None, [])


@pytest.mark.parametrize(
    "membership",
    [
        None,
        member("member"),
        member("owner"),
        member("admin"),
        member(COMMUNITY),
        member(TOP, status="inactive"),
    ],
)
def test_who_has_no_role_of_the_grant_is_left_without_a_word(
    membership: Membership | None,
) -> None:
    """Also who left, who cannot sign in, and who has a role that another brought."""
    assert decided(membership) == (None, [])


@pytest.mark.parametrize(
    ("membership", "members"),
    [
        (member(TOP, directory_managed=True), None),
        (member(TOP, "team_admin"), None),
        (member(TOP, "billing"), None),
        (member("owner", TOP), 2),
        (member("owner", TOP), 1),
    ],
)
def test_a_role_that_is_not_ours_to_set_is_told(
    membership: Membership, members: int | None
) -> None:
    """A directory's, beside a protected or unknown one, an owner's."""
    assert decided(membership, members=members) == (None, ["role-left"])


def test_an_owner_alone_becomes_what_the_customer_has_said() -> None:
    """Beside it, or in its place."""
    joined, replaced = (
        replace(RULES, ownership="join"),
        replace(RULES, ownership="replace"),
    )
    owner = member("owner", TOP)

    assert decided(owner, members=1, rules=joined) == (("member", "owner"), [])
    assert decided(owner, members=1, rules=replaced) == (("member",), [])


def test_an_unknown_product_may_bring_the_role() -> None:
    """While it lives nobody is lowered; once it is over it brings nothing."""
    stranger = sub("2", "prod_else")

    assert decided(member(TOP), stranger) == (None, ["role-left"])
    assert decided(member(TOP), replace(stranger, status="canceled")) == (
        ("member",),
        [],
    )


def test_only_lapsed_grants_of_this_tool_that_brought_a_role_count() -> None:
    """Not the application's, no add-on, nobody who was granted as much again."""
    anonymous = {**WHOSE, "eleva_grant": ""}
    live = granted("2", status="active", ended_at=None)
    lower = granted("3", COMMUNITY, status="active", ended_at=None)

    assert lapses([granted(metadata=anonymous)]) == ()
    assert lapses([granted(product=LECTURER)]) == ()
    assert lapses([granted(), live]) == ()
    assert [one.grants for one in lapses([granted(), lower])] == [(granted(),)]


def test_grants_of_one_user_are_one_case_whoever_held_them() -> None:
    """The latest first: its customer names the lane."""
    other = granted("2", COMMUNITY, customer="cus_2", ended_at=NOW + 1)

    (lapse,) = lapses([granted(), other])

    assert lapse.customers == ("cus_2", "cus_1")
    assert lapse.roles == {TOP, COMMUNITY}


def test_a_lapsed_grant_that_names_nobody_is_told() -> None:
    """Whose role it was cannot be guessed."""
    found = granted(metadata={"eleva_grant": "g_1"})

    assert lapses([found]) == ()
    assert [(one.code, one.subject) for one in nameless([found])] == [
        ("grant-names-nobody", "sub_1")
    ]
